# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures whose poses are known, read from their files when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from local_inn_ros.errors import BagError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.text_files import lfs_pointer_note


@dataclass(frozen=True, slots=True)
class DepthFile:
    """A depth picture, of a camera at the same place that may have intrinsics of its own.

    Attributes:
        file: 16-bit picture; 0 is no depth.
        metres: that one step of its values is.
        fx: focal length along x, in pixels of a picture of ``width`` and ``height``.
        fy: along y.
        cx: where the optical axis meets that picture; the centre of its first pixel is 0.
        cy: likewise.
        width: that these numbers are for; the file's own may be another.
        height: likewise.
    """

    file: Path
    metres: float
    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def depth_m(self) -> NDArray[np.float32]:
        """Read the depths (h, w) along the optical axis in metres, NaN where there is none.

        Raises:
            BagError: the file cannot be read, or is no picture of depths.
        """
        values = _read(self.file)
        if values.ndim != 2:
            raise BagError(f"{self.file} is no depth picture: it has {values.shape[2]} channels")
        depths: NDArray[np.float32] = (values * self.metres).astype(np.float32)
        depths[values == 0] = np.nan
        return depths

    def depths_along(self, rays: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the depths (n,) in metres that are met along rays (n, 2), NaN where none is.

        A depth beside which others differ by more than a tenth is left out: at edges, and with a
        camera beside the picture's own, nobody knows which side is seen.

        Args:
            rays: x/z and y/z in the optical frame.

        Raises:
            BagError: see ``depth_m``.
        """
        depths = self.depth_m()
        rows, cols = depths.shape
        shrink = np.array([cols / self.width, rows / self.height])
        full = rays * [self.fx, self.fy] + [self.cx, self.cy]
        places = np.round((full + 0.5) * shrink - 0.5)
        inside = np.all((places >= 1) & (places < [cols - 1, rows - 1]), axis=1)
        x, y = places[inside].astype(np.intp).T
        near = np.stack([depths[y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
        middle = near[4].astype(np.float64)
        middle[~(np.ptp(near, axis=0) < 0.1 * near[4])] = np.nan
        found = np.full(len(rays), np.nan)
        found[inside] = middle
        return found


@dataclass(frozen=True, slots=True)
class PosedPicture:
    """One picture with the pose that it was taken at.

    Attributes:
        stamp_s: when it was taken.
        map_from_camera: pose of the camera's optical frame in the map frame.
        file: the picture.
        depth: its depths; None where there are none.
    """

    stamp_s: float
    map_from_camera: Pose3
    file: Path
    depth: DepthFile | None = None

    def picture(self, camera: CameraSpec) -> Picture:
        """Read the picture.

        Raises:
            BagError: it cannot be read, or is not of the camera's size.
        """
        pixels = _read(self.file, "L" if camera.colour == "mono" else "RGB")
        rows, cols = pixels.shape[:2]
        if (cols, rows) != (camera.width, camera.height):
            raise BagError(
                f"{self.file} is of {cols}x{rows} pixels, but its camera of {camera.width}x"
                f"{camera.height}: give the intrinsics of the pictures as they are"
            )
        return Picture(self.stamp_s, pixels)


@dataclass(frozen=True, slots=True, eq=False)
class PosedPictures:
    """Pictures of one camera with known poses.

    Attributes:
        camera: that all are of, without distortion.
        pictures: in the order of their stamps.
    """

    camera: CameraSpec
    pictures: tuple[PosedPicture, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.pictures)

    def __iter__(self) -> Iterator[PosedPicture]:
        """Go through them."""
        return iter(self.pictures)

    def at(self, indices: Iterable[int]) -> PosedPictures:
        """Return some of them."""
        return PosedPictures(self.camera, tuple(self.pictures[index] for index in indices))

    def held_out(self, length: int, every: int) -> tuple[PosedPictures, PosedPictures]:
        """Hold every so many-th block of successive pictures out, and return the rest and those.

        Args:
            length: pictures in a block.
            every: blocks, of which the last is held out.
        """
        held = (np.arange(len(self)) // length) % every == every - 1
        return self.at(np.flatnonzero(~held)), self.at(np.flatnonzero(held))

    def poses(self) -> NDArray[np.float64]:
        """Return the poses (n, 4, 4) of the optical frame in the map frame."""
        return np.array([one.map_from_camera.to_matrix() for one in self.pictures]).reshape(
            -1, 4, 4
        )

    @property
    def have_depth(self) -> bool:
        """Whether any of them has depths."""
        return any(one.depth is not None for one in self.pictures)


def _read(file: Path, mode: str | None = None) -> NDArray[np.uint8]:
    """Read the values of a picture, brought to one of Pillow's modes where one is named."""
    try:
        with Image.open(file) as image:
            return np.array(image if mode is None else image.convert(mode))
    except FileNotFoundError:
        raise BagError(f"there is no picture at {file}") from None
    except UnidentifiedImageError:
        note = lfs_pointer_note(file) or "is no picture of a known format"
        raise BagError(f"{file} {note}") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BagError(f"the picture {file} cannot be read: {error}") from error
