# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibrates the covariances of a bundle on scans whose poses are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration, CovarianceModel
from local_inn_ros.errors import SensorError
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.covariance_fit import (
    LEAST_ERRORS,
    ErrorSample,
    fit_covariance_model,
)
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.local_inn_2d.map_calibration import Half
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_networks
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.local_inn_2d.scan_sources import PosedScans
from local_inn_ros.systems.local_inn_2d.simulated_scans import PosedScan, simulated_scans
from local_inn_ros.systems.protocol import RunSettings

# How far off priors are while a robot is tracked.
TRACKED = np.array([0.05, 0.05, math.radians(2.0)])
"""Deviations (x m, y m, yaw rad) of a prior while a robot is tracked."""
# An alignment with the forward pass takes ten times as long as one with the map.
_EVERY = {RefinerChoice.FIELD: 1, RefinerChoice.FORWARD: 4}
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Scans, and a bundle that has not learned its surfaces from them."""

    bundle: Bundle
    scans: Sequence[PosedScan]


def calibrated_models(held_out: Sequence[HeldOut], rng: np.random.Generator) -> Calibration:
    """Return a calibration whose covariances tell the errors on these scans.

    Priors are as far off as while a robot is tracked. First the network's samples are calibrated,
    then what each refiner makes of them.

    Args:
        held_out: scans with the bundles to use on them, all of one training.
        rng: draws the priors.

    Raises:
        SensorError: too few scans can be used.
    """
    bias_m = held_out[0].bundle.description.calibration.range_bias_m
    calibration = Calibration(range_bias_m=bias_m)
    networks = open_networks(held_out[0].bundle)
    found = located_errors(held_out, calibration, networks, RefinerChoice.NONE, rng)
    samples = fit_covariance_model(found)
    calibration = calibration.model_copy(update={"samples": samples})
    aligned = {
        choice.value: fit_covariance_model(
            located_errors(held_out, calibration, networks, choice, rng)
        )
        for choice in _EVERY
    }
    return calibration.model_copy(update={"aligned": aligned})


def calibrated_on_map(bundle: Bundle, count: int, rng: np.random.Generator) -> Calibration:
    """Calibrate a bundle on simulated scans of its own map.

    Args:
        bundle: the trained model.
        count: how many scans are cast.
        rng: draws poses, noise and priors.

    Raises:
        MapError: its map has no room for a robot.
        SensorError: too few scans can be used.
    """
    # Simulated ranges have no bias that a real laser was found to have.
    own = bundle.description.calibration
    unbiased = own.model_copy(update={"range_bias_m": 0.0})
    plain = replace(
        bundle, description=bundle.description.model_copy(update={"calibration": unbiased})
    )
    scans = simulated_scans(bundle, count, rng)
    found = calibrated_models([HeldOut(plain, scans)], rng)
    return found.model_copy(update={"range_bias_m": own.range_bias_m})


def calibrated_on_recording(
    bundle: Bundle, count: int, posed: PosedObservations, rng: np.random.Generator
) -> Calibration:
    """Calibrate a bundle on a recording that it has not learned from.

    Args:
        bundle: the trained model.
        count: how many of the scans are used, evenly spread, at most.
        posed: the recording.
        rng: draws priors.

    Raises:
        SensorError: too few scans can be used.
    """
    scans = [
        PosedScan(scan, Pose2.from_array(pose))
        for scan, pose in zip(posed.observations, posed.poses, strict=True)
        if isinstance(scan, Scan)
    ]
    return calibrated_models([HeldOut(bundle, thinned(scans, count))], rng)


def calibrated_on_what_was_learned(
    bundle: Bundle,
    count: int,
    posed: PosedScans,
    halves: Sequence[Half],
    rng: np.random.Generator,
) -> Calibration:
    """Calibrate a bundle on the recording that it learned from.

    The networks know these scans by heart. What they draw is calibrated on simulated scans, and
    widened by how far the map and the reference are off, as alignments on surfaces told by the
    other half of the recording show it.

    Args:
        bundle: the trained model.
        count: how many scans are used, simulated and recorded ones each, at most.
        posed: the recording.
        halves: the surfaces that each half of it tells; empty where those of the map are used.
        rng: draws poses, noise and priors.

    Raises:
        SensorError: too few scans can be used.
    """
    parts = [(half.held_out, replace(bundle, distances_m=half.distances_m)) for half in halves]
    held_out = [
        HeldOut(part, _chosen(posed, mask, count // max(len(parts), 1)))
        for mask, part in parts or [(np.ones(len(posed), dtype=bool), bundle)]
    ]
    simulated = [HeldOut(bundle, simulated_scans(bundle, count, rng))]
    calibration = calibrated_models(simulated, rng)
    plain = calibration.model_copy(update={"aligned": {}})
    real = located_errors(held_out, plain, open_networks(bundle), RefinerChoice.FIELD, rng)
    off = robust_deviations(real.errors)
    aligned = {name: widened_model(model, off) for name, model in calibration.aligned.items()}
    aligned[RefinerChoice.FIELD.value] = fit_covariance_model(real)
    return calibration.model_copy(
        update={"samples": widened_model(calibration.samples, off), "aligned": aligned}
    )


def robust_deviations(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return robust deviations (3,) of errors (n, 3); a map has no preferred direction."""
    typical = _MAD_TO_DEVIATION * np.median(np.abs(errors), axis=0)
    typical[:2] = np.sqrt(np.mean(np.square(typical[:2])))
    return typical


def widened_model(model: CovarianceModel, deviations: NDArray[np.float64]) -> CovarianceModel:
    """Return a model whose floors are wider by deviations (3,)."""
    ahead, aside, yaw = np.hypot(model.floor, deviations).tolist()
    return model.model_copy(update={"floor": (ahead, aside, yaw)})


def _chosen(posed: PosedScans, mask: NDArray[np.bool_], count: int) -> list[PosedScan]:
    """Return scans under a mask, evenly spread, so many at most."""
    rows = np.flatnonzero(mask)
    return thinned(
        [PosedScan(posed.scans[k], Pose2.from_array(posed.poses[k])) for k in rows], count
    )


def thinned(scans: list[PosedScan], count: int) -> list[PosedScan]:
    """Return so many of some scans at most, evenly spread."""
    return scans[:: max(1, -(-len(scans) // count))]


def located_errors(
    held_out: Sequence[HeldOut],
    calibration: Calibration,
    networks: Networks,
    choice: RefinerChoice,
    rng: np.random.Generator,
    deviations: NDArray[np.float64] = TRACKED,
) -> ErrorSample:
    """Locate the scans from priors about their poses, and compare.

    Args:
        held_out: scans with the bundles to use on them.
        calibration: that is in force.
        networks: of the bundles.
        choice: what aligns; without a refiner the network's own poses are compared.
        rng: draws the priors.
        deviations: (x m, y m, yaw rad) of the priors.

    Raises:
        SensorError: too few scans can be used.
    """
    errors, covariances, unexplained = [], [], []
    for part in held_out:
        description = part.bundle.description.model_copy(update={"calibration": calibration})
        bundle = replace(part.bundle, description=description)
        localizer = LocalInn2d(bundle, networks).fix_producer(
            Mount.level(Pose2.identity()), RunSettings(refiner=choice)
        )
        for one in part.scans[:: _stride(part.scans, choice)]:
            prior = prior_about(one.pose, rng, deviations)
            try:
                fix = localizer.locate(one.scan, prior)
            except SensorError:
                continue
            told = fix.network if choice is RefinerChoice.NONE else fix.measurement
            yaw = told.mean.yaw
            errors.append(one.pose.between(told.mean).to_array())
            covariances.append(in_map_axes(told.covariance, -yaw))
            unexplained.append(fix.unexplained)
    if len(errors) < LEAST_ERRORS:
        asked = sum(len(part.scans[:: _stride(part.scans, choice)]) for part in held_out)
        raise SensorError(
            f"only {len(errors)} of {asked} scans can be used, and covariances need "
            f"{LEAST_ERRORS}: record more, or see whether the bundle is for this laser and map"
        )
    return ErrorSample(np.array(errors), np.array(covariances), np.array(unexplained))


def _stride(scans: Sequence[PosedScan], choice: RefinerChoice) -> int:
    """Return the scans from one that is used to the next: few are used all."""
    return max(1, min(_EVERY.get(choice, 1), len(scans) // LEAST_ERRORS))


def prior_about(
    pose: Pose2, rng: np.random.Generator, deviations: NDArray[np.float64] = TRACKED
) -> GaussianPose2:
    """Draw a prior about a pose, as wide as while a robot is tracked if not told otherwise."""
    mean = Pose2.from_array(pose.to_array() + rng.normal(size=3) * deviations)
    return GaussianPose2.from_deviations(mean, *deviations.tolist())
