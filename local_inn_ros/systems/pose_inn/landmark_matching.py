# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of a picture's keypoints are which landmarks: near where a pose says they are, or anywhere.

A landmark is looked for only where it would be seen, from ways and distances that it is known from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sightings import Sightings, rays_of
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import STRIDE, patches_of
from local_inn_ros.systems.pose_inn.landmarks import Keypoints, Landmarks, from_steps

NEAREST_M = 0.1
# Cosine of the angle that a landmark may be seen from, against where it was seen from.
LEAST_FACING = 0.5
LARGEST_ZOOM = 2.0
# Cosine of two descriptors that may be one landmark: near where it should be, and anywhere (there
# as XFeat's own matcher has it).
_LEAST_LIKE_NEAR, _LEAST_LIKE = 0.75, 0.82
# Keypoints that are compared with all landmarks: each costs as much as what is near does in all.
_SUREST = 400


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkMatcher:
    """Landmarks, ready to be looked for.

    Attributes:
        camera: of the pictures.
        points: (n, 3) in the map frame.
        descriptors: (n, 64) of about unit length.
        ways: (n, 3) from the points to where they were seen from.
        distances: (n,) in metres that they were seen from.
        deviations: (n,) of their rays.
    """

    camera: CameraSpec
    points: NDArray[np.float64]
    descriptors: NDArray[np.float32]
    ways: NDArray[np.float64]
    distances: NDArray[np.float64]
    deviations: NDArray[np.float64]

    @staticmethod
    def of(landmarks: Landmarks, camera: CameraSpec) -> LandmarkMatcher:
        """Make ready to look for landmarks."""
        return LandmarkMatcher(
            camera,
            landmarks.points.astype(np.float64),
            from_steps(landmarks.descriptors),
            landmarks.ways.astype(np.float64),
            landmarks.distances.astype(np.float64),
            landmarks.deviations.astype(np.float64) / (0.5 * (camera.fx + camera.fy)),
        )

    def unseen_from(self, pose: Pose3) -> LandmarkMatcher:
        """Return those alone that a pose of the camera does not have before it."""
        rays = pose.inverse().transform_points(self.points)
        depths = np.maximum(rays[:, 2], NEAREST_M)
        across = self.camera.fx * rays[:, 0] / depths + self.camera.cx
        down = self.camera.fy * rays[:, 1] / depths + self.camera.cy
        inside = (across >= 0.0) & (across < self.camera.width)
        inside &= (down >= 0.0) & (down < self.camera.height)
        kept = ~(inside & (rays[:, 2] > NEAREST_M))
        return LandmarkMatcher(
            self.camera,
            self.points[kept],
            self.descriptors[kept],
            self.ways[kept],
            self.distances[kept],
            self.deviations[kept],
        )

    def near(self, keypoints: Keypoints, pose: Pose3, radius_px: float) -> Sightings:
        """Match what would be seen from a pose with the keypoints about there.

        Args:
            keypoints: of the picture.
            pose: of the camera in the map frame.
            radius_px: how far from its place a landmark is looked for.
        """
        rows, cols = patches_of(self.camera)
        grid = np.full((rows, cols), -1, np.int32)
        across, down = (keypoints.pixels // STRIDE).astype(np.intp).T
        grid[down, across] = np.arange(len(keypoints))
        camera = self.camera
        lens = np.array([camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height])
        mine, theirs = _near(
            self.points, self.descriptors, self.ways, self.distances, pose.rotation,
            pose.translation, lens, grid, keypoints.pixels, keypoints.descriptors, radius_px,
        )  # fmt: skip
        return self._sightings(keypoints, mine, theirs)

    def anywhere(self, keypoints: Keypoints) -> Sightings:
        """Match the surest keypoints with all landmarks, wherever they are."""
        keypoints = keypoints.first(_SUREST)
        if len(keypoints) == 0 or len(self.points) == 0:
            return self._sightings(keypoints, np.zeros(0, np.intp), np.zeros(0, np.intp))
        like = keypoints.descriptors @ self.descriptors.T
        mine, theirs = mutual(like, _LEAST_LIKE)
        return self._sightings(keypoints, mine, theirs)

    def _sightings(
        self, keypoints: Keypoints, mine: NDArray[np.intp], theirs: NDArray[np.intp]
    ) -> Sightings:
        rays = rays_of(keypoints.pixels[mine], self.camera)
        return Sightings(self.points[theirs], rays, self.deviations[theirs])


def mutual(like: NDArray[np.float32], least: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs (row, column) that are each other's most alike, and alike enough."""
    best, back = like.argmax(axis=1), like.argmax(axis=0)
    rows = np.arange(len(like))
    kept = (back[best] == rows) & (like[rows, best] > least)
    return rows[kept], best[kept]


@numba.njit(cache=True, fastmath=True)
def _near(  # type: ignore[no-untyped-def]
    points, descriptors, ways, distances, rotation, place, lens, grid, pixels, own, radius
):
    """Return the numbers of keypoints and of landmarks that are each other's most alike."""
    rows, cols = grid.shape
    best = np.full(len(points), -1, np.int64)
    alike = np.full(len(pixels), _LEAST_LIKE_NEAR, np.float32)
    back = np.full(len(pixels), -1, np.int64)
    for number in range(len(points)):
        dx = points[number, 0] - place[0]
        dy = points[number, 1] - place[1]
        dz = points[number, 2] - place[2]
        z = rotation[0, 2] * dx + rotation[1, 2] * dy + rotation[2, 2] * dz
        if z < NEAREST_M:
            continue
        u = lens[0] * (rotation[0, 0] * dx + rotation[1, 0] * dy + rotation[2, 0] * dz) / z
        v = lens[1] * (rotation[0, 1] * dx + rotation[1, 1] * dy + rotation[2, 1] * dz) / z
        u += lens[2]
        v += lens[3]
        if u < -radius or v < -radius or u > lens[4] + radius or v > lens[5] + radius:
            continue
        distance = np.sqrt(dx * dx + dy * dy + dz * dz)
        facing = -(dx * ways[number, 0] + dy * ways[number, 1] + dz * ways[number, 2])
        zoom = distance / distances[number]
        if facing < LEAST_FACING * distance or zoom > LARGEST_ZOOM or zoom * LARGEST_ZOOM < 1.0:
            continue
        most = np.float32(_LEAST_LIKE_NEAR)
        for row in range(
            max(int((v - radius) // STRIDE), 0), min(int((v + radius) // STRIDE) + 1, rows)
        ):
            for col in range(
                max(int((u - radius) // STRIDE), 0), min(int((u + radius) // STRIDE) + 1, cols)
            ):
                key = grid[row, col]
                if key < 0:
                    continue
                if (pixels[key, 0] - u) ** 2 + (pixels[key, 1] - v) ** 2 > radius * radius:
                    continue
                like = np.float32(0.0)
                for part in range(descriptors.shape[1]):
                    like += descriptors[number, part] * own[key, part]
                if like > most:
                    most = like
                    best[number] = key
                if like > alike[key]:
                    alike[key] = like
                    back[key] = number
    mine = np.array(
        [key for key in range(len(back)) if back[key] >= 0 and best[back[key]] == key], np.int64
    )
    return mine, back[mine]
