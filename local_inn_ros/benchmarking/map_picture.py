# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A picture of the map that a network holds, beside the map that it learned from."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from local_inn_ros.benchmarking.forward_pass import ForwardPasses
from local_inn_ros.evaluation.map_axes import (
    UNKNOWN_GREY,
    describe,
    frame_map,
    save_figure,
    show_cells,
    show_grid,
)
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, Bounds, OccupancyGrid

_DRAWN, _MEDIAN, _MEAN, _P90 = "#0b62c4", "#222222", "#c8102e", "#e8871e"
# From all beams passed to all beams ended; where no beam came, the grey of the unknown.
_SHADES = LinearSegmentedColormap.from_list("drawn", ["#ffffff", "#10305c"]).with_extremes(
    bad=UNKNOWN_GREY
)
# More cells than this along a side are finer than the picture's dots.
_MOST_CELLS = 900
_MARGIN_M = 0.75
_CLOSE_UP_M = 2.5
# The first bar holds all that is smaller, too.
_LEAST_CM = 1e-3
_WIDTH_IN = 14.0
_COLOURS = 192


def draw_held_map(
    grid: OccupancyGrid,
    where: Bounds,
    measured: ForwardPasses,
    drawn: ForwardPasses,
    path: Path,
    title: str = "",
) -> None:
    """Draw the true map, the map drawn from forward passes, and the errors, as a PNG.

    Args:
        grid: the true map.
        where: the part of it to show, such as the bounds of its free space.
        measured: passes whose errors are shown.
        drawn: passes that the map is drawn from; many, for every wall to be met.
        path: the PNG; its folder must exist. It appears whole or not at all.
        title: a line above it all.
    """
    view = where.widened(_MARGIN_M)
    aspect = view.height_m / view.width_m
    one_above_other = aspect < 0.45
    across = _WIDTH_IN if one_above_other else 0.5 * _WIDTH_IN
    height = min(across * aspect, 8.0) + 0.4
    maps_in, below_in = height * (2.0 if one_above_other else 1.0), 4.0
    figure = Figure(
        figsize=(_WIDTH_IN, maps_in + below_in), layout="constrained", facecolor="white"
    )
    halves = figure.add_gridspec(2, 1, height_ratios=[maps_in, below_in])
    places = halves[0].subgridspec(*((2, 1) if one_above_other else (1, 2)))
    canvas = coarser(grid, math.ceil(max(grid.cells.shape) / _MOST_CELLS))
    _draw_true(figure.add_subplot(places[0]), canvas, view)
    _draw_drawn(figure.add_subplot(places[1]), canvas, view, drawn)
    below = halves[1].subgridspec(1, 2, width_ratios=[1.5, 1.0])
    _draw_errors(figure.add_subplot(below[0]), measured)
    _draw_close_up(figure.add_subplot(below[1]), grid, measured, drawn)
    figure.suptitle(title)
    save_figure(figure, path, _COLOURS)


def coarser(grid: OccupancyGrid, factor: int) -> OccupancyGrid:
    """Take blocks of cells as one: occupied where one of them is, else free where one is."""
    if factor <= 1:
        return grid
    rows, cols = (math.ceil(side / factor) for side in grid.cells.shape)
    padded = np.full((rows * factor, cols * factor), UNKNOWN, dtype=np.int8)
    padded[: grid.rows, : grid.cols] = grid.cells
    blocks = padded.reshape(rows, factor, cols, factor)
    occupied, free = (np.any(blocks == value, axis=(1, 3)) for value in (OCCUPIED, FREE))
    cells = np.select([occupied, free], [OCCUPIED, FREE], UNKNOWN).astype(np.int8)
    return OccupancyGrid(cells, grid.resolution_m * factor, grid.origin)


def _draw_true(axes: Axes, canvas: OccupancyGrid, view: Bounds) -> None:
    show_grid(axes, canvas)
    frame_map(axes, view)
    axes.set_facecolor(UNKNOWN_GREY)
    axes.set_title("the map that the network learned from", fontsize="medium")


def _draw_drawn(axes: Axes, canvas: OccupancyGrid, view: Bounds, drawn: ForwardPasses) -> None:
    show_cells(axes, canvas, drawn.map_drawn(canvas), _SHADES, 1.0)
    frame_map(axes, view)
    axes.set_facecolor(UNKNOWN_GREY)
    count = len(drawn.poses)
    axes.set_title(
        f"the map in the network: {count:,} forward passes, no map looked at", fontsize="medium"
    )


def _draw_errors(axes: Axes, measured: ForwardPasses) -> None:
    """Draw how errors are distributed, each bar with the share of the beams in it."""
    errors = 100.0 * measured.errors_m.ravel().astype(np.float64)
    high = max(float(errors.max()), 10.0 * _LEAST_CM)
    errors = np.maximum(errors, _LEAST_CM)
    edges = np.geomspace(_LEAST_CM, high, 61).tolist()
    weights = np.full(errors.shape, 100.0 / len(errors))
    axes.hist(errors, edges, weights=weights, color=_DRAWN, alpha=0.35, lw=0)
    figures = measured.figures()
    for name, key, colour in (
        ("median", "median_m", _MEDIAN),
        ("mean", "mean_m", _MEAN),
        ("90 % below", "p90_m", _P90),
    ):
        at = 100.0 * figures[key]
        axes.axvline(max(at, _LEAST_CM), color=colour, lw=1.8, label=f"{name} {at:.2g} cm")
    axes.set_xscale("log")
    axes.set_xlim(_LEAST_CM, high)
    axes.xaxis.set_major_formatter("{x:g}")
    describe(axes, "absolute range error [cm]", "share of the beams [%]")
    count = len(measured.poses)
    axes.set_title(f"{count:,} free poses that training never saw, no noise", fontsize="medium")
    axes.legend(loc="best", fontsize="small")


def _draw_close_up(
    axes: Axes, grid: OccupancyGrid, measured: ForwardPasses, drawn: ForwardPasses
) -> None:
    """Show where beams end near a place that is neither among the best nor among the worst."""
    x, y = _typical_place(measured)
    view = Bounds(x - _CLOSE_UP_M, x + _CLOSE_UP_M, y - _CLOSE_UP_M, y + _CLOSE_UP_M)
    points = drawn.end_points()
    near = np.all(np.abs(points - [x, y]) < _CLOSE_UP_M, axis=1)
    show_grid(axes, grid)
    axes.plot(*points[near].T, ".", color=_DRAWN, ms=1.5, alpha=0.5, mew=0)
    frame_map(axes, view)
    describe(axes, "x [m]", "y [m]")
    axes.grid(False)
    axes.set_facecolor(UNKNOWN_GREY)
    axes.set_title("true cells, and where forward passes end", fontsize="medium")


def _typical_place(measured: ForwardPasses) -> NDArray[np.float64]:
    """Return (x, y) of the pose whose mean error is the median of all."""
    each = measured.errors_m.mean(axis=1)
    middle = np.argsort(each, kind="stable")[len(each) // 2]
    return measured.poses[middle, :2]
