# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which parts of a map's free space a robot drives in.

A map does not say it. The inside of a hollow box is free, the outside of a building is, and so is
the infield of a race track. What is clear is decided by shapes; what is not clear is kept, since a
part too many costs time and a part too few costs the robot. A person or a recording decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from local_inn_ros.errors import MapError
from local_inn_ros.world.free_parts import FreeParts
from local_inn_ros.world.part_shapes import Gap, PartRaster, PartShape

# Free cells of no account: below this share of all free space, or this area where it is not much
# of it, or too narrow to drive in where other parts are not.
_SPECK_SHARE, _SPECK_M2, _SPECK_SHARE_OF_SMALL = 1e-3, 2.0, 0.05
_NARROW_M, _WIDER = 0.3, 3.0
# So many parts are told apart by shape; smaller ones are kept.
_MOST_SHAPES = 24
# A track is a strip of even width, so many widths long, that goes round an infield.
_STRIP_EVENNESS, _STRIP_WIDTHS, _TRACK_M = 0.35, 9.0, 0.6
# The inside of a hollow thing: simple in shape, and little of what it stands in.
_HOLLOW_SHARE, _HOLLOW_SOLIDITY = 0.03, 0.75
# The outside of a building, or of a track, runs along the border and has nothing else in it.
_OUTSIDE_BORDER = 0.5
_BUILDING_SHARE, _BLOCK_SHARE, _BUILT_ON = 0.12, 0.4, 0.3
# Nothing that is hollow winds so, or is divided like rooms.
_WINDING, _DIVIDED = 0.5, 4.5
# What stands in a hall is worth the name from this share of its diagonal on.
_FURNITURE = 0.02
# A pose of a recording stands for its part where so many others do.
_POSE_SHARE = 0.02
_TRACK = "a track round an infield"


@dataclass(frozen=True, slots=True, eq=False)
class PartChoice:
    """What was taken of a map's free space, and why.

    Attributes:
        parts: all of them.
        taken: numbers of those taken, rising.
        sure: False where parts were kept because shapes do not tell.
        why: for each part that is worth a word, a few words.
        specks: numbers of those that are too small or narrow for any robot.
    """

    parts: FreeParts
    taken: tuple[int, ...]
    sure: bool
    why: dict[int, str]
    specks: tuple[int, ...] = ()

    @property
    def area_m2(self) -> float:
        """Area of what was taken."""
        return float(self.parts.areas_m2[list(self.taken)].sum())

    @property
    def share(self) -> float:
        """Share of all free space that was taken."""
        return self.area_m2 / max(float(self.parts.areas_m2.sum()), 1e-12)

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """A point (x, y) of the map frame in each part taken, which tells it from all others."""
        return tuple(self.parts.point_in(number) for number in self.taken)

    def sentence(self) -> str:
        """Say what was taken and what was not, for people."""
        named = [number for number in self.why if number not in self.specks]
        left = [number for number in named if number not in self.taken]
        rest_m2 = float(self.parts.areas_m2[list(self.specks)].sum())
        rest = (
            f" ({len(self.specks)} more, {rest_m2:.1f} m2 in all, are too small or narrow)"
            if self.specks
            else ""
        )
        if len(named) < 2:
            return f"the free space is one part of {self.area_m2:.1f} m2{rest}"
        told = f"{self._listed(self.taken)} of {len(named)} free parts taken"
        told += rest
        if left:
            told += f"; left out: {self._listed(left)}"
        if not self.sure:
            told += (
                "; the map does not tell which of them the robot drives in, so all of these are "
                "learned and searched: --inside x,y decides"
            )
        elif left:
            told += "; --inside x,y decides otherwise"
        return told

    def _listed(self, numbers: Sequence[int]) -> str:
        areas = self.parts.areas_m2
        shown = [f"{areas[one]:.1f} m2 ({self.why[one]})" for one in numbers[:6]]
        rest = numbers[6:]
        if rest:
            shown.append(f"{len(rest)} more of {areas[list(rest)].sum():.1f} m2")
        return ", ".join(shown)


def choose_parts(
    parts: FreeParts, inside: Sequence[tuple[float, float]] = (), poses: ArrayLike | None = None
) -> PartChoice:
    """Choose the parts of a map that a robot drives in.

    Args:
        parts: of the map.
        inside: points of the map frame that somebody told: their parts are taken, no others.
        poses: (n, 2 or more) x, y, ... in the map frame where a robot is known to have been; the
            same, where no points were told.

    Raises:
        MapError: a point lies in no part, most poses lie in none, or the map has none.
    """
    if len(parts) == 0:
        raise MapError("the map has no free cell")
    if inside:
        return _told(parts, inside)
    if poses is not None:
        return _driven(parts, np.asarray(poses, dtype=np.float64))
    return _by_shape(parts)


def _told(parts: FreeParts, inside: Sequence[tuple[float, float]]) -> PartChoice:
    taken = []
    for x, y in inside:
        number = parts.part_near(x, y)
        if number < 0:
            raise MapError(
                f"the point ({x:g}, {y:g}) lies in no free part of the map ("
                f"{parts.grid.bounds}): name a point where the robot drives"
            )
        taken.append(number)
    why = dict.fromkeys(_worth_a_word(parts), "not told")
    return PartChoice(
        parts, tuple(sorted(set(taken))), True, {**why, **dict.fromkeys(taken, "told")}
    )


def _driven(parts: FreeParts, poses: np.ndarray) -> PartChoice:  # type: ignore[type-arg]
    known = poses[np.isfinite(poses[:, :2]).all(axis=1)]
    at = np.array(
        [parts.part_near(float(x), float(y)) for x, y in known[:: max(1, len(known) // 2000), :2]]
    )
    inside = at[at >= 0]
    if len(inside) == 0 or len(inside) < 0.5 * len(at):
        raise MapError(
            f"{len(at) - len(inside)} of {len(at)} poses of the recording lie in no free part of "
            f"the map ({parts.grid.bounds}): the recording is of another map, or "
            "its poses are in another frame"
        )
    counts = np.bincount(inside, minlength=len(parts))
    taken = np.flatnonzero(counts >= max(1.0, _POSE_SHARE * len(inside)))
    why = dict.fromkeys(_worth_a_word(parts), "nobody drove there")
    why.update({int(number): "the recording drives there" for number in taken})
    return PartChoice(parts, tuple(int(one) for one in taken), True, why)


def _worth_a_word(parts: FreeParts) -> list[int]:
    areas = parts.areas_m2
    total = areas.sum()
    small = (areas < _SPECK_M2) & (areas < _SPECK_SHARE_OF_SMALL * total)
    return np.flatnonzero(~(small | (areas < _SPECK_SHARE * total))).tolist()


@dataclass(slots=True)
class _Judgement:
    """Parts as they are struck out one after the other."""

    areas_m2: np.ndarray  # type: ignore[type-arg]
    shapes: dict[int, PartShape]
    kept: set[int]
    why: dict[int, str] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)

    def strike(self, numbers: Sequence[int], why: str) -> None:
        self.kept.difference_update(numbers)
        self.why.update(dict.fromkeys(numbers, why))


def _by_shape(parts: FreeParts) -> PartChoice:
    worth = _worth_a_word(parts) or [0]
    if len(worth) == 1:
        return PartChoice(
            parts, tuple(worth), True, {worth[0]: "the free space"}, _rest(parts, worth)
        )
    shown = worth[:_MOST_SHAPES]
    raster = PartRaster(parts, tuple(shown))
    shapes = {number: raster.shape_of(number) for number in shown}
    widest = max(shape.width_m for shape in shapes.values())
    narrow = [
        number
        for number, shape in shapes.items()
        if shape.width_m < _NARROW_M and widest > _WIDER * shape.width_m
    ]
    worth = [number for number in worth if number not in narrow]
    told = _Judgement(parts.areas_m2, shapes, set(worth))
    _strike_hollow(told)
    _strike_infields(told)
    _strike_outside(told)
    taken = tuple(sorted(told.kept))
    rooms = _are_rooms(told)
    kept = "the free space" if len(taken) == 1 else "a room" if rooms else "perhaps"
    why = {number: told.why.get(number, kept) for number in worth}
    sure = len(taken) == 1 or rooms
    return PartChoice(parts, taken, sure, why, _rest(parts, worth))


def _rest(parts: FreeParts, worth: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(set(range(len(parts))) - set(worth)))


def _are_rooms(told: _Judgement) -> bool:
    """Tell whether what is kept lies side by side, none in another and none on the border."""
    return all(
        not (shape.on_border > 0.0 or shape.framed or set(shape.within) & told.kept)
        for shape in (told.shapes[one] for one in told.kept if one in told.shapes)
    )


def _strike_hollow(told: _Judgement) -> None:
    """Strike out the insides of hollow things: small and simple, in what is far larger.

    Where nothing else stands in what runs along the border, a room on a large white image looks
    the same.
    """
    for number, shape in sorted(told.shapes.items(), key=lambda item: told.areas_m2[item[0]]):
        if number not in told.kept or not (_is_bounded(shape) or _is_furnished(told, shape)):
            continue
        small = [
            inner
            for inner in shape.within
            if inner in told.kept
            and told.areas_m2[inner] < _HOLLOW_SHARE * told.areas_m2[number]
            and told.shapes[inner].solidity > _HOLLOW_SOLIDITY
            and not told.shapes[inner].has_obstacles
        ]
        told.strike(small, "the inside of something hollow")


def _is_bounded(shape: PartShape) -> bool:
    return shape.on_border == 0.0 and not shape.framed


def _is_furnished(told: _Judgement, shape: PartShape) -> bool:
    """Tell whether things stand in a part that no robot could be in."""
    solid = [gap for gap in shape.gaps if not set(gap.parts) & told.kept]
    return shape.walls_beside or any(gap.share_across > _FURNITURE for gap in solid)


def _strike_infields(told: _Judgement) -> None:
    """Strike out what a track goes round."""
    for number, shape in told.shapes.items():
        infields = [inner for inner in shape.within if inner in told.kept]
        if number not in told.kept or not infields or not _is_track(shape):
            continue
        if all(_is_plain(told.shapes[inner]) for inner in infields):
            told.strike(infields, "an infield")
            told.why[number] = _TRACK


def _is_track(shape: PartShape) -> bool:
    even = shape.evenness > _STRIP_EVENNESS and shape.widths_long > _STRIP_WIDTHS
    return even and shape.width_m > _TRACK_M and _is_bounded(shape)


def _is_plain(shape: PartShape) -> bool:
    return not shape.has_obstacles


def _strike_outside(told: _Judgement) -> None:
    """Strike out what runs along the border, where there is a building or a track in it."""
    for number, shape in told.shapes.items():
        outside = shape.on_border > _OUTSIDE_BORDER or shape.framed
        built = [gap for gap in shape.gaps if set(gap.parts) & told.kept]
        if number not in told.kept or not outside or not built or len(told.kept) < 2:
            continue
        others = [gap for gap in shape.gaps if gap not in built and gap.share_across > _FURNITURE]
        if others or shape.walls_beside:
            continue
        if all(_is_building(told, number, gap) for gap in built):
            told.strike([number], "outside of all walls")


def _is_building(told: _Judgement, outside: int, gap: Gap) -> bool:
    around = told.shapes[outside]
    inner = [part for part in gap.parts if part in told.shapes]
    # What is narrower is the hollow of a double wall.
    rooms = [part for part in inner if part in told.kept and told.shapes[part].width_m > _TRACK_M]
    share = gap.area_m2 / max(gap.area_m2 + told.areas_m2[outside], 1e-9)
    shapes = [told.shapes[part] for part in rooms]
    if any(_is_track(shape) and shape.goes_round_much for shape in shapes):
        return True
    if sum(told.areas_m2[part] for part in inner) < _BUILT_ON * gap.area_m2:
        return False
    if any(shape.solidity < _WINDING for shape in shapes):
        return share > _BUILDING_SHARE
    divided = any(shape.has_obstacles or shape.widths_long > _DIVIDED for shape in shapes)
    if divided or len(rooms) > 1:
        return share > _BLOCK_SHARE
    even = around.evenness > _STRIP_EVENNESS
    return share > _BLOCK_SHARE and around.on_border > _OUTSIDE_BORDER and not even
