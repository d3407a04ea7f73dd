# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A picture of which parts of a map are taken for the robot's."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from local_inn_ros.evaluation.map_axes import UNKNOWN_GREY, frame_map, save_figure, show_cells
from local_inn_ros.world import OCCUPIED, OccupancyGrid, PartChoice

_SPECK, _LEFT, _TAKEN, _WALL = 1, 2, 3, 4
_COLOURS = [UNKNOWN_GREY, "#ffffff", "#f4c095", "#a8d5a2", "#3c4046"]
_NAMES = ["unknown", "too small or narrow", "left out", "taken", "occupied"]
# More cells than this along a side are finer than the picture's dots.
_MOST_CELLS = 1500


def draw_parts(choice: PartChoice, path: Path, title: str = "") -> None:
    """Draw a map as a PNG: the parts taken green, those left out orange, each with its area.

    Args:
        choice: what was taken of which map.
        path: the PNG; it appears whole or not at all.
        title: a line above it.
    """
    grid = choice.parts.grid
    figure = Figure(figsize=(10.0, 10.5), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    stride = max(1, math.ceil(max(grid.cells.shape) / _MOST_CELLS))
    shades = _shades(choice, stride)
    drawn = OccupancyGrid(np.zeros(shades.shape, np.int8), stride * grid.resolution_m, grid.origin)
    show_cells(axes, drawn, shades, ListedColormap(_COLOURS), float(_WALL))
    for number, words in choice.why.items():
        x, y = choice.parts.point_in(number)
        area_m2 = choice.parts.areas_m2[number]
        axes.annotate(
            f"{area_m2:.1f} m2: {words}",
            (x, y),
            ha="center",
            fontsize=8,
            bbox={"boxstyle": "round", "fc": "white", "ec": "#888888", "alpha": 0.85},
        )
    frame_map(axes, grid.bounds)
    axes.set_title(title)
    handles = [
        Patch(fc=colour, ec="#888888", label=name)
        for colour, name in zip(_COLOURS, _NAMES, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    save_figure(figure, path)


def _shades(choice: PartChoice, stride: int) -> NDArray[np.uint8]:
    """Return (rows, cols) what is at each cell of the picture: the darkest of what it covers."""
    parts = choice.parts
    shades = np.zeros(parts.grid.cells.shape, np.uint8)
    left = [number for number in choice.why if number not in choice.taken]
    shades[parts.grid.free_mask()] = _SPECK
    for numbers, shade in ((left, _LEFT), (choice.taken, _TAKEN)):
        shades[parts.runs.chosen(np.isin(parts.numbers, list(numbers))).mask()] = shade
    shades[parts.grid.cells == OCCUPIED] = _WALL
    for axis in (0, 1):
        starts = np.arange(0, shades.shape[axis], stride)
        shades = np.maximum.reduceat(shades, starts, axis=axis)
    return shades
