# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every picture of a map is made with: axes in the map frame, cells, files."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D
from numpy.typing import ArrayLike
from PIL import Image

from local_inn_ros.places import new_file
from local_inn_ros.world import FREE, OCCUPIED, Bounds, OccupancyGrid

UNKNOWN_GREY = "#e3e3e6"
# Free, unknown or in between, occupied.
_MAP_COLOURS = ListedColormap(["#ffffff", UNKNOWN_GREY, "#5b6068"])
_DPI = 110


def show_grid(axes: Axes, grid: OccupancyGrid) -> None:
    """Draw a map's cells where they lie: free white, unknown grey, occupied dark."""
    shade = 1.0 - (grid.cells == FREE) + (grid.cells == OCCUPIED)
    show_cells(axes, grid, shade, _MAP_COLOURS, 2.0)


def show_cells(
    axes: Axes, grid: OccupancyGrid, shade: ArrayLike, colours: Colormap, darkest: float
) -> None:
    """Draw values (rows, cols) from 0 to ``darkest`` in place of a map's cells."""
    place = Affine2D().scale(grid.resolution_m).rotate(grid.origin.yaw)
    place = place.translate(grid.origin.x, grid.origin.y)
    axes.imshow(
        shade,
        cmap=colours,
        vmin=0.0,
        vmax=darkest,
        origin="lower",
        extent=(0, grid.cols, 0, grid.rows),
        interpolation="nearest",
        transform=place + axes.transData,
        zorder=0,
    )


def frame_map(axes: Axes, view: Bounds) -> None:
    """Show a part of the map frame at true proportions."""
    axes.set_xlim(view.x_min_m, view.x_max_m)
    axes.set_ylim(view.y_min_m, view.y_max_m)
    axes.set_aspect("equal", adjustable="box")
    describe(axes, "x in the map frame [m]", "y in the map frame [m]")
    axes.grid(False)


def describe(axes: Axes, x: str, y: str) -> None:
    """Name the axes, and draw a faint grid behind the rest."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(True, color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)


def save_figure(figure: Figure, path: Path, colours: int | None = None) -> None:
    """Write a PNG; it appears whole or not at all.

    Args:
        figure: what to draw.
        path: the file; its folder is made where needed.
        colours: keep so many, which makes a picture of many dots half as large; all of them
            where left out.

    Raises:
        PlaceError: it cannot be written.
    """
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_figure(picture, format="png", dpi=_DPI)
    if colours is not None:
        with Image.open(picture) as image:
            few = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        picture = io.BytesIO()
        few.save(picture, format="png", optimize=True)
    with new_file(path) as file:
        file.write_bytes(picture.getbuffer())
