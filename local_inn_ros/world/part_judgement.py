# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the shapes of a map's free parts say of where a robot drives.

Parts are struck out where it is clear what they are: the inside of something hollow, the infield
of a track, the outside of a building. What is not clear stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.world.free_parts import FreeParts
from local_inn_ros.world.part_shapes import Gap, PartRaster, PartShape

# So many parts are told apart by shape; smaller ones are kept.
_MOST_SHAPES = 24
# Too narrow to drive in, where other parts are so many times as wide.
_NARROW_M, _WIDER = 0.3, 3.0
# A track is a strip of even width, so many widths long, that goes round an infield.
_STRIP_EVENNESS, _STRIP_WIDTHS, _TRACK_M = 0.35, 9.0, 0.6
# The inside of a hollow thing: simple in shape, and little of what it stands in.
_HOLLOW_SHARE, _HOLLOW_M2, _HOLLOW_SOLIDITY = 0.03, 12.0, 0.75
# The outside of a building, or of a track, runs along the border and has nothing else in it.
_OUTSIDE_BORDER = 0.5
_BUILDING_SHARE, _BLOCK_SHARE, _BUILT_ON = 0.12, 0.4, 0.3
# Nothing that is hollow winds so, or is divided like rooms.
_WINDING, _DIVIDED = 0.5, 4.5
# What stands in a hall is worth the name from this share of its diagonal on.
_FURNITURE = 0.02
_TRACK = "a track round an infield"


@dataclass(frozen=True, slots=True)
class Judged:
    """What shapes say.

    Attributes:
        taken: numbers of the parts that stay, rising.
        sure: whether that is clear.
        why: a few words on each part that a robot could be in.
    """

    taken: tuple[int, ...]
    sure: bool
    why: dict[int, str]


def judge_by_shape(parts: FreeParts, worth: Sequence[int]) -> Judged:
    """Judge the parts of a map.

    Args:
        parts: of the map.
        worth: numbers of those that are large enough to be looked at, falling in size; one at
            least.
    """
    if len(worth) == 1:
        return Judged((worth[0],), True, {worth[0]: "the free space"})
    shown = tuple(worth[:_MOST_SHAPES])
    raster = PartRaster(parts, shown)
    shapes = {number: raster.shape_of(number) for number in shown}
    widest = max(shape.width_m for shape in shapes.values())
    narrow = {
        number
        for number, shape in shapes.items()
        if shape.width_m < _NARROW_M and widest > _WIDER * shape.width_m
    }
    told = _Judgement(parts.areas_m2, shapes, set(worth) - narrow)
    _strike_hollow(told)
    _strike_infields(told)
    _strike_outside(told)
    taken = tuple(sorted(told.kept))
    rooms = _are_rooms(told)
    kept = "the free space" if len(taken) == 1 else "a room" if rooms else "perhaps"
    why = {number: told.why.get(number, kept) for number in worth if number not in narrow}
    return Judged(taken, len(taken) == 1 or rooms, why)


@dataclass(slots=True)
class _Judgement:
    """Parts as they are struck out one after the other."""

    areas_m2: NDArray[np.float64]
    shapes: dict[int, PartShape]
    kept: set[int]
    why: dict[int, str] = field(default_factory=dict)

    def strike(self, numbers: Sequence[int], why: str) -> None:
        self.kept.difference_update(numbers)
        self.why.update(dict.fromkeys(numbers, why))


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
            and told.areas_m2[inner] < min(_HOLLOW_SHARE * told.areas_m2[number], _HOLLOW_M2)
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
        if not any(told.shapes[inner].has_obstacles for inner in infields):
            told.strike(infields, "an infield")
            told.why[number] = _TRACK


def _is_track(shape: PartShape) -> bool:
    even = shape.evenness > _STRIP_EVENNESS and shape.widths_long > _STRIP_WIDTHS
    return even and shape.width_m > _TRACK_M and _is_bounded(shape)


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
    share = gap.area_m2 / (gap.area_m2 + float(told.areas_m2[outside]))
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
