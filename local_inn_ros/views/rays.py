# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rays of a camera's pixels, and the pictures that they are of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Rays in the map frame.

    Attributes:
        origins: (n, 3) where cameras are, in metres.
        ways: (n, 3) to the plane one metre ahead of the camera: a distance along a ray in units of
            its way is a depth.
    """

    origins: Tensor
    ways: Tensor

    def to(self, device: torch.device) -> Rays:
        """Return the same on another device."""
        return Rays(self.origins.to(device), self.ways.to(device))

    def at(self, some: Tensor | slice) -> Rays:
        """Return some of them."""
        return Rays(self.origins[some], self.ways[some])


def pixel_rays(camera: CameraSpec) -> NDArray[np.float64]:
    """Return x/z and y/z (pixels, 2) of all pixels in the optical frame, row by row."""
    rows, cols = np.mgrid[: camera.height, : camera.width]
    across, down = (cols.ravel() - camera.cx) / camera.fx, (rows.ravel() - camera.cy) / camera.fy
    return np.stack([across, down], axis=1)


def rays_of(camera: CameraSpec, map_from_camera: NDArray[np.float64]) -> Rays:
    """Return the rays of all pixels of a camera at a pose (4, 4), row by row."""
    ahead = np.c_[pixel_rays(camera), np.ones(camera.width * camera.height)]
    ways = torch.from_numpy((ahead @ map_from_camera[:3, :3].T).astype(np.float32))
    origin = torch.from_numpy(map_from_camera[:3, 3].astype(np.float32))
    return Rays(origin.expand_as(ways), ways)


def shrunk(camera: CameraSpec, width: int) -> CameraSpec:
    """Return a camera of fewer pixels that sees the same; one that is small enough as it is."""
    if width >= camera.width:
        return camera
    height = max(16, round(camera.height * width / camera.width))
    x, y = width / camera.width, height / camera.height
    return camera.model_copy(
        update={
            "width": width,
            "height": height,
            "fx": x * camera.fx,
            "fy": y * camera.fy,
            "cx": x * (camera.cx + 0.5) - 0.5,
            "cy": y * (camera.cy + 0.5) - 0.5,
        }
    )


def shrunk_pixels(one: PosedPicture, camera: CameraSpec, small: CameraSpec) -> NDArray[np.uint8]:
    """Read a picture as a camera of fewer pixels has it (height, width, 3), by areas.

    Raises:
        BagError: it cannot be read.
    """
    pixels = one.picture(camera).pixels
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if small == camera:
        return pixels
    size = (small.width, small.height)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


@dataclass(frozen=True, slots=True, eq=False)
class RayBatch:
    """Rays with what pictures have there.

    Attributes:
        rays: of pixels drawn from all pictures.
        pictures: (n,) number of the picture that each is of.
        colours: (n, 3) in [0, 1].
        depths: (n,) in metres, NaN where none is known.
    """

    rays: Rays
    pictures: Tensor
    colours: Tensor
    depths: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class PictureRays:
    """The pixels of all pictures, to draw from.

    Attributes:
        camera: that the pictures are shrunk to.
        poses: (k, 4, 4) float64 of the optical frame in the map frame.
        colours: (k, pixels, 3) uint8.
        depths: (k, pixels) float32, NaN where none is known; None where no picture has depth.
    """

    camera: CameraSpec
    poses: NDArray[np.float64]
    colours: Tensor
    depths: Tensor | None

    @staticmethod
    def read(posed: PosedPictures, width: int) -> PictureRays:
        """Read pictures, shrunk to so many columns.

        Raises:
            BagError: one cannot be read.
        """
        small = shrunk(posed.camera, width)
        told = pixel_rays(small)
        colours = [shrunk_pixels(one, posed.camera, small).reshape(-1, 3) for one in posed]
        depths = None
        if posed.have_depth:
            none = np.full(len(told), np.nan)
            found = [none if one.depth is None else one.depth.depths_along(told) for one in posed]
            depths = torch.from_numpy(np.array(found, dtype=np.float32))
        return PictureRays(small, posed.poses(), torch.from_numpy(np.array(colours)), depths)

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.colours)

    def draw(self, count: int, chance: torch.Generator, device: torch.device) -> RayBatch:
        """Draw rays of all pictures."""
        pixels = self.colours.shape[1]
        drawn = torch.randint(len(self) * pixels, (count,), generator=chance)
        picture, pixel = drawn // pixels, drawn % pixels
        camera, poses = self.camera, torch.from_numpy(self.poses.astype(np.float32))[picture]
        x = (pixel % camera.width - camera.cx) / camera.fx
        y = (pixel // camera.width - camera.cy) / camera.fy
        ahead = torch.stack([x, y, torch.ones_like(x)], dim=1).float()
        ways = (poses[:, :3, :3] @ ahead[:, :, None])[:, :, 0]
        colours = self.colours[picture, pixel].float() / 255.0
        depths = torch.full((count,), torch.nan)
        if self.depths is not None:
            depths = self.depths[picture, pixel]
        rays = Rays(poses[:, :3, 3].to(device), ways.to(device))
        return RayBatch(rays, picture.to(device), colours.to(device), depths.to(device))
