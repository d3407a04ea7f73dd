# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Maps on disk: the YAML and image pair of Nav2's map_server.

What each key means follows the behaviour of nav2_map_server (map_io, Nav2 Jazzy and later).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.places import new_file
from local_inn_ros.text_files import expanded, lfs_pointer_note, yaml_fault
from local_inn_ros.world.map_check import MapWarning, doubts_about
from local_inn_ros.world.map_image import MapImage, PixelStrip, read_map_image
from local_inn_ros.world.occupancy_grid import (
    FREE,
    OCCUPIED,
    UNKNOWN,
    OccupancyGrid,
    grid_hash,
    value_counts,
)

_MODES = ("trinary", "scale", "raw")
_REQUIRED = ("image", "resolution", "origin", "negate", "occupied_thresh", "free_thresh")


@dataclass(frozen=True, slots=True)
class MapDescription:
    """What a map's YAML file says.

    Attributes:
        image_path: the image, found relative to the YAML file.
        resolution_m: side of a cell.
        origin: pose of the image's lower left corner in the map frame.
        mode: ``trinary``, ``scale`` or ``raw``.
        negate: whether bright means occupied.
        occupied_thresh: cells more occupied than this, in 0 to 1, are occupied.
        free_thresh: cells less occupied than this are free.
    """

    image_path: Path
    resolution_m: float
    origin: Pose2
    mode: str
    negate: bool
    occupied_thresh: float
    free_thresh: float


def load_map(yaml_path: str | Path) -> OccupancyGrid:
    """Read a map as Nav2's map_server does.

    What looks wrong but can be read gives a ``MapWarning`` through ``warnings``.

    Raises:
        MapError: the YAML file or its image is missing, incomplete or unreadable, the cells are
            not square, the thresholds are the wrong way round, or no cell is free.
    """
    description = read_map_description(yaml_path)
    image = read_map_image(description.image_path)
    cells, levels = _cells_of(image, description)
    values = value_counts(cells)
    if not values[FREE]:
        known = "all of it is unknown" if values[UNKNOWN] == cells.size else "none of it is free"
        raise MapError(
            f"the map {yaml_path} cannot be used: {known}; check negate and the thresholds "
            f"against the grey levels of {description.image_path.name}"
        )
    grid = OccupancyGrid(cells, description.resolution_m, description.origin)
    if description.mode != "raw":
        for doubt in doubts_about(grid, levels, description.free_thresh):
            warnings.warn(f"map {yaml_path}: {doubt}", MapWarning, stacklevel=2)
    return grid


def map_hash(yaml_path: str | Path) -> str:
    """Return the SHA-256 (hex) of what a map file means; see ``grid_hash``.

    Raises:
        MapError: the map cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MapWarning)
        return grid_hash(load_map(yaml_path))


def save_map(grid: OccupancyGrid, yaml_path: str | Path) -> None:
    """Write a map as a YAML file and a PGM beside it; both appear whole or not at all.

    A map of free, occupied and unknown cells alone is written in ``trinary`` mode, with the grey
    levels of Nav2's map_saver; any other in ``raw`` mode, which keeps every value. Loading it
    gives the same cells, resolution and origin.

    Raises:
        PlaceError: they cannot be written.
    """
    target = Path(yaml_path)
    image_path = target.with_suffix(".pgm")
    values = value_counts(grid.cells)
    trinary = values[UNKNOWN] + values[FREE] + values[OCCUPIED] == grid.cells.size
    # The grey level of each value, looked up by the byte that it is: unknown, -1, is 255 there.
    greys = np.arange(256, dtype=np.uint8)
    if trinary:
        greys[[UNKNOWN, FREE, OCCUPIED]] = (205, 254, 0)
    pixels = greys[grid.cells[::-1].view(np.uint8)]
    header = f"P5\n{grid.cols} {grid.rows}\n255\n".encode()
    text = yaml.safe_dump(
        {
            "image": image_path.name,
            "mode": "trinary" if trinary else "raw",
            "resolution": float(grid.resolution_m),
            "origin": [float(value) for value in grid.origin.to_array()],
            "negate": 0,
            "occupied_thresh": 0.65,
            "free_thresh": 0.196,
        },
        sort_keys=False,
    )
    # Neither takes its place before both are written.
    with new_file(image_path) as image, new_file(target) as description:
        image.write_bytes(header + pixels.tobytes())
        description.write_text(text, encoding="utf-8")


def read_map_description(yaml_path: str | Path) -> MapDescription:
    """Read a map's YAML file without its image.

    Raises:
        MapError: the file is missing, is not YAML, or a key is missing or has no sense.
    """
    path = Path(yaml_path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MapError(f"there is no map file {path}") from error
    except OSError as error:
        raise MapError(f"the map file {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        note = lfs_pointer_note(path) or f"is not valid YAML: {yaml_fault(error)}"
        raise MapError(f"the map file {path} {note}") from error
    if not isinstance(content, dict):
        note = lfs_pointer_note(path) or "must hold keys such as image and resolution"
        raise MapError(f"the map file {path} {note}")
    missing = [key for key in _REQUIRED if key not in content]
    if missing:
        raise MapError(f"the map file {path} lacks {', '.join(missing)}")
    return _described(path, content)


def _described(path: Path, content: dict[str, Any]) -> MapDescription:
    """Check the keys of a map's YAML file one by one."""
    image, mode = content["image"], content.get("mode", "trinary")
    if not isinstance(image, str) or not image:
        raise MapError(f"the map file {path} must name its image, got {image!r}")
    if mode not in _MODES:
        raise MapError(f"the map file {path} has mode {mode!r}; it is one of {', '.join(_MODES)}")
    resolution = content["resolution"]
    if isinstance(resolution, list):
        raise MapError(
            f"the map {path} has resolution {resolution}: its cells must be square, "
            "so give one number"
        )
    resolution_m = _number(path, "resolution", resolution)
    if resolution_m <= 0.0:
        raise MapError(f"the map {path} has resolution {resolution_m:g}; it must be above 0 m")
    origin = content["origin"]
    if not isinstance(origin, list) or len(origin) != 3:
        raise MapError(f"the map {path} has origin {origin!r}; it must be [x, y, yaw]")
    x, y, yaw = (_number(path, "origin", value) for value in origin)
    occupied = _number(path, "occupied_thresh", content["occupied_thresh"])
    free = _number(path, "free_thresh", content["free_thresh"])
    if mode != "raw" and free >= occupied:
        raise MapError(
            f"the map {path} has free_thresh {free:g} and occupied_thresh {occupied:g}; "
            "free_thresh must be the smaller"
        )
    negate = bool(_number(path, "negate", content["negate"]))
    try:
        image_path = path.parent / expanded(image)
    except ValueError as error:
        raise MapError(f"the map file {path} has image {image!r}: {error}") from None
    return MapDescription(
        image_path, resolution_m, Pose2(x, y, wrap_angle(yaw)), mode, negate, occupied, free
    )


def _number(path: Path, key: str, value: object) -> float:
    """Read a finite number; YAML 1.1 leaves some, such as 5e-2, as text."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise MapError(f"the map file {path} has {key} {value!r}, which is not a number")
    return number


def _occupancy(pixels: PixelStrip, description: MapDescription) -> NDArray[np.float64]:
    """Return (rows, cols), top row first: how occupied each pixel says that it is, in 0 to 1."""
    shade = pixels.shade
    if description.mode == "trinary" and pixels.alpha is not None:
        # Here map_server averages the alpha channel in with the three colours.
        shade = (3.0 * shade + pixels.alpha) / 4.0
    return shade if description.negate else 1.0 - shade


def _cells_of(
    image: MapImage, description: MapDescription
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return the cells (rows, cols), lowest row first, and how often levels are free.

    The levels (256,) are of occupancy, in steps of 1 / 255.
    """
    rows, cols = image.shape
    cells = np.empty((rows, cols), np.int8)
    levels = np.zeros(256, np.int64)
    for pixels in image.strips():
        occupancy = _occupancy(pixels, description)
        strip = _cells_of_strip(pixels, occupancy, description)
        bottom = rows - pixels.top
        cells[bottom - len(strip) : bottom] = strip[::-1]
        if description.mode != "raw":
            free = np.clip(np.rint(occupancy[strip == FREE] * 255.0), 0.0, 255.0)
            levels += np.bincount(free.astype(np.uint8), minlength=256)
    return cells, levels


def _cells_of_strip(
    pixels: PixelStrip, occupancy: NDArray[np.float64], description: MapDescription
) -> NDArray[np.float64]:
    """Return the cells (rows, cols) of some pixels, top row first."""
    if description.mode == "raw":
        level = np.floor(pixels.shade * 255.0 + 0.5)
        return np.where(level <= OCCUPIED, level, float(UNKNOWN))
    occupied = occupancy > description.occupied_thresh
    free = occupancy < description.free_thresh
    between = np.full(occupancy.shape, float(UNKNOWN))
    if description.mode == "scale":
        span = description.occupied_thresh - description.free_thresh
        between = np.rint((occupancy - description.free_thresh) / span * 100.0)
    cells = np.select([occupied, free], [float(OCCUPIED), float(FREE)], between)
    if description.mode == "scale" and pixels.alpha is not None:
        cells[pixels.alpha < 1.0] = UNKNOWN
    return cells
