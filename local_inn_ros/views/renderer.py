# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that a radiance field shows at a pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.views.field import RadianceField
from local_inn_ros.views.marching import march, samples_along
from local_inn_ros.views.rays import rays_of

_RAYS_AT_ONCE = 8_192
# A pixel has a depth where so much of its light comes from what is met.
_OPAQUE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a camera would see.

    Attributes:
        colours: (height, width, 3) in [0, 1] as the scene is, grey where nothing is met.
        depth_m: (height, width) along the optical axis, NaN where nothing is met.
        opaque: (height, width) share of the light that comes from what is met.
    """

    colours: NDArray[np.float32]
    depth_m: NDArray[np.float32]
    opaque: NDArray[np.float32]

    def pixels(self, gains: NDArray[np.floating], offset: float) -> NDArray[np.uint8]:
        """Return it as a picture (height, width, 3) taken with an exposure.

        Args:
            gains: (3,) of the colours.
            offset: of colours in [0, 1].
        """
        bright = 255.0 * (self.colours * gains + offset)
        return np.clip(np.round(bright), 0.0, 255.0).astype(np.uint8)


@torch.no_grad()
def render(field: RadianceField, camera: CameraSpec, map_from_camera: NDArray[np.float64]) -> View:
    """Render what a camera sees at a pose (4, 4) of its optical frame."""
    rays = rays_of(camera, map_from_camera)
    device = field.rows.device
    parts = []
    for begin in range(0, len(rays.ways), _RAYS_AT_ONCE):
        part = rays.at(slice(begin, begin + _RAYS_AT_ONCE)).to(device)
        samples = samples_along(part, field.grid, None, None)
        met = march(field, samples, len(part.ways))
        grey = 0.5 * (1.0 - met.opaque)[:, None]
        depth = torch.where(met.opaque > _OPAQUE, met.depths / met.opaque, torch.nan)
        told = torch.cat([met.colours + grey, depth[:, None], met.opaque[:, None]], dim=1)
        parts.append(told.cpu())
    whole = torch.cat(parts).reshape(camera.height, camera.width, 5).numpy()
    return View(whole[:, :, :3], whole[:, :, 3], whole[:, :, 4])
