# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses that explain what a picture shows, where nothing is believed: RANSAC on triples of points.

P3P and RANSAC are those of PoseLib (Larsson, PoseLib - Minimal Solvers for Camera Pose Estimation).
"""

from __future__ import annotations

import numpy as np

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sightings import Sightings

# As if the camera had this focal length, in pixels: the library takes pixels.
_FOCAL_PX = 300.0
FEWEST = 6
"""Points that any hypothesis must explain."""

_CLOSE_PX = 10.0
_MOST_TRIES = 1_000
_FEWEST_TRIES = 100
_SURE = 0.999


def hypotheses_of(sightings: Sightings, count: int = 3, fewest: int = FEWEST) -> tuple[Pose3, ...]:
    """Return poses of the camera in the map frame, that which explains the most first.

    Each of them explains points that none before it does.

    Args:
        sightings: what the picture shows.
        count: poses at most.
        fewest: points that each of them must explain.

    Raises:
        LocalInnError: PoseLib is not installed.
    """
    try:
        import poselib
    except ImportError as error:
        raise LocalInnError(
            "to locate a camera of which nothing is believed needs PoseLib: install it with "
            "`pip install 'local_inn_ros[camera]'`"
        ) from error
    camera = {
        "model": "SIMPLE_PINHOLE",
        "width": 1,
        "height": 1,
        "params": [_FOCAL_PX, 0.0, 0.0],
    }
    sampling = {
        "max_reproj_error": _CLOSE_PX,
        "max_iterations": _MOST_TRIES,
        "min_iterations": _FEWEST_TRIES,
        "success_prob": _SURE,
    }
    rays, points = sightings.rays * _FOCAL_PX, sightings.points
    found: list[Pose3] = []
    while len(found) < count and len(points) >= fewest:
        pose, told = poselib.estimate_absolute_pose(rays, points, camera, sampling, {})
        explained = np.array(told["inliers"], dtype=bool)
        if explained.sum() < fewest:
            break
        found.append(Pose3(np.array(pose.R), np.array(pose.t)).inverse())
        rays, points = rays[~explained], points[~explained]
    return tuple(found)
