# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs of the calibration benchmark: whole estimates, and what was said of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.accuracy_job import MOUNT, AccuracyJob
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.evaluation import truth_at
from local_inn_ros.evaluation.replay import Replay, replay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import open_model


@dataclass(frozen=True, slots=True, eq=False)
class Promises:
    """How far truths lie from what was told, in units of what was told of the error.

    Attributes:
        fused: (n,) squared Mahalanobis distances, of the filter.
        network: (n,) the same, of the network alone.
    """

    fused: NDArray[np.float64]
    network: NDArray[np.float64]

    @staticmethod
    def of(run: Replay, truth: Trajectory) -> Promises:
        """Compare a run with the truth, where that is known."""
        true = truth_at(run.stamps_s, truth)
        known = np.isfinite(true).all(axis=1)
        return Promises(
            metrics.squared_distances(run.fused[known], run.covariances[known], true[known]),
            metrics.squared_distances(
                run.network[known], run.network_covariances[known], true[known]
            ),
        )

    @staticmethod
    def joined(parts: list[Promises]) -> Promises:
        """Take several runs for one."""
        return Promises(
            np.concatenate([part.fused for part in parts]),
            np.concatenate([part.network for part in parts]),
        )


def run_calibration_job(job: AccuracyJob) -> Promises:
    """Drive, localize with network, refiner and filter, and compare.

    Raises:
        LocalInnError: the bundle cannot be used, its map has no lap, or no scan was answered.
    """
    bundle = Bundle.load(job.bundle)
    drive = job.drive(bundle)
    localizer = fix_producer_of(open_model(bundle), Mount.level(MOUNT), RunSettings())
    pipeline = LocalizationPipeline(localizer, PoseFilter(), mount=MOUNT)
    return Promises.of(replay(pipeline, drive.readings(), drive.truth), drive.truth)
