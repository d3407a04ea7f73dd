# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded drive localized by its camera and its odometry, set beside the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.evaluation.metrics import (
    Calibration,
    Lost,
    PoseErrors,
    calibration,
    lost,
    pose_errors,
    squared_distances,
)
from local_inn_ros.evaluation.replay import starting_pose
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.protocols import FixProducer
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry
from local_inn_ros.sensing.camera.picture import Picture


@dataclass(frozen=True, slots=True, eq=False)
class CameraDrive:
    """What the filter said of a base that it knows by a camera and odometry alone.

    Attributes:
        stamps_s: (n,) of the pictures.
        fused: (n, 3) poses of the filter after each.
        covariances: (n, 3, 3) of ``fused``.
        fixes: (n, 3) poses that the pictures gave it.
        quality: (n,) of these.
        accepted: (n,) whether the filter took them.
        truth: (n, 3) where the base was.
        seconds: (n,) that each picture took.
        unanswered: pictures that gave nothing.
    """

    stamps_s: NDArray[np.float64]
    fused: NDArray[np.float64]
    covariances: NDArray[np.float64]
    fixes: NDArray[np.float64]
    quality: NDArray[np.float64]
    accepted: NDArray[np.bool_]
    truth: NDArray[np.float64]
    seconds: NDArray[np.float64]
    unanswered: int

    def errors(self) -> PoseErrors:
        """Return how far off the filter is."""
        return pose_errors(self.fused, self.truth)

    def fix_errors(self) -> PoseErrors:
        """Return how far off the fixes are, whether the filter took them or not."""
        return pose_errors(self.fixes, self.truth)

    def calibration(self) -> Calibration:
        """Return whether the filter's covariances tell the truth."""
        return calibration(self.fused, self.covariances, self.truth)

    def squared_lengths(self) -> NDArray[np.float64]:
        """Return the squared Mahalanobis lengths (n,) of its errors."""
        return squared_distances(self.fused, self.covariances, self.truth)

    def lost(self) -> Lost:
        """Return how often and how long the filter was lost."""
        return lost(self.stamps_s, self.fused, self.truth)


def drive_by_camera(
    producer: FixProducer[Picture],
    pictures: Iterable[Picture],
    odometry: Sequence[Odometry],
    truth: Trajectory,
    pose_filter: PoseFilter,
) -> CameraDrive:
    """Localize a recorded drive by its pictures, from its first true pose on.

    Args:
        producer: makes fixes of the base.
        pictures: by their stamps.
        odometry: by their stamps.
        truth: of the base in the map frame; only its first pose is told, roughly.
        pose_filter: fuses the fixes with the odometry.
    """
    pipeline = LocalizationPipeline(producer, pose_filter)
    results, seconds = [], []
    place, reached_s, unanswered, started = 0, -math.inf, 0, False
    for picture in pictures:
        while place < len(odometry) and reached_s < picture.stamp_s:
            reached_s = odometry[place].stamp_s
            pipeline.add_odometry(odometry[place])
            place += 1
        if not started:
            start = starting_pose(picture, truth)
            if start is None:
                continue
            pipeline.set_initial_pose(start, picture.stamp_s)
            started = True
        began = time.perf_counter()
        try:
            result = pipeline.add_scan(picture)
        except SensorError:
            result = None
        if result is None:
            unanswered += 1
            continue
        results.append(result)
        seconds.append(time.perf_counter() - began)
    stamps_s = np.array([one.stamp_s for one in results])
    return CameraDrive(
        stamps_s=stamps_s,
        fused=np.array([one.fused.mean.to_array() for one in results]),
        covariances=np.array([one.fused.covariance for one in results]),
        fixes=np.array([one.fix.measurement.mean.to_array() for one in results]),
        quality=np.array([one.fix.quality for one in results]),
        accepted=np.array([one.fusion.accepted for one in results]),
        truth=truth.at(stamps_s),
        seconds=np.array(seconds),
        unanswered=unanswered,
    )
