# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which parts of a map's free space a robot drives in.

A map does not say it. The inside of a hollow box is free, the outside of a building is, and so is
the infield of a race track. What is clear is decided by shapes; what is not clear is kept, since a
part too many costs time and a part too few costs the robot. A person or a recording decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.errors import MapError
from local_inn_ros.world.free_parts import FreeParts
from local_inn_ros.world.part_judgement import judge_by_shape

# Free cells of no account: below this share of all free space, or this area where it is not much
# of it.
_SPECK_SHARE, _SPECK_M2, _SPECK_SHARE_OF_SMALL = 1e-3, 2.0, 0.05
# A pose of a recording stands for its part where so many others do.
_POSE_SHARE = 0.02


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


def _driven(parts: FreeParts, poses: NDArray[np.float64]) -> PartChoice:
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
    return [int(one) for one in np.flatnonzero(~(small | (areas < _SPECK_SHARE * total)))]


def _by_shape(parts: FreeParts) -> PartChoice:
    judged = judge_by_shape(parts, _worth_a_word(parts) or [0])
    specks = tuple(sorted(set(range(len(parts))) - set(judged.why)))
    return PartChoice(parts, judged.taken, judged.sure, judged.why, specks)
