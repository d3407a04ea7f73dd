# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibrates a bundle on a drive of its robot, without any reference.

No pose is known, but two fixes a short way apart must differ by what the odometry says between
them. What they differ by otherwise is their errors, of which the filter knows how much two fixes
so near to each other share.
"""

from __future__ import annotations

import math
from dataclasses import replace

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
from local_inn_ros.systems.local_inn_2d.calibrate import (
    HeldOut,
    located_errors,
    prior_about,
    robust_deviations,
    thinned,
    widened_model,
)
from local_inn_ros.systems.local_inn_2d.drive_surfaces import surfaces_of_drive
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_networks
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.local_inn_2d.simulated_scans import PosedScan
from local_inn_ros.systems.protocol import RunSettings

# Two fixes are compared that lie so far apart, in ways and turns over which the error that they
# share becomes another one: less far they share all of it, farther the odometry is as wrong.
_NEAREST, _FARTHEST = 0.1, 0.4


def calibrated_on_drive(
    bundle: Bundle, count: int, drive: OwnDrive, rng: np.random.Generator
) -> Calibration:
    """Return a calibration whose covariances tell what fixes of a drive have wrong.

    What the network draws, and what the forward pass aligns, is compared with where the filter
    took the robot to be, and widened by what that has wrong.

    Args:
        bundle: with its surfaces and the bias of its ranges as the drive told them.
        count: how many scans are used, evenly spread, at most.
        drive: of the robot.
        rng: draws priors.

    Raises:
        SensorError: too few scans can be used.
    """
    bias_m = bundle.description.calibration.range_bias_m
    networks = open_networks(bundle)
    plain = Calibration(range_bias_m=bias_m)
    differences = _differences(bundle, drive, plain, networks, rng)
    off = robust_deviations(differences.errors)
    scans = [
        PosedScan(scan, Pose2.from_array(pose))
        for scan, pose in zip(drive.posed.observations, drive.posed.poses, strict=True)
        if isinstance(scan, Scan)
    ]
    held_out = [HeldOut(bundle, thinned(scans, count))]
    drawn = located_errors(held_out, plain, networks, RefinerChoice.NONE, rng)
    samples = widened_model(fit_covariance_model(drawn), off)
    plain = plain.model_copy(update={"samples": samples})
    forward = located_errors(held_out, plain, networks, RefinerChoice.FORWARD, rng)
    return plain.model_copy(
        update={
            "aligned": {
                RefinerChoice.FIELD.value: fit_covariance_model(differences),
                RefinerChoice.FORWARD.value: widened_model(fit_covariance_model(forward), off),
            }
        }
    )


def _differences(
    bundle: Bundle,
    drive: OwnDrive,
    calibration: Calibration,
    networks: Networks,
    rng: np.random.Generator,
) -> ErrorSample:
    """Return what pairs of fixes differ by beyond the odometry, as errors of one fix each."""
    description = bundle.description.model_copy(update={"calibration": calibration})
    localizer = LocalInn2d(replace(bundle, description=description), networks).fix_producer(
        Pose2.identity(), RunSettings(refiner=RefinerChoice.FIELD)
    )
    fixes: dict[int, tuple[Pose2, NDArray[np.float64], float]] = {}
    for k, (scan, pose) in enumerate(zip(drive.posed.observations, drive.posed.poses, strict=True)):
        if not isinstance(scan, Scan):
            continue
        try:
            fix = localizer.locate(scan, prior_about(Pose2.from_array(pose), rng))
        except SensorError:
            continue
        told = fix.measurement
        own = in_map_axes(told.covariance, -told.mean.yaw)
        fixes[k] = told.mean, own, fix.unexplained
    errors, covariances, unexplained = [], [], []
    for first, second, share in _pairs(drive):
        if first not in fixes or second not in fixes:
            continue
        (start, wide, low), (end, other, high) = fixes[first], fixes[second]
        ways = [Pose2.from_array(drive.odometry[k]) for k in (first, second)]
        seen, driven = start.between(end), ways[0].between(ways[1])
        error = np.array([seen.x - driven.x, seen.y - driven.y, wrap_angle(seen.yaw - driven.yaw)])
        errors.append(error / math.sqrt(2.0 * (1.0 - share)))
        covariances.append(0.5 * (wide + other))
        unexplained.append(0.5 * (low + high))
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


def learned_on_drive(
    bundle: Bundle, count: int, drive: OwnDrive, rng: np.random.Generator
) -> Bundle:
    """Return a bundle with surfaces, bias of the ranges and covariances as a drive tells them.

    Args:
        bundle: that the drive was localized with.
        count: how many scans are used at most.
        drive: of the robot.
        rng: draws priors.

    Raises:
        SensorError: too few scans can be used.
    """
    found = surfaces_of_drive(bundle, drive)
    described = bundle.description
    maps = (described.maps[0].model_copy(update={"surface_offset_m": found.offset_m}),)
    biased = described.calibration.model_copy(update={"range_bias_m": found.range_bias_m})
    placed = described.model_copy(update={"maps": maps, "calibration": biased})
    # Anew, since a bundle keeps what it made of its map.
    moved = Bundle(bundle.path, placed, bundle.grid, bundle.distances_m)
    calibration = calibrated_on_drive(moved, count, drive, rng)
    return replace(moved, description=placed.model_copy(update={"calibration": calibration}))
