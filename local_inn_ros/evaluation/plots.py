# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a run, drawn without a screen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from local_inn_ros.evaluation.map_axes import describe, frame_map, save_figure, show_grid
from local_inn_ros.evaluation.metrics import position_errors_m, yaw_errors_rad
from local_inn_ros.world import FREE, OCCUPIED, Bounds, OccupancyGrid

_TRUTH, _FUSED, _FIX = "#222222", "#0b62c4", "#e8871e"
_ELLIPSES = 40
_SIGMAS = 3.0
_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What is drawn: one row for each scan; ``truth`` is NaN where it is not known."""

    truth: _Array
    fused: _Array
    covariances: _Array
    fix: _Array
    time: _Array
    time_label: str

    @property
    def known(self) -> NDArray[np.bool_]:
        """Tell (n,) where the truth is known."""
        known: NDArray[np.bool_] = np.asarray(np.isfinite(self.truth).all(axis=1))
        return known


def draw_run(
    grid: OccupancyGrid,
    truth: _Array,
    fused: _Array,
    covariances: _Array,
    fix: _Array,
    path: Path,
    stamps_s: _Array | None = None,
    title: str = "",
) -> None:
    """Draw a run on its map, its errors over time and their distribution, as a PNG.

    Args:
        grid: the map.
        truth: (n, 3) true poses; NaN where not known.
        fused: (n, 3) poses of the filter.
        covariances: (n, 3, 3) of ``fused``.
        fix: (n, 3) poses of the network alone.
        path: the PNG; its folder must exist. It appears whole or not at all.
        stamps_s: (n,) stamps; scans are counted where left out.
        title: a line above it all.
    """
    time = np.arange(float(len(fused))) if stamps_s is None else stamps_s - stamps_s[0]
    run = _Run(
        truth, fused, covariances, fix, time, "scan" if stamps_s is None else "time since start [s]"
    )
    # A strip at the foot is kept free for the map's legend.
    strip = ConstrainedLayoutEngine(rect=(0.0, 0.05, 1.0, 0.95))
    figure = Figure(figsize=(17.0, 9.8), layout=strip, facecolor="white")
    columns = figure.add_gridspec(1, 2, width_ratios=[1.15, 1.0])
    map_axes = figure.add_subplot(columns[0])
    _draw_map(map_axes, grid, run)
    figure.legend(
        *map_axes.get_legend_handles_labels(),
        loc="lower left",
        bbox_to_anchor=(0.02, 0.0),
        ncols=5,
        frameon=False,
    )
    figure.suptitle(title)
    if run.known.any():
        right = columns[1].subgridspec(3, 2)
        _draw_position_error(figure.add_subplot(right[0, :]), run)
        _draw_yaw_error(figure.add_subplot(right[1, :]), run)
        _draw_distribution(figure.add_subplot(right[2, 0]), run)
        _draw_worst_place(figure.add_subplot(right[2, 1]), grid, run)
    else:
        _draw_deviations(figure.add_subplot(columns[1]), run)
    save_figure(figure, path)


def _draw_map(axes: Axes, grid: OccupancyGrid, run: _Run) -> None:
    show_grid(axes, grid)
    axes.plot(*run.fix[:, :2].T, ".", color=_FIX, ms=3, alpha=0.6, label="network alone", zorder=2)
    if run.known.any():
        axes.plot(*run.truth[:, :2].T, "-", color=_TRUTH, lw=2.5, label="reference", zorder=3)
    axes.plot(*run.fused[:, :2].T, "-", color=_FUSED, lw=1.2, label="fused", zorder=4)
    chosen = np.unique(np.linspace(0, len(run.fused) - 1, _ELLIPSES).round().astype(int))
    enlarged = _enlargement(grid, run.covariances[chosen])
    _draw_ellipses(axes, run.fused[chosen], run.covariances[chosen], enlarged)
    note = "" if enlarged == 1 else f", drawn {enlarged} x as large"
    axes.plot([], [], "o", mfc="none", mec=_FUSED, ms=9, label=f"3 sigma ellipses{note}")
    axes.plot(*run.fused[0, :2], "s", color=_FUSED, ms=8, mec="white", label="start", zorder=6)
    around = np.vstack([run.fused[:, :2], run.truth[run.known, :2]])
    frame_map(axes, _view(grid, around))


def _draw_position_error(axes: Axes, run: _Run) -> None:
    known = run.known
    fused = 100.0 * position_errors_m(run.fused[known], run.truth[known])
    fix = 100.0 * position_errors_m(run.fix[known], run.truth[known])
    # The widest direction of the covariance bounds the error in every direction.
    widest = np.linalg.eigvalsh(run.covariances[known, :2, :2])[:, -1]
    band = 100.0 * _SIGMAS * np.sqrt(np.maximum(widest, 0.0))
    time = run.time[known]
    axes.fill_between(time, 0.0, band, color=_FUSED, alpha=0.15, lw=0, label="3 sigma")
    axes.plot(time, fix, ".", color=_FIX, ms=2.5, alpha=0.7, label="network alone")
    axes.plot(time, fused, "-", color=_FUSED, lw=1.0, label="fused")
    _limit(axes, 0.0, np.concatenate([fused, fix, band]), fused)
    describe(axes, run.time_label, "position error [cm]")
    axes.legend(loc="upper right", ncols=3, fontsize="small")


def _draw_yaw_error(axes: Axes, run: _Run) -> None:
    known = run.known
    fused = np.degrees(yaw_errors_rad(run.fused[known], run.truth[known]))
    fix = np.degrees(yaw_errors_rad(run.fix[known], run.truth[known]))
    band = np.degrees(_SIGMAS * np.sqrt(np.maximum(run.covariances[known, 2, 2], 0.0)))
    time = run.time[known]
    axes.fill_between(time, -band, band, color=_FUSED, alpha=0.15, lw=0)
    axes.plot(time, fix, ".", color=_FIX, ms=2.5, alpha=0.7)
    axes.plot(time, fused, "-", color=_FUSED, lw=1.0)
    everything = np.abs(np.concatenate([fused, fix, band]))
    _limit(axes, None, everything, np.abs(fused))
    describe(axes, run.time_label, "yaw error [deg]")


def _draw_distribution(axes: Axes, run: _Run) -> None:
    known = run.known
    least = 1.0
    for poses, colour, name in ((run.fused, _FUSED, "fused"), (run.fix, _FIX, "network alone")):
        errors = np.sort(100.0 * position_errors_m(poses[known], run.truth[known]))
        share = 100.0 * np.arange(1, len(errors) + 1) / len(errors)
        middle = float(np.median(errors))
        least = min(least, 0.1 * middle)
        axes.plot(errors, share, color=colour, lw=1.8, label=f"{name}: median {middle:.1f} cm")
    axes.set_xscale("log")
    axes.set_xlim(left=max(least, 1e-3))
    axes.set_ylim(0.0, 100.0)
    axes.xaxis.set_major_formatter("{x:g}")
    describe(axes, "position error [cm]", "share of scans below [%]")
    axes.legend(loc="best", fontsize="small")


def _draw_worst_place(axes: Axes, grid: OccupancyGrid, run: _Run) -> None:
    """Show the surroundings of the largest error at true scale."""
    errors = np.where(run.known, position_errors_m(run.fused, run.truth), -1.0)
    worst = int(np.argmax(errors))
    error = float(errors[worst])
    # Near enough that the error is seen, far enough that both its ends are.
    reach = max(0.9 * error, min(4.0 * error, 0.5), 0.02)
    near = slice(max(0, worst - 12), worst + 13)
    show_grid(axes, grid)
    axes.plot(*run.truth[near, :2].T, "o-", color=_TRUTH, ms=4, lw=1.0, zorder=3)
    axes.plot(*run.fused[near, :2].T, "o-", color=_FUSED, ms=4, lw=1.0, zorder=4)
    _draw_ellipses(axes, run.fused[[worst]], run.covariances[[worst]], 1)
    pair = np.vstack([run.truth[worst, :2], run.fused[worst, :2]])
    axes.plot(*pair.T, "-", color="#c8102e", lw=1.5, zorder=5)
    x, y = pair.mean(axis=0).tolist()
    axes.set_xlim(x - reach, x + reach)
    axes.set_ylim(y - reach, y + reach)
    axes.set_aspect("equal", adjustable="box")
    axes.set_title(f"largest error, {100.0 * error:.1f} cm, true scale", fontsize="medium")
    describe(axes, "x [m]", "y [m]")


def _draw_deviations(axes: Axes, run: _Run) -> None:
    """Without a reference there is only what the filter says of itself."""
    deviations = np.sqrt(np.maximum(np.diagonal(run.covariances, axis1=1, axis2=2), 0.0))
    axes.plot(run.time, 100.0 * deviations[:, 0], label="x [cm]", color=_FUSED)
    axes.plot(run.time, 100.0 * deviations[:, 1], label="y [cm]", color=_FIX)
    axes.plot(run.time, np.degrees(deviations[:, 2]), label="yaw [deg]", color=_TRUTH)
    axes.set_yscale("log")
    axes.set_title("no reference: what the filter says of itself")
    describe(axes, run.time_label, "standard deviation")
    axes.legend()


def _view(grid: OccupancyGrid, points: _Array) -> Bounds:
    """Return what to show: the map's known part near the way, with a margin."""
    known = grid.cell_to_world(np.argwhere((grid.cells == FREE) | (grid.cells == OCCUPIED)))
    way = Bounds.around(points)
    margin = 2.0 + 0.25 * max(way.width_m, way.height_m)
    whole = Bounds.around(np.vstack([known, points]))
    return Bounds(
        max(whole.x_min_m, way.x_min_m - margin) - 0.5,
        min(whole.x_max_m, way.x_max_m + margin) + 0.5,
        max(whole.y_min_m, way.y_min_m - margin) - 0.5,
        min(whole.y_max_m, way.y_max_m + margin) + 0.5,
    )


def _enlargement(grid: OccupancyGrid, covariances: _Array) -> int:
    """Return by how much ellipses must be enlarged to be seen on the whole map."""
    radii = _SIGMAS * np.sqrt(np.maximum(np.linalg.eigvalsh(covariances[:, :2, :2])[:, -1], 1e-12))
    wanted = 0.01 * max(grid.bounds.width_m, grid.bounds.height_m)
    steps = np.array([1, 2, 5, 10, 20, 50])
    return int(steps[np.argmin(np.abs(np.log(steps * np.median(radii) / wanted)))])


def _draw_ellipses(axes: Axes, poses: _Array, covariances: _Array, enlarged: int) -> None:
    values, vectors = np.linalg.eigh(covariances[:, :2, :2])
    radii = enlarged * _SIGMAS * np.sqrt(np.maximum(values, 0.0))
    axes.add_collection(
        EllipseCollection(
            2.0 * radii[:, 1],
            2.0 * radii[:, 0],
            np.degrees(np.arctan2(vectors[:, 1, 1], vectors[:, 0, 1])),
            units="xy",
            offsets=poses[:, :2],
            offset_transform=axes.transData,
            facecolors="none",
            edgecolors=_FUSED,
            linewidths=1.0,
            zorder=5,
        )
    )


def _limit(axes: Axes, low: float | None, everything: _Array, must_show: _Array) -> None:
    """Keep a few wild values from flattening the rest; the fused errors are always shown."""
    high = 1.1 * max(float(np.percentile(everything, 99.0)), float(must_show.max()), 1e-3)
    axes.set_ylim(-high if low is None else low, high if math.isfinite(high) else 1.0)
