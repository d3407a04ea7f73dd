# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keypoints, followed from picture to picture at known poses.

A landmark begins with a keypoint whose depth is known, and is looked for in the pictures that
follow where it should be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sightings import rays_of
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import FEATURES
from local_inn_ros.systems.pose_inn.landmark_matching import (
    LARGEST_ZOOM,
    LEAST_FACING,
    NEAREST_M,
    mutual,
)
from local_inn_ros.systems.pose_inn.landmarks import Keypoints, unit

# What is further from where it should be, in pixels, or less alike, is no sight of a landmark.
NEAR_PX = 5.0
_LEAST_LIKE = 0.82
_FARTHEST_M = 40.0
# What a keypoint's depth may differ from a landmark's by, as a share.
_OTHER_DEPTH = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One posed picture's keypoints.

    Attributes:
        pose: of the camera in the map frame.
        keypoints: of the picture.
        depths: (n,) of the keypoints in metres, NaN where they are not known.
    """

    pose: Pose3
    keypoints: Keypoints
    depths: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Landmarks and all sights of them.

    Attributes:
        points: (n, 3) of the landmarks in the map frame, roughly.
        landmarks: (s,) number of the landmark that is seen.
        pictures: (s,) number of the picture that sees it.
        rays: (s, 2) x/z and y/z of where.
        depths: (s,) metres, NaN where unknown.
        descriptors: (s, 64) of unit length.
    """

    points: NDArray[np.float64]
    landmarks: NDArray[np.intp]
    pictures: NDArray[np.intp]
    rays: NDArray[np.float64]
    depths: NDArray[np.float64]
    descriptors: NDArray[np.float16]

    def without(self, pictures: NDArray[np.intp]) -> Tracks:
        """Return what remains where some pictures were not taken."""
        kept = ~np.isin(self.pictures, pictures)
        return Tracks(
            self.points,
            self.landmarks[kept],
            self.pictures[kept],
            self.rays[kept],
            self.depths[kept],
            self.descriptors[kept],
        )


def followed(observed: Sequence[Observed], camera: CameraSpec) -> Tracks:
    """Follow keypoints through posed pictures.

    Args:
        observed: the pictures, in their order.
        camera: of the pictures.
    """
    known = _Known.nothing()
    parts = []
    for number, one in enumerate(observed):
        mine, theirs = known.shown_by(one, camera)
        new = _beginnings(one, mine)
        numbers = np.arange(len(known.points), len(known.points) + len(new))
        known.see(theirs, one.keypoints.descriptors[mine])
        rays = rays_of(one.keypoints.pixels, camera)
        known.begin(one, rays[new], new)
        both = np.concatenate([mine, new])
        parts.append(
            Tracks(
                np.zeros((0, 3)),
                np.concatenate([theirs, numbers]),
                np.full(len(both), number),
                rays[both],
                one.depths[both],
                one.keypoints.descriptors[both].astype(np.float16),
            )
        )
    return _joined(parts, known.points)


def _beginnings(one: Observed, known: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the numbers of keypoints with depths that are of no landmark yet."""
    begins = np.isfinite(one.depths) & (one.depths > NEAREST_M) & (one.depths < _FARTHEST_M)
    begins[known] = False
    return np.flatnonzero(begins)


def _joined(parts: Iterable[Tracks], points: NDArray[np.float64]) -> Tracks:
    kept = list(parts)
    return Tracks(
        points,
        np.concatenate([one.landmarks for one in kept]),
        np.concatenate([one.pictures for one in kept]),
        np.concatenate([one.rays for one in kept]),
        np.concatenate([one.depths for one in kept]),
        np.concatenate([one.descriptors for one in kept]),
    )


@dataclass(slots=True, eq=False)
class _Known:
    """Landmarks while pictures are gone through: places, what they look like, seen from where."""

    points: NDArray[np.float64]
    sums: NDArray[np.float32]
    ways: NDArray[np.float64]
    distances: NDArray[np.float64]

    @staticmethod
    def nothing() -> _Known:
        return _Known(
            np.zeros((0, 3)), np.zeros((0, FEATURES), np.float32), np.zeros((0, 3)), np.zeros(0)
        )

    def see(self, numbers: NDArray[np.intp], descriptors: NDArray[np.float32]) -> None:
        self.sums[numbers] += descriptors

    def begin(self, one: Observed, rays: NDArray[np.float64], numbers: NDArray[np.intp]) -> None:
        ahead = np.c_[rays, np.ones(len(rays))] * one.depths[numbers, None]
        places = one.pose.transform_points(ahead)
        back = one.pose.translation - places
        distances = np.linalg.norm(back, axis=1)
        self.points = np.concatenate([self.points, places])
        self.sums = np.concatenate([self.sums, one.keypoints.descriptors[numbers]])
        self.ways = np.concatenate([self.ways, back / distances[:, None]])
        self.distances = np.concatenate([self.distances, distances])

    def shown_by(
        self, one: Observed, camera: CameraSpec
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which keypoints of a picture are which landmarks."""
        seen = (self.points - one.pose.translation) @ one.pose.rotation
        depth = np.maximum(seen[:, 2], 1e-6)
        pixels = seen[:, :2] / depth[:, None] * [camera.fx, camera.fy] + [camera.cx, camera.cy]
        back = one.pose.translation - self.points
        distances = np.maximum(np.linalg.norm(back, axis=1), 1e-6)
        facing = np.einsum("ij,ij->i", back, self.ways) / distances
        zoom = np.abs(np.log(distances / self.distances))
        inside = np.all((pixels > -0.5) & (pixels < [camera.width, camera.height]), axis=1)
        inside &= (seen[:, 2] > NEAREST_M) & (facing > LEAST_FACING) & (zoom < np.log(LARGEST_ZOOM))
        visible = np.flatnonzero(inside)
        if len(visible) == 0 or len(one.keypoints) == 0:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        like = one.keypoints.descriptors @ unit(self.sums[visible]).T
        off = one.keypoints.pixels[:, None].astype(np.float32) - pixels[visible].astype(np.float32)
        far = np.einsum("ijk,ijk->ij", off, off) > NEAR_PX**2
        known = np.isfinite(one.depths)
        shares = np.where(known, one.depths, 0.0)[:, None] / depth[visible]
        far |= (np.abs(shares - 1.0) > _OTHER_DEPTH) & known[:, None]
        like[far] = -1.0
        mine, theirs = mutual(like, _LEAST_LIKE)
        return mine, visible[theirs]
