# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Views that are worth learning from, and why others are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import torch
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.exposure import check_exposure
from local_inn_ros.sensing.camera.faults import PictureError
from local_inn_ros.views.driven_poses import NearbyPose, poses_nearby
from local_inn_ros.views.fitted_field import FittedField
from local_inn_ros.views.marching import march, samples_along
from local_inn_ros.views.rays import Rays
from local_inn_ros.views.renderer import View, render

# So many poses are drawn for each view that is wanted, before it is given up.
_TRIES = 5
# A way from the driven pose is blocked that loses so much light.
_BLOCKED = 0.2
# Share of the pixels that may be nearer than the limit.
_NEAR_SHARE = 0.05


class ViewFault(str, Enum):
    """Why a view is dropped."""

    BLOCKED = "in or behind something solid"
    NEAR = "too near to something"
    TRANSPARENT = "too transparent"
    UNUSABLE = "too dark, over-exposed, or nothing to see"


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """Which views are drawn, and which are dropped.

    Attributes:
        within_m: of a driven position.
        turn_rad: of a driven rotation.
        nearest_m: a view is dropped where more than a twentieth of it is nearer.
        opaque_share: likewise where less of its light comes from what was learned.
    """

    within_m: float = 0.3
    turn_rad: float = np.deg2rad(10.0)
    nearest_m: float = 0.3
    opaque_share: float = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class GoodView:
    """A view that was kept.

    Attributes:
        map_from_camera: (4, 4) pose of the optical frame.
        pixels: (height, width, 3), exposed as the picture was that was taken nearby.
        depth_m: (height, width) along the optical axis, NaN where nothing is met.
    """

    map_from_camera: NDArray[np.float64]
    pixels: NDArray[np.uint8]
    depth_m: NDArray[np.float32]


@dataclass(slots=True)
class DroppedViews:
    """How many views were dropped, by the reason."""

    counts: Counter[ViewFault] = field(default_factory=Counter)

    def in_words(self) -> str:
        """Say it in a line."""
        told = [f"{count} {fault.value}" for fault, count in self.counts.most_common()]
        return ", ".join(told) or "none"


def good_views(
    fitted: FittedField,
    camera: CameraSpec,
    count: int,
    limits: ViewLimits,
    rng: np.random.Generator,
    dropped: DroppedViews,
) -> Iterator[GoodView]:
    """Render views round the driven poses until there are enough good ones.

    Args:
        fitted: the field.
        camera: that they are of.
        count: of good views.
        limits: which are good.
        rng: source of all chance.
        dropped: takes how many are not.

    Raises:
        SensorError: too few are good.
    """
    drawn = poses_nearby(fitted.driven, limits.within_m, limits.turn_rad, rng)
    kept = 0
    for _ in range(_TRIES * count):
        pose = next(drawn)
        found = _view(fitted, camera, pose, limits)
        if isinstance(found, ViewFault):
            dropped.counts[found] += 1
            continue
        yield found
        kept += 1
        if kept == count:
            return
    raise SensorError(
        f"of {_TRIES * count} views only {kept} are good (dropped: {dropped.in_words()}): train "
        "longer, or keep nearer to the driven poses"
    )


def _view(
    fitted: FittedField, camera: CameraSpec, pose: NearbyPose, limits: ViewLimits
) -> GoodView | ViewFault:
    if _is_blocked(fitted, pose):
        return ViewFault.BLOCKED
    view = render(fitted.field, camera, pose.map_from_camera)
    fault = _fault(view, limits)
    if fault is not None:
        return fault
    pixels = view.pixels(fitted.gains[pose.number], float(fitted.offsets[pose.number, 0]))
    try:
        check_exposure(pixels)
    except PictureError:
        return ViewFault.UNUSABLE
    return GoodView(pose.map_from_camera, pixels, view.depth_m)


def _fault(view: View, limits: ViewLimits) -> ViewFault | None:
    if float(view.opaque.mean()) < limits.opaque_share:
        return ViewFault.TRANSPARENT
    if float(np.mean(view.depth_m < limits.nearest_m)) > _NEAR_SHARE:
        return ViewFault.NEAR
    return None


@torch.no_grad()
def _is_blocked(fitted: FittedField, pose: NearbyPose) -> bool:
    """Tell whether anything solid lies between the driven pose and the one drawn."""
    field = fitted.field
    begin = fitted.driven[pose.number, :3, 3]
    way = pose.map_from_camera[:3, 3] - begin
    ends = torch.from_numpy(np.stack([begin, way]).astype(np.float32)).to(field.rows.device)
    ray = Rays(ends[:1], ends[1:])
    samples = samples_along(ray, field.grid, torch.ones(1, device=ends.device), None)
    return float(march(field, samples, 1).opaque[0]) > _BLOCKED
