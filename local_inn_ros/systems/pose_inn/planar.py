# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera on a robot that drives on a floor: from the base in the plane to the camera and back.

The base stands on the plane z = 0 of the map frame, level; height, roll and pitch of the camera are
its mount's, give or take what springs, sills and a tape measure make of them.

What a picture says of the camera's six numbers is *conditioned* on that, not marginalized over it.
The two errors that a single camera makes together, a turn up or down and a step ahead or back, come
apart where the mount is known: the covariance of the base is the smaller one that is left, and the
mean moves by what the height and the lean were off. The tolerances keep a mount that was measured
roughly from moving it much. Where the posterior is right, so is what is left of it
(Barfoot, State Estimation for Robotics, 2017, section 2.2.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.spatial_evidence import fused_in_space

# Standard deviations of the base's height and lean on a floor.
_HEIGHT_M, _LEAN_RAD = 0.03, math.radians(1.0)
# What is not known at all: so wide that nothing is told by it.
_UNKNOWN = 1e3
# A covariance of few draws may be certain in some direction: it is not by more than that.
_LEAST_DEVIATION = 1e-4
# A pose so far off the floor, or leaning so much, is of no robot that stands on it: what counts as
# a wrong pose wherever quality is measured.
_MOST_HEIGHT_M, _MOST_LEAN_RAD = 0.5, math.radians(15.0)


@dataclass(frozen=True, slots=True, eq=False)
class PlanarBase:
    """What a pose of the camera says of the base.

    Attributes:
        pose: in the plane, conditioned on the floor.
        stands: whether the camera's own height and lean are those of a robot on the floor.
    """

    pose: GaussianPose2
    stands: bool


def camera_prior(base: GaussianPose2, mount: Pose3) -> GaussianPose3:
    """Return the camera's optical frame in the map frame as believed, from the base in the plane.

    Args:
        base: in the map frame.
        mount: the optical frame in the base frame.
    """
    on_floor = GaussianPose3.from_planar(
        base, 0.0, z_m=_HEIGHT_M, roll_rad=_LEAN_RAD, pitch_rad=_LEAN_RAD
    )
    return _uncertain(on_floor.of_mounted(mount))


def base_in_plane(camera: GaussianPose3, mount: Pose3) -> PlanarBase:
    """Return what a pose of the camera's optical frame in the map frame says of the base.

    Args:
        camera: in the map frame.
        mount: the optical frame in the base frame.
    """
    base = _uncertain(camera.of_mounted(mount.inverse()))
    above = base.mean.to_pose2()
    level = GaussianPose3.from_planar(
        GaussianPose2.from_deviations(above, _UNKNOWN, _UNKNOWN, _UNKNOWN),
        0.0,
        z_m=_HEIGHT_M,
        roll_rad=_LEAN_RAD,
        pitch_rad=_LEAN_RAD,
    )
    lean_rad = math.acos(min(1.0, max(-1.0, float(base.mean.rotation[2, 2]))))
    stands = abs(float(base.mean.translation[2])) < _MOST_HEIGHT_M and lean_rad < _MOST_LEAN_RAD
    if not stands:
        # Far from the floor nothing is gained by linearizing about it.
        return PlanarBase(GaussianPose2.from_deviations(above, 10.0, 10.0, math.pi), False)
    return PlanarBase(fused_in_space(level, base).to_planar(), True)


def camera_at(base: Pose2, mount: Pose3) -> Pose3:
    """Return the camera's optical frame in the map frame, with the base on the floor at a pose."""
    return Pose3.from_pose2(base) @ mount


def bases_seen_from_above(cameras: NDArray[np.float64], mount: Pose3) -> NDArray[np.float64]:
    """Return x, y and yaw (n, 3) of the base for poses (n, 4, 4) of the camera, as they are."""
    bases = cameras @ mount.inverse().to_matrix()
    yaws = np.arctan2(bases[:, 1, 0], bases[:, 0, 0])
    seen: NDArray[np.float64] = np.column_stack([bases[:, :2, 3], yaws])
    return seen


def spread_over(places: list[tuple[GaussianPose2, float]]) -> GaussianPose2:
    """Return the first of several places with a covariance that reaches the others.

    Args:
        places: each with its weight; the weights sum to 1.
    """
    first = places[0][0]
    covariance = np.zeros((3, 3))
    for pose, weight in places:
        off = pose.mean.to_array() - first.mean.to_array()
        off[2] = math.remainder(off[2], 2.0 * math.pi)
        covariance += weight * (pose.covariance + np.outer(off, off))
    return GaussianPose2(first.mean, covariance)


def _uncertain(pose: GaussianPose3) -> GaussianPose3:
    least = _LEAST_DEVIATION**2 * np.eye(6)
    return GaussianPose3(pose.mean, pose.covariance + least)
