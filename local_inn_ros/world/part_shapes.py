# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the parts of a map's free space look like: which lies in which, how wide, how even."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from local_inn_ros.world.free_parts import FreeParts
from local_inn_ros.world.part_outline import solidity_of

# Shapes are looked at on a grid of so many cells at most.
_MOST_CELLS = 1_500_000
_ALL_ROUND = np.ones((3, 3), dtype=bool)
# An image that was cut a little wider than its free space has a frame of so much of its side.
_FRAME = 0.03


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not free within the outline of a part: a wall with all that lies behind it.

    Attributes:
        area_m2: of all of it.
        share_across: its diagonal as a share of the part's own.
        parts: numbers of the parts that lie in it.
    """

    area_m2: float
    share_across: float
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PartShape:
    """The shape of a part.

    Attributes:
        width_m: of the widest place: the diameter of the largest circle in it.
        evenness: mean distance to its edge over the largest; 1/2 in a strip of even width, 1/3
            in a square or a disc.
        widths_long: its area in squares as wide as its widest place.
        solidity: its area over that of its convex hull.
        on_border: share of the map's border that it takes up.
        framed: it runs along all sides of the map, near the border if not on it.
        gaps: what it goes round.
        walls_beside: whether something that is not free bounds it from outside, other than the
            map's border.
    """

    width_m: float
    evenness: float
    widths_long: float
    solidity: float
    on_border: float
    framed: bool
    gaps: tuple[Gap, ...]
    walls_beside: bool

    @property
    def within(self) -> tuple[int, ...]:
        """Numbers of the parts that it goes round."""
        return tuple(part for gap in self.gaps for part in gap.parts)

    @property
    def has_obstacles(self) -> bool:
        """Tell whether it goes round anything worth the name."""
        return any(gap.share_across > 0.05 for gap in self.gaps)

    @property
    def goes_round_much(self) -> bool:
        """Tell whether it is a ring rather than a place with things in it."""
        return any(gap.share_across > 0.3 for gap in self.gaps)


class PartRaster:
    """Where parts lie, as an image of their numbers; of large maps, a coarser one."""

    def __init__(self, parts: FreeParts, numbers: tuple[int, ...]) -> None:
        """Draw some of the parts."""
        drawn = np.isin(parts.numbers, numbers)
        runs, self._parts = parts.runs.chosen(drawn), parts
        low = np.array([runs.rows.min(), runs.starts.min()])
        size = np.array([runs.rows.max() + 1, runs.stops.max()]) - low
        stride = max(1, math.ceil(math.sqrt(math.prod(size.tolist()) / _MOST_CELLS)))
        # All in cells of the image, whose corner is that of the parts drawn.
        self._cell_m = stride * parts.grid.resolution_m
        self._low, self._map_size = low / stride, np.array(parts.grid.cells.shape) / stride
        rows, cols = (-(-one // stride) for one in size.tolist())
        steps = np.zeros((rows, cols + 1), np.int32)
        firsts, lasts = (-(-(one - low[1]) // stride) for one in (runs.starts, runs.stops))
        some = (lasts > firsts) & ((runs.rows - low[0]) % stride == 0)
        row, value = (runs.rows[some] - low[0]) // stride, parts.numbers[drawn][some] + 1
        np.add.at(steps, (row, firsts[some]), value)
        np.add.at(steps, (row, lasts[some]), -value)
        self._image = np.cumsum(steps[:, :-1], axis=1, dtype=np.int32) - 1

    def shape_of(self, number: int) -> PartShape:
        """Measure a part that was drawn."""
        own = self._image == number
        if not own.any():
            return _NOTHING
        rows, cols = ndimage.find_objects(own.astype(np.int8))[0]
        box = (rows, cols)
        inner = own[box]
        depth = ndimage.distance_transform_edt(np.pad(inner, 1)) - 0.5
        depth = depth[1:-1, 1:-1][inner]
        count, widest = int(np.count_nonzero(inner)), 2.0 * float(depth.max())
        gaps, filled, beside = self._gaps(number, box)
        return PartShape(
            width_m=widest * self._cell_m,
            evenness=float(depth.mean() / depth.max()),
            widths_long=count / widest**2,
            solidity=solidity_of(inner),
            on_border=self._border_share(number),
            framed=self._is_framed(box, filled),
            gaps=gaps,
            walls_beside=beside,
        )

    def _gaps(self, number: int, box: tuple[slice, slice]) -> tuple[tuple[Gap, ...], int, bool]:
        """Return what a part goes round, how many cells its outline holds, and ``walls_beside``."""
        around = np.pad(self._image[box] == number, 1)
        labels, count = ndimage.label(~around, _ALL_ROUND)
        outside = int(labels[0, 0])
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        across = math.hypot(*around.shape)
        numbers = np.pad(self._image[box], 1, constant_values=-1)
        gaps = []
        for label, place in enumerate(ndimage.find_objects(labels), start=1):
            if label == outside or place is None:
                continue
            held = np.unique(numbers[place][labels[place] == label])
            extent = math.hypot(*(one.stop - one.start for one in place)) / across
            area_m2 = int(sizes[label]) * self._cell_m**2
            gaps.append(Gap(area_m2, extent, tuple(int(one) for one in held if one >= 0)))
        filled = int(around.size - sizes[outside])
        beside = bool(np.any(labels[1:-1, 1:-1] == outside))
        return tuple(gaps), filled, beside

    def _border_share(self, number: int) -> float:
        """Return the share of the cells on the map's border that a part has."""
        runs, (rows, cols) = self._parts.runs_of(number), self._parts.grid.cells.shape
        whole = (runs.rows == 0) | (runs.rows == rows - 1)
        ends = (runs.starts == 0).astype(int) + (runs.stops == cols)
        held = int(runs.lengths[whole].sum() + ends[~whole].sum())
        return float(held / max(2 * (rows + cols) - 4, 1))

    def _is_framed(self, box: tuple[slice, slice], filled: int) -> bool:
        """Tell whether a part runs along all sides of the map, as the edge of a sheet does."""
        low = self._low + np.array([one.start for one in box])
        high = self._low + np.array([one.stop for one in box])
        beside = _FRAME * self._map_size + 2.0
        near = bool((low <= beside).all() and (high >= self._map_size - beside).all())
        return near and filled > 0.9 * math.prod(one.stop - one.start for one in box)


_NOTHING = PartShape(0.0, 0.0, 0.0, 1.0, 0.0, False, (), False)
