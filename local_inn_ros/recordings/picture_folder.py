# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures with known poses, in any of the forms that are known."""

from __future__ import annotations

from pathlib import Path

from local_inn_ros.errors import BagError
from local_inn_ros.recordings import nerf_transforms, picture_sequence, stamped_pictures
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures


def read_picture_folder(folder: Path) -> PosedPictures:
    """Read a folder with a ``sequence.json``, a ``transforms.json`` or a TUM file.

    Raises:
        BagError: it holds none of these, or what it holds makes no sense.
    """
    if not folder.is_dir():
        raise BagError(f"there is no folder {folder}")
    if (folder / picture_sequence.FILE).is_file():
        return picture_sequence.read_sequence(folder)
    if (folder / nerf_transforms.FILE).is_file():
        return nerf_transforms.read_transforms(folder)
    if stamped_pictures.poses_file(folder) is not None:
        return stamped_pictures.read_stamped_pictures(folder)
    raise BagError(
        f"{folder} holds no pictures with poses: neither {picture_sequence.FILE} nor "
        f"{nerf_transforms.FILE} nor a TUM file ({', '.join(stamped_pictures.POSES)})"
    )


def is_picture_folder(path: Path) -> bool:
    """Tell whether a path is a folder of posed pictures, by the files that tell their poses."""
    names = (picture_sequence.FILE, nerf_transforms.FILE, *stamped_pictures.POSES)
    return path.is_dir() and any((path / name).is_file() for name in names)
