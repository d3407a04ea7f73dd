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
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.local_inn_2d.driving_poses import driving_poses
from local_inn_ros.systems.local_inn_2d.map_calibration import Half
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_networks
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.local_inn_2d.scan_sources import MapSource, PosedScans
from local_inn_ros.systems.protocol import RunSettings

# How far off priors are while a robot is tracked.
_PRIOR_DEVIATIONS = np.array([0.05, 0.05, math.radians(2.0)])
# An alignment with the forward pass takes ten times as long as one with the map.
_EVERY = {RefinerChoice.FIELD: 1, RefinerChoice.FORWARD: 4}
_BLOCKED_SHARE = 0.5
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True)
class PosedScan:
    """A scan, and the pose of the sensor in the map frame that it was taken at."""

    scan: Scan
    pose: Pose2


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Scans, and a bundle that has not learned its surfaces from them."""

    bundle: Bundle
    scans: Sequence[PosedScan]


def simulated_scans(bundle: Bundle, count: int, rng: np.random.Generator) -> list[PosedScan]:
    """Cast scans where robots drive on a bundle's map, with all beams and its sensor's noise.

    In half of them unmapped things stand before the walls.

    Raises:
        MapError: the map has no room for a robot.
    """
    sensor = bundle.description.laser
    every_beam = sensor.model_copy(update={"network_beams": sensor.beam_count})
    inside = bundle.description.maps[0].inside
    source = MapSource(bundle.grid, every_beam, 0.0, _BLOCKED_SHARE, inside)
    drawn = source.draw_at(driving_poses(bundle.grid, rng, count, inside), rng)
    # As REP-117 has it: what is unknown is not a number, nothing within reach is infinite.
    ranges = np.select([drawn.states > 0.0, drawn.states < 0.0], [drawn.ranges_m, np.inf], np.nan)
    angles = sensor.beam_angles_rad()
    step = float(angles[1] - angles[0])
    limits = (sensor.range_min_m, sensor.range_max_m)
    return [
        PosedScan(
            Scan(0.0, row.astype(np.float32), float(angles[0]), step, *limits),
            Pose2.from_array(pose),
        )
        for row, pose in zip(ranges, drawn.poses, strict=True)
    ]


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
    calibration = Calibration()
    networks = open_networks(held_out[0].bundle)
    found = _errors(held_out, calibration, networks, RefinerChoice.NONE, rng)
    samples = fit_covariance_model(found)
    calibration = calibration.model_copy(update={"samples": samples})
    aligned = {
        choice.value: fit_covariance_model(_errors(held_out, calibration, networks, choice, rng))
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
    scans = simulated_scans(bundle, count, rng)
    return calibrated_models([HeldOut(bundle, scans)], rng)


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
    return calibrated_models([HeldOut(bundle, _thinned(scans, count))], rng)


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
    real = _errors(held_out, plain, open_networks(bundle), RefinerChoice.FIELD, rng)
    off = _deviations(real.errors)
    aligned = {name: _widened(model, off) for name, model in calibration.aligned.items()}
    aligned[RefinerChoice.FIELD.value] = fit_covariance_model(real)
    return calibration.model_copy(
        update={"samples": _widened(calibration.samples, off), "aligned": aligned}
    )


def _deviations(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return robust deviations (3,) of errors (n, 3); a map has no preferred direction."""
    typical = _MAD_TO_DEVIATION * np.median(np.abs(errors), axis=0)
    typical[:2] = np.sqrt(np.mean(np.square(typical[:2])))
    return typical


def _widened(model: CovarianceModel, deviations: NDArray[np.float64]) -> CovarianceModel:
    ahead, aside, yaw = np.hypot(model.floor, deviations).tolist()
    return model.model_copy(update={"floor": (ahead, aside, yaw)})


def _chosen(posed: PosedScans, mask: NDArray[np.bool_], count: int) -> list[PosedScan]:
    """Return scans under a mask, evenly spread, so many at most."""
    rows = np.flatnonzero(mask)
    return _thinned(
        [PosedScan(posed.scans[k], Pose2.from_array(posed.poses[k])) for k in rows], count
    )


def _thinned(scans: list[PosedScan], count: int) -> list[PosedScan]:
    """Return so many of some scans at most, evenly spread."""
    return scans[:: max(1, -(-len(scans) // count))]


def _errors(
    held_out: Sequence[HeldOut],
    calibration: Calibration,
    networks: Networks,
    choice: RefinerChoice,
    rng: np.random.Generator,
) -> ErrorSample:
    """Locate the scans from priors about their poses, and compare."""
    errors, covariances, unexplained = [], [], []
    for part in held_out:
        description = part.bundle.description.model_copy(update={"calibration": calibration})
        bundle = replace(part.bundle, description=description)
        localizer = LocalInn2d(bundle, networks).fix_producer(
            Pose2.identity(), RunSettings(refiner=choice)
        )
        for one in part.scans[:: _stride(part.scans, choice)]:
            prior = _prior_about(one.pose, rng)
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


def _prior_about(pose: Pose2, rng: np.random.Generator) -> GaussianPose2:
    mean = Pose2.from_array(pose.to_array() + rng.normal(size=3) * _PRIOR_DEVIATIONS)
    return GaussianPose2.from_deviations(mean, *_PRIOR_DEVIATIONS.tolist())
