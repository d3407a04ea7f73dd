# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drive in several acts, drawn on its map, with what its camera saw and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from numpy.typing import NDArray

from local_inn_ros.evaluation.map_axes import describe, frame_map, save_figure, show_grid
from local_inn_ros.evaluation.metrics import position_errors_m, yaw_errors_rad
from local_inn_ros.world import Bounds, OccupancyGrid

_TRUTH = "#222222"
_COLOURS = ("#0b62c4", "#e8871e", "#2a9d4a", "#8e44ad")
_SIGMAS = 3.0
_LEAST_CM = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class DrawnAct:
    """A part of a drive.

    Attributes:
        name: of it.
        stamps_s: (n,) of the poses.
        truth: (n, 3) true poses.
        fused: (n, 3) poses of the filter.
        covariances: (n, 3, 3) of ``fused``.
        alone: (m, 3) what single observations said.
        alone_truth: (m, 3) where the robot was then.
        alone_s: (m,) when.
    """

    name: str
    stamps_s: NDArray[np.float64]
    truth: NDArray[np.float64]
    fused: NDArray[np.float64]
    covariances: NDArray[np.float64]
    alone: NDArray[np.float64]
    alone_truth: NDArray[np.float64]
    alone_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnView:
    """Two pictures that belong together.

    Attributes:
        when: they are of.
        seen: (h, w) or (h, w, 3) what was seen.
        expected: (rows, cols) what was expected there.
    """

    when: str
    seen: NDArray[np.uint8]
    expected: NDArray[np.uint8]


def draw_acts(
    grid: OccupancyGrid,
    acts: Sequence[DrawnAct],
    views: Sequence[DrawnView],
    path: Path,
    title: str,
) -> None:
    """Draw path, errors and views as a PNG.

    Args:
        grid: the map.
        acts: in the order of time; at least one has poses.
        views: what was seen and expected, if anything was.
        path: the PNG; its folder must exist. It appears whole or not at all.
        title: a line above it all.
    """
    acts = [one for one in acts if len(one.stamps_s)]
    figure = Figure(figsize=(17.0, 9.8), layout="constrained", facecolor="white")
    figure.suptitle(title)
    columns = figure.add_gridspec(1, 2, width_ratios=[1.1, 1.0])
    _draw_map(figure.add_subplot(columns[0]), grid, acts)
    right = columns[1].subgridspec(3, 1, height_ratios=[1.0, 0.8, 1.3])
    _draw_position_errors(figure.add_subplot(right[0]), acts)
    _draw_yaw_errors(figure.add_subplot(right[1]), acts)
    if views:
        _draw_views(figure, right[2], views)
    save_figure(figure, path)


def _draw_map(axes: Axes, grid: OccupancyGrid, acts: Sequence[DrawnAct]) -> None:
    show_grid(axes, grid)
    for number, (act, colour) in enumerate(zip(acts, _COLOURS, strict=False)):
        label = "picture alone" if number == 0 else None
        axes.plot(*act.alone[:, :2].T, ".", color="#999999", ms=2.5, label=label, zorder=1)
        label = "truth" if number == 0 else None
        axes.plot(*act.truth[:, :2].T, "-", color=_TRUTH, lw=3.0, label=label, zorder=2)
        axes.plot(*act.fused[:, :2].T, "-", color=colour, lw=1.5, label=act.name, zorder=3)
        axes.plot(*act.fused[0, :2], "s", color=colour, ms=8, mec="white", zorder=4)
    way = Bounds.around(np.vstack([act.truth[:, :2] for act in acts]))
    frame_map(
        axes,
        Bounds(way.x_min_m - 2.0, way.x_max_m + 2.0, way.y_min_m - 2.0, way.y_max_m + 2.0),
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3, frameon=False)


def _draw_position_errors(axes: Axes, acts: Sequence[DrawnAct]) -> None:
    start_s, highest = acts[0].stamps_s[0], 1.0
    for act, colour in zip(acts, _COLOURS, strict=False):
        off = 100.0 * position_errors_m(act.fused, act.truth)
        # The widest direction of the covariance bounds the error in every direction.
        widest = np.linalg.eigvalsh(act.covariances[:, :2, :2])[:, -1]
        band = 100.0 * _SIGMAS * np.sqrt(np.maximum(widest, 0.0))
        time = act.stamps_s - start_s
        axes.fill_between(time, _LEAST_CM, band, color=colour, alpha=0.15, lw=0)
        alone = 100.0 * position_errors_m(act.alone, act.alone_truth)
        axes.plot(act.alone_s - start_s, alone, ".", color="#999999", ms=2.0)
        axes.plot(time, off, "-", color=colour, lw=1.0)
        highest = max(highest, float(off.max()), float(np.quantile(band, 0.9)))
    # From a centimetre to where a robot is that was carried.
    axes.set_yscale("log")
    axes.set_ylim(_LEAST_CM, 1.5 * highest)
    axes.yaxis.set_major_formatter("{x:g}")
    describe(axes, "", f"position error [cm]\nand {_SIGMAS:g} sigma")


def _draw_yaw_errors(axes: Axes, acts: Sequence[DrawnAct]) -> None:
    start_s, highest = acts[0].stamps_s[0], 0.1
    for act, colour in zip(acts, _COLOURS, strict=False):
        off = np.degrees(yaw_errors_rad(act.fused, act.truth))
        band = np.degrees(_SIGMAS * np.sqrt(np.maximum(act.covariances[:, 2, 2], 0.0)))
        time = act.stamps_s - start_s
        axes.fill_between(time, -band, band, color=colour, alpha=0.15, lw=0)
        axes.plot(time, off, "-", color=colour, lw=1.0)
        highest = max(highest, float(np.abs(off).max()), float(np.quantile(band, 0.9)))
    axes.set_yscale("symlog", linthresh=1.0)
    axes.set_ylim(-1.2 * highest, 1.2 * highest)
    axes.yaxis.set_major_formatter("{x:g}")
    describe(axes, "time [s]", "yaw error [deg]")


def _draw_views(figure: Figure, place: SubplotSpec, views: Sequence[DrawnView]) -> None:
    cells = place.subgridspec(2, len(views))
    for column, view in enumerate(views):
        seen = figure.add_subplot(cells[0, column])
        expected = figure.add_subplot(cells[1, column])
        seen.imshow(view.seen, cmap="gray")
        expected.imshow(view.expected, cmap="gray", interpolation="bilinear")
        seen.set_title(f"seen, {view.when}", fontsize="small")
        expected.set_title("expected there", fontsize="small")
        for axes in (seen, expected):
            axes.set_xticks([])
            axes.set_yticks([])
