# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives a recording with a bundle and no reference, to learn from what the filter believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription
from local_inn_ros.errors import BagError
from local_inn_ros.evaluation.evaluation import EvaluationSettings, evaluate
from local_inn_ros.evaluation.replay import Replay
from local_inn_ros.geometry import compose_poses
from local_inn_ros.localization.own_drive import OwnDrive
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.recordings.posed_scans import posed_scans
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.systems.protocol import LearnsFromDrives

MOST_ROUNDS = 4
"""How often a recording is driven at most to learn from it."""
# Surfaces that move by less than this move no pose.
_SETTLED_M = 1e-3
# A shorter way shows too few walls, and errors that are too much alike.
_LEAST_WAY_M = 10.0
_LEAST_SCANS = 150
# A robot that knows where it is has nearly all its fixes taken, and explains nearly all its scans.
_LEAST_ACCEPTED = 0.9
_LEAST_QUALITY = 0.5


def drive_by_itself(
    bundle: Bundle, recording: Recording, on_scan: Callable[[], None] = lambda: None
) -> OwnDrive:
    """Localize a robot in a recording without a reference, from a search of the map on.

    Args:
        bundle: the trained model.
        recording: what the robot recorded; a reference in it is not looked at.
        on_scan: called after each scan, to show progress.

    Raises:
        BagError: nothing can be learned from the drive: it is too short, or the robot got lost.
        BundleError: the bundle's networks cannot be run.
    """
    blind = replace(recording, reference=None)
    # What it is driven for is to learn more than a run learns on its way.
    run = evaluate(bundle, blind, EvaluationSettings(self_calibrate=False), on_scan).run
    _refuse_unfit(run)
    taken = run.accepted
    believed = Trajectory.from_unordered(run.stamps_s[taken], run.fused[taken])
    posed = posed_scans(replace(recording, reference=believed))
    odometry = Trajectory.from_unordered(
        [reading.stamp_s for reading in recording.odometry],
        np.array([reading.pose.to_array() for reading in recording.odometry]),
    ).at([scan.stamp_s for scan in posed.observations])
    known = np.asarray(np.isfinite(odometry).all(axis=1))
    kept = tuple(one for one, good in zip(posed.observations, known, strict=True) if good)
    return OwnDrive(
        replace(posed, observations=kept, poses=posed.poses[known]),
        compose_poses(odometry[known], recording.mount.to_array()),
    )


def learned_by_driving(
    system: LearnsFromDrives,
    bundle: Bundle,
    recording: Recording,
    count: int,
    rng: np.random.Generator,
    on_scan: Callable[[], None] = lambda: None,
) -> Bundle:
    """Let a bundle learn from a recording without a reference, until it learns nothing more.

    What is learned of the surfaces changes where the robot is taken to have been, so that the
    recording is driven again, ``MOST_ROUNDS`` times at most.

    Args:
        system: of the bundle.
        bundle: the trained model; it stays as it is.
        recording: what the robot recorded.
        count: how many observations are used at most.
        rng: draws priors.
        on_scan: called after each scan of each round, to show progress.

    Raises:
        BagError: nothing can be learned from the drive (see ``drive_by_itself``).
        SensorError: too few observations can be used.
    """
    # Surfaces within cells that an earlier drive told are learned anew, not heaped up; those of
    # a recording with true poses, of which nothing is in doubt, stay.
    own = bundle.distances_m is not None and bundle.description.maps[0].surface_deviation_m > 0.0
    distances_m = None if own else bundle.distances_m
    driven = Bundle(bundle.path, bundle.description, bundle.grid, distances_m)
    for _ in range(MOST_ROUNDS):
        drive = drive_by_itself(driven, recording, on_scan)
        moved = system.with_surfaces_of_drive(driven, drive)
        settled = _moved_m(driven.description, moved.description) < _SETTLED_M
        driven = moved
        if settled:
            break
    return system.learned_on_drive(driven, count, drive, rng)


def _moved_m(before: BundleDescription, after: BundleDescription) -> float:
    """Return by how much what is taken for the surfaces has moved."""
    offset_m = abs(after.maps[0].surface_offset_m - before.maps[0].surface_offset_m)
    return offset_m + abs(after.calibration.range_bias_m - before.calibration.range_bias_m)


def _refuse_unfit(run: Replay) -> None:
    """Refuse a drive that the bundle cannot learn from.

    Raises:
        BagError: with what is wrong.
    """
    accepted, quality = float(run.accepted.mean()), float(np.median(run.quality))
    if accepted < _LEAST_ACCEPTED or quality < _LEAST_QUALITY:
        raise BagError(
            f"the robot got lost in this recording ({100.0 * accepted:.0f} % of its fixes were "
            f"taken, median quality {quality:.2f}), so nothing can be learned from it: name its "
            "true poses with --reference, or see whether bundle, map and laser belong together"
        )
    way_m = float(np.sum(np.hypot(*np.diff(run.fused[:, :2], axis=0).T)))
    if way_m < _LEAST_WAY_M or len(run.stamps_s) < _LEAST_SCANS:
        raise BagError(
            f"the drive is too short to learn from: {way_m:.1f} m and {len(run.stamps_s)} scans "
            f"since the robot was found, where {_LEAST_WAY_M:g} m and {_LEAST_SCANS} are needed; "
            "record more, or name its true poses with --reference"
        )
