# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sheets of pictures: true ones beside rendered ones and depths, and many rendered ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_inn_ros.errors import BundleError
from local_inn_ros.places import new_file
from local_inn_ros.views.fitted_field import FittedField
from local_inn_ros.views.good_views import GoodView
from local_inn_ros.views.rays import shrunk
from local_inn_ros.views.renderer import render

_GAP = 4
_COLUMNS, _ROWS = 6, 6
# Depths are drawn from near (bright) to this quantile of all (dark).
_FARTHEST = 0.98
_THUMBNAIL = 160


def draw_held_out(fitted: FittedField, file: Path) -> None:
    """Draw pictures that were held out (above), rendered views (middle) and depths (below).

    Views are exposed as the scene is in the mean; depths are bright where near, and blue where
    nothing is met.

    Raises:
        BundleError: no picture was held out.
        PlaceError: the file cannot be written.
    """
    held = fitted.held_out
    if len(held.poses) == 0:
        raise BundleError("no picture was held out to show: train with --hold-out")
    small = shrunk(fitted.camera, fitted.settings.width)
    views = [render(fitted.field, small, pose) for pose in held.poses]
    depths = np.stack([one.depth_m for one in views])
    known = depths[np.isfinite(depths)]
    farthest = float(np.quantile(known, _FARTHEST)) if len(known) else 1.0
    columns = [
        [true, view.pixels(np.ones(3), 0.0), _drawn_depth(view.depth_m, farthest)]
        for true, view in zip(held.pixels, views, strict=True)
    ]
    _write([[column[row] for column in columns] for row in range(3)], file)


def noting_some(views: Iterable[GoodView], shown: list[NDArray[np.uint8]]) -> Iterator[GoodView]:
    """Pass views on, and note the pictures of the first ones for a contact sheet."""
    for view in views:
        if len(shown) < _COLUMNS * _ROWS:
            shown.append(view.pixels)
        yield view


def draw_contact_sheet(pictures: Sequence[NDArray[np.uint8]], file: Path) -> None:
    """Draw pictures (height, width, 3) of one size side by side, shrunk.

    Raises:
        PlaceError: the file cannot be written.
    """
    rows, cols = pictures[0].shape[:2]
    size = (min(cols, _THUMBNAIL), min(rows, round(_THUMBNAIL * rows / cols)))
    small = [
        np.asarray(Image.fromarray(one).resize(size, Image.Resampling.BOX)) for one in pictures
    ]
    _write([small[at : at + _COLUMNS] for at in range(0, len(small), _COLUMNS)], file)


def _drawn_depth(depth_m: NDArray[np.float32], farthest: float) -> NDArray[np.uint8]:
    near = np.clip(1.0 - depth_m / farthest, 0.0, 1.0)
    grey = np.repeat(255.0 * near[:, :, None], 3, axis=2)
    grey[~np.isfinite(depth_m)] = (40.0, 60.0, 160.0)
    return grey.astype(np.uint8)


def _write(pictures: Sequence[Sequence[NDArray[np.uint8]]], file: Path) -> None:
    """Write rows of pictures of one size, white between them."""
    height, width = (one + _GAP for one in pictures[0][0].shape[:2])
    most = max(len(row) for row in pictures)
    sheet = np.full((height * len(pictures) - _GAP, width * most - _GAP, 3), 255, np.uint8)
    for number, row in enumerate(pictures):
        for column, one in enumerate(row):
            top, left = number * height, column * width
            sheet[top : top + one.shape[0], left : left + one.shape[1]] = one
    with new_file(file) as partial:
        Image.fromarray(sheet).save(partial, format="PNG")
