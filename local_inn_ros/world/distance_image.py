# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Distances as a picture: 16-bit grey PNG, its first row the highest y, as in images of maps."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_inn_ros.errors import MapError

_STEPS_PER_M = 10_000.0
# Nobody asks for more: the likelihood field is clamped nearer than that.
_FARTHEST_M = 1.0


def save_distances(distances_m: NDArray[np.float64], file: Path | BinaryIO) -> None:
    """Write distances (rows, cols), in tenths of a millimetre; those over 1 m as 1 m."""
    steps = np.rint(np.clip(distances_m, 0.0, _FARTHEST_M) * _STEPS_PER_M).astype(np.uint16)
    Image.fromarray(np.ascontiguousarray(steps[::-1])).save(file, format="PNG", optimize=True)


def load_distances(path: Path) -> NDArray[np.float64]:
    """Read distances (rows, cols), in m.

    Raises:
        MapError: there is no such image, or it is not 16-bit grey.
    """
    try:
        with Image.open(path) as image:
            steps = np.asarray(image)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise MapError(f"cannot read the distances {path}: {error}") from error
    if steps.ndim != 2 or steps.dtype not in (np.uint16, np.int32):
        raise MapError(f"{path} is no 16-bit grey image, which distances are kept in")
    return np.ascontiguousarray(steps[::-1] / _STEPS_PER_M)
