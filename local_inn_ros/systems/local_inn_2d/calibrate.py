# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibrates the covariances of a bundle on scans whose poses are known."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.description import write_description
from local_inn_ros.engines import Bundle, Calibration, CovarianceModel, Engine
from local_inn_ros.engines.choice import open_engine
from local_inn_ros.errors import BundleError, SensorError
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.covariance_fit import ErrorSample, fit_covariance_model
from local_inn_ros.sensing import Scan
from local_inn_ros.systems.local_inn_2d.driving_poses import driving_poses
from local_inn_ros.systems.local_inn_2d.map_calibration import Half
from local_inn_ros.systems.local_inn_2d.parts import build_localizer
from local_inn_ros.systems.local_inn_2d.scan_sources import MapSource, PosedScans

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
    sensor = bundle.description.sensor
    every_beam = sensor.model_copy(update={"network_beams": sensor.beam_count})
    source = MapSource(bundle.grid, every_beam, 0.0, _BLOCKED_SHARE)
    drawn = source.draw_at(driving_poses(bundle.grid, rng, count), rng)
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
        SensorError: no scan can be used.
    """
    kept = held_out[0].bundle.description.calibration
    calibration = kept.model_copy(update={"samples": CovarianceModel(), "aligned": {}})
    engine = open_engine(held_out[0].bundle)
    samples = fit_covariance_model(_errors(held_out, calibration, engine, RefinerChoice.NONE, rng))
    calibration = calibration.model_copy(update={"samples": samples})
    aligned = {
        choice.value: fit_covariance_model(_errors(held_out, calibration, engine, choice, rng))
        for choice in _EVERY
    }
    return calibration.model_copy(update={"aligned": aligned})


def rewrite_calibration(bundle: Bundle, calibration: Calibration) -> None:
    """Put a calibration into a bundle's description, whole or not at all.

    Raises:
        BundleError: the file cannot be written.
    """
    file = bundle.path / "bundle.yaml"
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    description = bundle.description.model_copy(update={"calibration": calibration})
    try:
        write_description(description, partial)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BundleError(f"cannot write {file}: {error.strerror}") from error


def calibrate_on_map(folder: Path, count: int, rng: np.random.Generator) -> Calibration:
    """Calibrate a bundle on simulated scans of its own map, and keep that in the bundle.

    Args:
        folder: of the bundle.
        count: how many scans are cast.
        rng: draws poses, noise and priors.

    Raises:
        BundleError: the bundle cannot be loaded or written.
        MapError: its map has no room for a robot.
    """
    bundle = Bundle.load(folder)
    scans = simulated_scans(bundle, count, rng)
    calibration = calibrated_models([HeldOut(bundle, scans)], rng)
    rewrite_calibration(bundle, calibration)
    return calibration


def calibrate_on_recording(
    folder: Path, count: int, posed: PosedScans, rng: np.random.Generator
) -> Calibration:
    """Calibrate a bundle on a recording that it has not learned from, and keep that in the bundle.

    Args:
        folder: of the bundle.
        count: how many of the scans are used, evenly spread, at most.
        posed: the recording.
        rng: draws priors.

    Raises:
        BundleError: the bundle cannot be loaded or written.
        SensorError: no scan can be used.
    """
    bundle = Bundle.load(folder)
    everywhere = np.ones(len(posed), dtype=bool)
    calibration = calibrated_models([HeldOut(bundle, _chosen(posed, everywhere, count))], rng)
    rewrite_calibration(bundle, calibration)
    return calibration


def calibrate_on_what_was_learned(
    folder: Path,
    count: int,
    posed: PosedScans,
    halves: Sequence[Half],
    rng: np.random.Generator,
) -> Calibration:
    """Calibrate a bundle on the recording that it learned from, and keep that in the bundle.

    The networks know these scans by heart. What they draw is calibrated on simulated scans, and
    widened by how far the map and the reference are off, as alignments on surfaces told by the
    other half of the recording show it.

    Args:
        folder: of the bundle.
        count: how many scans are used, simulated and recorded ones each, at most.
        posed: the recording.
        halves: the surfaces that each half of it tells; empty where those of the map are used.
        rng: draws poses, noise and priors.

    Raises:
        BundleError: the bundle cannot be loaded or written.
        SensorError: no scan can be used.
    """
    bundle = Bundle.load(folder)
    parts = [(half.held_out, replace(bundle, distances_m=half.distances_m)) for half in halves]
    held_out = [
        HeldOut(part, _chosen(posed, mask, count // max(len(parts), 1)))
        for mask, part in parts or [(np.ones(len(posed), dtype=bool), bundle)]
    ]
    simulated = [HeldOut(bundle, simulated_scans(bundle, count, rng))]
    calibration = calibrated_models(simulated, rng)
    plain = calibration.model_copy(update={"aligned": {}})
    real = _errors(held_out, plain, open_engine(bundle), RefinerChoice.FIELD, rng)
    off = _deviations(real.errors)
    aligned = {name: _widened(model, off) for name, model in calibration.aligned.items()}
    aligned[RefinerChoice.FIELD.value] = fit_covariance_model(real)
    calibration = calibration.model_copy(
        update={"samples": _widened(calibration.samples, off), "aligned": aligned}
    )
    rewrite_calibration(bundle, calibration)
    return calibration


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
    every = -(-len(rows) // count)
    return [PosedScan(posed.scans[k], Pose2.from_array(posed.poses[k])) for k in rows[::every]]


def _errors(
    held_out: Sequence[HeldOut],
    calibration: Calibration,
    engine: Engine,
    choice: RefinerChoice,
    rng: np.random.Generator,
) -> ErrorSample:
    """Locate the scans from priors about their poses, and compare."""
    errors, covariances, unexplained = [], [], []
    for part in held_out:
        description = part.bundle.description.model_copy(update={"calibration": calibration})
        bundle = replace(part.bundle, description=description)
        localizer = build_localizer(bundle, engine, Pose2.identity(), choice)
        for one in part.scans[:: _EVERY.get(choice, 1)]:
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
    if not errors:
        raise SensorError("no scan can be used: they do not fit the bundle's sensor")
    return ErrorSample(np.array(errors), np.array(covariances), np.array(unexplained))


def _prior_about(pose: Pose2, rng: np.random.Generator) -> GaussianPose2:
    mean = Pose2.from_array(pose.to_array() + rng.normal(size=3) * _PRIOR_DEVIATIONS)
    return GaussianPose2.from_deviations(mean, *_PRIOR_DEVIATIONS.tolist())
