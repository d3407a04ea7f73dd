# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every way to estimate a robot's pose, on one and the same drive."""

from __future__ import annotations

import time

import numpy as np

from local_inn_ros.benchmarking.accuracy import EstimatorRun
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.evaluation.baselines.dead_reckoning import DeadReckoning
from local_inn_ros.evaluation.baselines.field_tracker import FieldTracker
from local_inn_ros.evaluation.baselines.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.replay import BaselineLocalizer, Replay, replay, replay_baseline
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.protocols import FixProducer
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import Model, RunSettings, fix_producer_of
from local_inn_ros.systems.registry import open_model

PARTICLE_COUNTS = (500, 2000, 4000)
# The prior of ``inn_wide``: as in Local_INN (Zang et al., arXiv 2209.11925).
_WIDE_PRIOR = (0.2, 0.2, np.radians(15.0))
_WIDEST_DEVIATIONS = 4.0


def estimator_runs(
    bundle: Bundle, drive: Drive, mount: Pose2, seed: int, rng: np.random.Generator
) -> dict[str, EstimatorRun]:
    """Run every estimator on a drive, from the true pose at its first scan.

    Args:
        bundle: the trained model.
        drive: what the robot measured on the bundle's map, and where it was.
        mount: pose of the laser in the base frame.
        seed: what the drive was drawn with, for the record.
        rng: chance of the particles and of the wide priors.

    Returns:
        The answers, by name: ``inn``, the network alone, with priors from the filter of ``fused``;
        ``inn_wide``, the network alone, with priors far off and no filter;
        ``inn+forward``, the network's answer aligned with its own forward pass, in another run
        whose filter is given that; ``inn+field``, the network's answer aligned with the map, which
        is what the filter of ``fused`` is given; ``fused``, network, refiner and filter;
        ``fused_no_refiner``, one more run, without the refiner; ``field_tracker``, without the
        network; ``mcl_...``, Monte-Carlo localization with so many particles; ``odometry``, the
        first pose carried on.

    Raises:
        BagError: an estimator could not answer one scan.
        BundleError: the bundle's networks cannot be run.
        EngineError: no engine can be had.
    """
    model = open_model(bundle)
    wide_rng, *particle_rngs = rng.spawn(1 + len(PARTICLE_COUNTS))
    refined, redrawn, plain = (
        _replayed(fix_producer_of(model, Mount.level(mount), RunSettings(refiner)), drive, mount)
        for refiner in (RefinerChoice.FIELD, RefinerChoice.FORWARD, RefinerChoice.NONE)
    )
    truth = drive.truth.at(refined.stamps_s)
    runs = {
        "inn": EstimatorRun(seed, refined.stamps_s, refined.network, truth),
        "inn_wide": wide_prior_run(model, drive, mount, seed, wide_rng),
        "inn+forward": EstimatorRun(
            seed,
            redrawn.stamps_s,
            redrawn.measured,
            drive.truth.at(redrawn.stamps_s),
            seconds=redrawn.seconds,
        ),
        "inn+field": EstimatorRun(seed, refined.stamps_s, refined.measured, truth),
    }
    for name, run in (("fused", refined), ("fused_no_refiner", plain)):
        truth = drive.truth.at(run.stamps_s)
        runs[name] = EstimatorRun(
            seed, run.stamps_s, run.fused, truth, run.covariances, run.seconds
        )
    for name, localizer in _baselines(bundle, mount, particle_rngs).items():
        answers = replay_baseline(localizer, drive.steady_readings(), drive.truth)
        truth = drive.truth.at(answers.stamps_s)
        runs[name] = EstimatorRun(
            seed, answers.stamps_s, answers.poses, truth, answers.covariances, answers.seconds
        )
    return runs


def wide_prior_run(
    model: Model, drive: Drive, mount: Pose2, seed: int, rng: np.random.Generator
) -> EstimatorRun:
    """Let the network locate each scan by itself, from a prior far off the truth.

    The priors are off by 0.2 m, 0.2 m and 15 degrees (standard deviations of a normal law that is
    clipped at 4 of them), drawn for each scan anew: no answer helps the next. Two inverse passes,
    no alignment with the map, no filter.

    Args:
        model: the trained model, on an engine.
        drive: what the robot measured, and where it was.
        mount: pose of the laser in the base frame.
        seed: what the drive was drawn with, for the record.
        rng: draws the priors.
    """
    localizer = fix_producer_of(model, Mount.level(mount), RunSettings(RefinerChoice.NONE))
    stamps = np.array([scan.stamp_s for scan in drive.scans])
    truth = drive.truth.at(stamps)
    draws = np.clip(rng.standard_normal(truth.shape), -_WIDEST_DEVIATIONS, _WIDEST_DEVIATIONS)
    estimates, seconds = np.empty_like(truth), np.empty(len(truth))
    for row, (scan, prior) in enumerate(zip(drive.scans, truth + draws * _WIDE_PRIOR, strict=True)):
        told = GaussianPose2.from_deviations(Pose2.from_array(prior), *_WIDE_PRIOR)
        begun = time.perf_counter()
        estimates[row] = localizer.locate(scan, told).network.mean.to_array()
        seconds[row] = time.perf_counter() - begun
    return EstimatorRun(seed, stamps, estimates, truth, seconds=seconds)


def _replayed(localizer: FixProducer[Scan], drive: Drive, mount: Pose2) -> Replay:
    pipeline = LocalizationPipeline(localizer, PoseFilter(), mount=mount)
    return replay(pipeline, drive.readings(), drive.truth)


def _baselines(
    bundle: Bundle, mount: Pose2, rngs: list[np.random.Generator]
) -> dict[str, BaselineLocalizer]:
    laser = bundle.description.laser
    aligned = bundle.description.calibration.aligned
    particle_filters = {
        f"mcl_{count}": MonteCarloLocalizer(
            bundle.grid, mount, MonteCarloSettings(particles=count), rng
        )
        for count, rng in zip(PARTICLE_COUNTS, rngs, strict=True)
    }
    return {
        "field_tracker": FieldTracker(
            Refiner(bundle.field, laser.noise_std_m),
            laser.range_max_m,
            mount,
            aligned.get(RefinerChoice.FIELD.value, CovarianceModel()),
        ),
        **particle_filters,
        "odometry": DeadReckoning(),
    }
