# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cells of a grid as runs along its rows: what a region costs is its outline, not its area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

# So many cells are looked at in one piece.
_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class CellRuns:
    """Runs of neighbouring cells, sorted by row, then by column.

    Attributes:
        rows: (k,) int32 row of each run.
        starts: (k,) int32 its first column.
        stops: (k,) int32 the column behind its last.
        shape: (rows, cols) of the grid.
    """

    rows: NDArray[np.int32]
    starts: NDArray[np.int32]
    stops: NDArray[np.int32]
    shape: tuple[int, int]

    @staticmethod
    def where(cells: NDArray[np.int8] | NDArray[np.bool_], value: int) -> CellRuns:
        """Return the runs of the cells (rows, cols) that have a value."""
        found: list[list[NDArray[np.int32]]] = [[], [], []]
        for rows in row_blocks(cells.shape):
            steps = np.diff((cells[rows] == value).view(np.int8), axis=1, prepend=0, append=0)
            row, start = np.nonzero(steps == 1)
            stop = np.nonzero(steps == -1)[1]
            for kept, new in zip(found, (row + rows.start, start, stop), strict=True):
                kept.append(new.astype(np.int32))
        rows_all, starts, stops = (np.concatenate(one) for one in found)
        return CellRuns(rows_all, starts, stops, (cells.shape[0], cells.shape[1]))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return (k,) how many cells each run has."""
        return (self.stops - self.starts).astype(np.int64)

    @property
    def count(self) -> int:
        """Number of cells."""
        return int(self.lengths.sum())

    def chosen(self, which: NDArray[np.bool_]) -> CellRuns:
        """Return some of the runs (k,)."""
        return CellRuns(self.rows[which], self.starts[which], self.stops[which], self.shape)

    def components(self) -> tuple[int, NDArray[np.int32]]:
        """Return how many 4-connected regions there are, and (k,) which each run belongs to."""
        firsts, lasts = self._keys(self.starts), self._keys(self.stops)
        labels = np.empty(len(firsts), np.int32)
        return int(_label(firsts, lasts, self.shape[1] + 1, labels)), labels

    def cells_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (n, 2), as (row, col), the cells that stand at places (n,) of all, row by row."""
        ends = np.cumsum(self.lengths)
        run = np.searchsorted(ends, places, side="right")
        cols = self.stops[run] - (ends[run] - places)
        return np.column_stack([self.rows[run].astype(np.int64), cols])

    def run_of(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (n,) the run that holds each cell (n, 2); -1 where none does."""
        rows, cols = cells[:, 0], cells[:, 1]
        on_grid = np.all((cells >= 0) & (cells < self.shape), axis=1)
        key = rows * (self.shape[1] + 1) + cols
        run = np.searchsorted(self._keys(self.starts), key, side="right") - 1
        known = on_grid & (run >= 0)
        held = known.copy()
        held[known] = (self.rows[run[known]] == rows[known]) & (
            cols[known] < self.stops[run[known]]
        )
        return np.where(held, run, -1)

    def mask(self) -> NDArray[np.bool_]:
        """Return (rows, cols): True in the cells."""
        mask = np.zeros(self.shape, dtype=np.bool_)
        for rows in row_blocks(self.shape):
            first, last = np.searchsorted(self.rows, [rows.start, rows.stop])
            steps = np.zeros((rows.stop - rows.start, self.shape[1] + 1), np.int8)
            row = self.rows[first:last] - rows.start
            steps[row, self.starts[first:last]] = 1
            steps[row, self.stops[first:last]] -= 1
            mask[rows] = np.cumsum(steps[:, :-1], axis=1, dtype=np.int8)
        return mask

    def _keys(self, cols: NDArray[np.int32]) -> NDArray[np.int64]:
        return self.rows.astype(np.int64) * (self.shape[1] + 1) + cols


def row_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield blocks of rows of a grid (rows, cols) that are small enough to be copied freely."""
    step = max(1, _BLOCK_CELLS // max(shape[1], 1))
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))


@numba.njit(cache=True, nogil=True)
def _label(firsts, lasts, row, labels):  # type: ignore[no-untyped-def]
    """Fill labels (k,) from 0, and return how many there are: union-find over touching runs.

    Runs are given by the sorted places of their ends, where the next row is ``row`` further.
    """
    count = firsts.shape[0]
    parents = np.arange(count)
    above = 0
    for run in range(count):
        # Those of the row before that share a column with this one.
        while above < run and lasts[above] + row <= firsts[run]:
            above += 1
        other = above
        while other < run and firsts[other] + row < lasts[run]:
            here, there = run, other
            while parents[here] != here:
                parents[here] = parents[parents[here]]
                here = parents[here]
            while parents[there] != there:
                parents[there] = parents[parents[there]]
                there = parents[there]
            parents[max(here, there)] = min(here, there)
            other += 1
    found = 0
    for run in range(count):
        # A root is the first of its runs.
        if parents[run] == run:
            labels[run] = found
            found += 1
        else:
            root = parents[run]
            while parents[root] != root:
                root = parents[root]
            labels[run] = labels[root]
    return found
