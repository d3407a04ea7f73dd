# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write rendered views as a folder of posed pictures, such as nerfstudio has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_inn_ros.errors import BagError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.places import check_new_folder, real_path
from local_inn_ros.recordings.nerf_transforms import FILE, write_transforms
from local_inn_ros.recordings.picture_files import USUAL_RATE_HZ
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import DepthFile, PosedPicture, PosedPictures

_JPEG_QUALITY = 95
_METRES = 1e-3
# 16 bits of millimetres.
_FARTHEST_M = 65.0


class PosedView(Protocol):
    """A picture of a place, and its depth."""

    @property
    def map_from_camera(self) -> NDArray[np.float64]:
        """Pose (4, 4) of the optical frame."""
        ...

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture (height, width, 3)."""
        ...

    @property
    def depth_m(self) -> NDArray[np.float32]:
        """Depth (height, width) along the optical axis, NaN where there is none."""
        ...


def check_views_place(out: Path) -> None:
    """Refuse a place where views would overwrite something that is none.

    Raises:
        BagError: there is a file, or a folder with other things in it.
        PlaceError: nothing can be written there.
    """
    real = real_path(out)
    if real.is_file():
        raise BagError(f"{out} is a file: name a folder for the views")
    check_new_folder(out)
    if real.is_dir() and any(real.iterdir()) and not (real / FILE).is_file():
        raise BagError(f"{out} holds other files than views: name a new folder")


def write_views(folder: Path, camera: CameraSpec, views: Iterable[PosedView]) -> None:
    """Write views with a ``transforms.json`` into a folder that is there.

    Args:
        folder: where to.
        camera: that they are of.
        views: are written as they come: none is kept in memory.

    Raises:
        OSError: they cannot be written.
    """
    (folder / "images").mkdir()
    (folder / "depth").mkdir()
    posed = []
    for number, view in enumerate(views):
        picture = folder / "images" / f"{number:06d}.jpg"
        depth = folder / "depth" / f"{number:06d}.png"
        Image.fromarray(view.pixels).save(picture, quality=_JPEG_QUALITY)
        Image.fromarray(_millimetres(view.depth_m)).save(depth)
        told = DepthFile(
            depth,
            _METRES,
            camera.fx,
            camera.fy,
            camera.cx,
            camera.cy,
            camera.width,
            camera.height,
        )
        pose = Pose3.from_matrix(view.map_from_camera)
        posed.append(PosedPicture(number / USUAL_RATE_HZ, pose, picture, told))
    write_transforms(folder, PosedPictures(camera, tuple(posed)))


def _millimetres(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    known = np.isfinite(depth_m) & (depth_m < _FARTHEST_M)
    told: NDArray[np.uint16] = np.where(known, np.round(depth_m / _METRES), 0.0).astype(np.uint16)
    return told
