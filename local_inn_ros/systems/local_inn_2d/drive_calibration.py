# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibrates a bundle on a drive of its robot, without any reference.

No pose is known, but two fixes a short way apart must differ by what the odometry says between
them. What they differ by otherwise is their errors, of which the filter knows how much two fixes
so near to each other share.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration
from local_inn_ros.errors import SensorError
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.filtering.settings import SourceSettings
from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.covariance_fit import (
    LEAST_ERRORS,
    ErrorSample,
    fit_covariance_model,
)
from local_inn_ros.localization.own_drive import OwnDrive
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.local_inn_2d.calibrate import (
    HeldOut,
    located_errors,
    prior_about,
    robust_deviations,
    thinned,
    widened_model,
)
from local_inn_ros.systems.local_inn_2d.drive_surfaces import surfaces_of_drive, told_surfaces
from local_inn_ros.systems.local_inn_2d.networks import open_networks
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.local_inn_2d.simulated_scans import PosedScan
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.world.wall_drawing import wall_drawing

# Two fixes are compared that lie so far apart, in ways and turns over which the error that they
# share becomes another one: less far they share all of it, farther the odometry is as wrong.
_NEAREST, _FARTHEST = 0.1, 0.4
_RUN_SCANS = 60


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Scans of a drive, and a bundle that has not learned its surfaces from them."""

    bundle: Bundle
    taken: NDArray[np.bool_]


def with_surfaces_of_drive(bundle: Bundle, drive: OwnDrive) -> Bundle:
    """Return a bundle with the offset and the bias of the ranges on which a drive fits best."""
    found = surfaces_of_drive(bundle, drive)
    described = bundle.description
    maps = (described.maps[0].model_copy(update={"surface_offset_m": found.offset_m}),)
    biased = described.calibration.model_copy(update={"range_bias_m": found.range_bias_m})
    placed = described.model_copy(update={"maps": maps, "calibration": biased})
    # Anew, since a bundle keeps what it made of its map.
    return Bundle(bundle.path, placed, bundle.grid, bundle.distances_m)


def learned_on_drive(
    bundle: Bundle, count: int, drive: OwnDrive, rng: np.random.Generator
) -> Bundle:
    """Return a bundle with covariances, and surfaces within cells, as a drive tells them.

    Surfaces are put where end points lie: what ranges have wrong is in them, and is not taken off
    any more.

    Args:
        bundle: that the drive was localized with, its offset and the bias of its ranges found.
        count: how many scans are used at most.
        drive: of the robot.
        rng: draws priors.

    Raises:
        SensorError: too few scans can be used.
    """
    bias_m = bundle.description.calibration.range_bias_m
    whole = _uncalibrated(bundle, bias_m, bundle.distances_m)
    everything = np.ones(len(drive.posed), dtype=bool)
    parts, shared_m = [_Part(whole, everything)], 0.0
    if bundle.distances_m is None and wall_drawing(bundle.grid).from_end_points:
        fixes_m = float(robust_deviations(_differences(parts, drive, rng).errors)[0])
        # What is left of both doubts: fixes a short way apart share it, and do not show it.
        map_m = bundle.description.maps[0].surface_deviation_m
        shared_m = fixes_m * map_m / max(math.hypot(fixes_m, map_m), 1e-9)
        # Scans one after another share the error of their poses: whole runs are held out at once.
        odd = np.arange(len(drive.posed)) // _RUN_SCANS % 2 == 1

        def told(taken: NDArray[np.bool_]) -> Bundle:
            return _uncalibrated(bundle, 0.0, told_surfaces(bundle, drive, taken, fixes_m))

        parts = [_Part(told(~held_out), held_out) for held_out in (odd, ~odd)]
        whole = told(everything)
    calibration = _calibration(parts, count, drive, shared_m, rng)
    described = whole.description.model_copy(update={"calibration": calibration})
    return replace(whole, description=described)


def _uncalibrated(
    bundle: Bundle, range_bias_m: float, distances_m: NDArray[np.float64] | None
) -> Bundle:
    """Return a bundle with other surfaces, whose covariances are as they come."""
    plain = Calibration(range_bias_m=range_bias_m)
    described = bundle.description.model_copy(update={"calibration": plain})
    return Bundle(bundle.path, described, bundle.grid, distances_m)


def _calibration(
    parts: Sequence[_Part],
    count: int,
    drive: OwnDrive,
    shared_m: float,
    rng: np.random.Generator,
) -> Calibration:
    """Return a calibration whose covariances tell what fixes of a drive have wrong.

    Surfaces may be off by ``shared_m``, as far as fixes a short way apart do not show it. What the
    network draws, and what the forward pass aligns, is compared with where the filter took the
    robot to be, and widened by what that has wrong.
    """
    bundle = parts[0].bundle
    plain = bundle.description.calibration
    networks = open_networks(bundle)
    differences = _differences(parts, drive, rng)
    off = robust_deviations(differences.errors)
    held_out = [
        HeldOut(part.bundle, thinned(_posed_scans(drive, part.taken), count // len(parts)))
        for part in parts
    ]
    drawn = located_errors(held_out, plain, networks, RefinerChoice.NONE, rng)
    samples = widened_model(fit_covariance_model(drawn), off)
    plain = plain.model_copy(update={"samples": samples})
    forward = located_errors(held_out, plain, networks, RefinerChoice.FORWARD, rng)
    aligned = fit_covariance_model(differences)
    unseen = np.array([shared_m, shared_m, 0.0])
    return plain.model_copy(
        update={
            "aligned": {
                RefinerChoice.FIELD.value: widened_model(aligned, unseen),
                RefinerChoice.FORWARD.value: widened_model(fit_covariance_model(forward), off),
            }
        }
    )


def _posed_scans(drive: OwnDrive, taken: NDArray[np.bool_]) -> list[PosedScan]:
    return [
        PosedScan(scan, Pose2.from_array(pose))
        for scan, pose, take in zip(drive.posed.observations, drive.posed.poses, taken, strict=True)
        if take and isinstance(scan, Scan)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Located:
    """What a scan says: pose, covariance (3, 3) in its own axes, share that is unexplained."""

    pose: Pose2
    covariance: NDArray[np.float64]
    unexplained: float


def _located(
    parts: Sequence[_Part], drive: OwnDrive, rng: np.random.Generator
) -> dict[int, _Located]:
    """Return the fixes of a drive, aligned with the map, by the number of the scan."""
    networks = open_networks(parts[0].bundle)
    fixes = {}
    for part in parts:
        localizer = LocalInn2d(part.bundle, networks).fix_producer(
            Mount.level(Pose2.identity()), RunSettings(refiner=RefinerChoice.FIELD)
        )
        for k in np.flatnonzero(part.taken).tolist():
            scan = drive.posed.observations[k]
            if not isinstance(scan, Scan):
                continue
            prior = prior_about(Pose2.from_array(drive.posed.poses[k]), rng)
            with contextlib.suppress(SensorError):
                fix = localizer.locate(scan, prior)
                told = fix.measurement
                own = in_map_axes(told.covariance, -told.mean.yaw)
                fixes[k] = _Located(told.mean, own, fix.unexplained)
    return fixes


def _differences(parts: Sequence[_Part], drive: OwnDrive, rng: np.random.Generator) -> ErrorSample:
    """Return what pairs of fixes differ by beyond the odometry, as errors of one fix each."""
    fixes = _located(parts, drive, rng)
    errors, covariances, unexplained = [], [], []
    for first, second, alike in _pairs(drive):
        if first not in fixes or second not in fixes:
            continue
        start, end = fixes[first], fixes[second]
        seen = start.pose.between(end.pose)
        way = [Pose2.from_array(drive.odometry[k]) for k in (first, second)]
        driven = way[0].between(way[1])
        error = np.array([seen.x - driven.x, seen.y - driven.y, wrap_angle(seen.yaw - driven.yaw)])
        errors.append(error / math.sqrt(2.0 * (1.0 - alike)))
        covariances.append(0.5 * (start.covariance + end.covariance))
        unexplained.append(0.5 * (start.unexplained + end.unexplained))
    if len(errors) < LEAST_ERRORS:
        raise SensorError(
            f"only {len(errors)} pairs of scans can be compared, and covariances need "
            f"{LEAST_ERRORS}: record a longer drive"
        )
    return ErrorSample(np.array(errors), np.array(covariances), np.array(unexplained))


def _pairs(drive: OwnDrive) -> list[tuple[int, int, float]]:
    """Return pairs of scans a short way apart, and which share of their errors is the same."""
    told = SourceSettings()
    steps = np.diff(drive.odometry, axis=0)
    turns = np.abs([wrap_angle(float(turn)) for turn in steps[:, 2]])
    gone = np.hypot(steps[:, 0], steps[:, 1]) / told.shared_length_m
    gone = np.concatenate([[0.0], np.cumsum(gone + turns / told.shared_angle_rad)])
    seconds = np.searchsorted(gone, gone + _NEAREST)
    pairs = []
    for first, second in enumerate(seconds.tolist()):
        if second < len(gone) and gone[second] - gone[first] < _FARTHEST:
            alike = told.shared_share * math.exp(gone[first] - gone[second])
            pairs.append((first, second, alike))
    return pairs
