# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every way to estimate a robot's pose, on one and the same drive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from local_inn_ros.engines import Bundle, OnnxEngine
from local_inn_ros.evaluation.accuracy import EstimatorRun
from local_inn_ros.evaluation.dead_reckoning import DeadReckoning
from local_inn_ros.evaluation.field_tracker import FieldTracker
from local_inn_ros.evaluation.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.replay import BaselineLocalizer, replay, replay_baseline
from local_inn_ros.evaluation.simulated_drive import Drive
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.ekf import PoseFilter
from local_inn_ros.localization.from_bundle import build_localizer, build_refiner
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.refiner_choice import RefinerChoice

PARTICLES = 2000
# How often ``estimator_runs`` goes through the scans.
REPLAYS = 5


def estimator_runs(
    bundle: Bundle,
    drive: Drive,
    mount: Pose2,
    seed: int,
    rng: np.random.Generator,
    on_scan: Callable[[], None] = lambda: None,
) -> dict[str, EstimatorRun]:
    """Run every estimator on a drive, from the true pose at its first scan.

    Args:
        bundle: the trained model.
        drive: what the robot measured on the bundle's map, and where it was.
        mount: pose of the laser in the base frame.
        seed: what the drive was drawn with, for the record.
        rng: the particles' chance.
        on_scan: called after each scan of each replay, to show progress.

    Returns:
        The answers, by name: ``inn``, the network alone, with priors from the filter of ``fused``;
        ``inn+field``, the same aligned with the map, which is what that filter is given;
        ``fused``, network, refiner and filter; ``fused_no_refiner``, another run without the
        refiner; ``field_tracker``, without the network; ``mcl_2000``, Monte-Carlo localization;
        ``odometry``, the first pose carried on.

    Raises:
        BagError: an estimator could not answer one scan.
        BundleError: the bundle's networks cannot be run.
    """
    engine = OnnxEngine(bundle)
    refined, plain = (
        replay(
            LocalizationPipeline(build_localizer(bundle, engine, mount, choice), PoseFilter()),
            drive.readings(),
            drive.truth,
            on_scan,
        )
        for choice in (RefinerChoice.FIELD, RefinerChoice.NONE)
    )
    truth = drive.truth.at(refined.stamps_s)
    runs = {
        "inn": EstimatorRun(seed, refined.stamps_s, refined.network, truth),
        "inn+field": EstimatorRun(seed, refined.stamps_s, refined.measured, truth),
    }
    for name, run in (("fused", refined), ("fused_no_refiner", plain)):
        truth = drive.truth.at(run.stamps_s)
        runs[name] = EstimatorRun(seed, run.stamps_s, run.fused, truth, run.covariances)
    for name, localizer in _baselines(bundle, mount, rng).items():
        answers = replay_baseline(localizer, drive.readings(), drive.truth, on_scan)
        truth = drive.truth.at(answers.stamps_s)
        runs[name] = EstimatorRun(seed, answers.stamps_s, answers.poses, truth, answers.covariances)
    return runs


def _baselines(
    bundle: Bundle, mount: Pose2, rng: np.random.Generator
) -> dict[str, BaselineLocalizer]:
    settings = MonteCarloSettings(particles=PARTICLES)
    range_max_m = bundle.description.sensor.range_max_m
    return {
        "field_tracker": FieldTracker(build_refiner(bundle), range_max_m, mount),
        f"mcl_{PARTICLES}": MonteCarloLocalizer(bundle.grid, mount, settings, rng),
        "odometry": DeadReckoning(),
    }
