# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the base was by its laser, between the scans too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.evaluation.evaluation import EvaluationSettings, evaluate
from local_inn_ros.evaluation.replay import Replay
from local_inn_ros.evaluation.verdict import Verdict
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.twist import interpolate_poses
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.recordings.base_way import LeftOut
from local_inn_ros.recordings.trajectory import Trajectory

# A fix that is more likely wrong than right tells of nothing; two of them mean that it is lost.
_LEAST_QUALITY = 0.5
# Odometry carries a pose so long from one scan that can be trusted to the next: five periods of the
# slowest lasers.
_LONGEST_S = 1.0
# Where a pose that is carried on and the next one that is carried back disagree by more deviations
# than that, the odometry jumped, or the robot did.
_MOST_APART = 4.0
_ROUNDING_M, _ROUNDING_RAD = 5e-3, 5e-3


@dataclass(frozen=True, slots=True, eq=False)
class LocalizedWay:
    """Poses of the base by a laser's bundle (see ``BaseWay``).

    At a stamp between two scans the pose is that of the scan before, carried on by the odometry,
    and that of the scan after, carried back, each by its share of the time.

    Attributes:
        stamps_s: (n,) of the scans whose fixes can be trusted, increasing.
        poses: of the filter there.
        odometry: poses of the base in the odometry frame.
        found_s: when the robot found itself.
        doubted_s: (m,) stamps of scans whose fixes cannot be trusted.
    """

    stamps_s: NDArray[np.float64]
    poses: tuple[GaussianPose2, ...]
    odometry: Trajectory
    found_s: float
    doubted_s: NDArray[np.float64]

    @staticmethod
    def of(run: Replay, odometry: Trajectory) -> LocalizedWay:
        """Make one of a run of the localizer, and the odometry that it had."""
        trusted = run.accepted & (run.quality >= _LEAST_QUALITY)
        order = np.argsort(run.stamps_s, kind="stable")
        order = order[trusted[order]]
        # Of several lasers, two may have one stamp.
        order = order[np.r_[True, np.diff(run.stamps_s[order]) > 0.0][: len(order)]]
        poses = tuple(
            GaussianPose2(Pose2.from_array(run.fused[row]), run.covariances[row]) for row in order
        )
        found_s, doubted_s = float(run.stamps_s.min()), np.sort(run.stamps_s[~trusted])
        return LocalizedWay(run.stamps_s[order], poses, odometry, found_s, doubted_s)

    def at(self, stamp_s: float) -> GaussianPose2 | LeftOut:
        """Return the base at an instant, or why it is not known (see ``BaseWay``)."""
        if stamp_s < self.found_s:
            return LeftOut.NOT_FOUND
        after = int(np.searchsorted(self.stamps_s, stamp_s))
        if after < len(self.stamps_s) and self.stamps_s[after] == stamp_s:
            return self.poses[after]
        before = after - 1
        if not 0 <= before < len(self.stamps_s) - 1:
            return self._why_not(stamp_s - _LONGEST_S, stamp_s + _LONGEST_S)
        start_s, end_s = self.stamps_s[before], self.stamps_s[after]
        if end_s - start_s > _LONGEST_S:
            return self._why_not(start_s, end_s)
        moved = self.odometry.at([start_s, stamp_s, end_s])
        if not np.isfinite(moved).all():
            return LeftOut.AWAY
        first, here, last = map(Pose2.from_array, moved)
        start, end = self.poses[before], self.poses[after]
        carried = start.mean @ first.between(here)
        back = end.mean @ last.between(here)
        if _jumped(start, end, start.mean @ first.between(last)):
            return LeftOut.UNCERTAIN
        share = float((stamp_s - start_s) / (end_s - start_s))
        nearer = start if share < 0.5 else end
        return GaussianPose2(interpolate_poses(carried, back, share), nearer.covariance)

    def _why_not(self, from_s: float, to_s: float) -> LeftOut:
        """Say why there is no pose between two stamps."""
        lost = np.any((self.doubted_s >= from_s) & (self.doubted_s <= to_s))
        return LeftOut.LOST if lost else LeftOut.AWAY


def localized_way(
    bundle: Bundle, recording: Recording, on_scan: Callable[[], None] = lambda: None
) -> tuple[LocalizedWay, Verdict]:
    """Localize a robot in a recording by its laser, from a search of the map on.

    Args:
        bundle: the trained model of the laser.
        recording: what the robot recorded; a reference in it is not looked at.
        on_scan: called after each scan, to show progress.

    Returns:
        Where the robot was, and what is wrong with that.

    Raises:
        BagError: it finds itself nowhere.
        BundleError: the bundle's networks cannot be run.
    """
    found = evaluate(bundle, replace(recording, reference=None), EvaluationSettings(), on_scan)
    odometry = Trajectory.from_unordered(
        [reading.stamp_s for reading in recording.odometry],
        np.array([reading.pose.to_array() for reading in recording.odometry]),
    )
    return LocalizedWay.of(found.run, odometry), found.verdict


def _jumped(start: GaussianPose2, end: GaussianPose2, carried: Pose2) -> bool:
    """Tell whether a pose that was carried on does not meet the next one."""
    off = end.mean.between(carried)
    deviations = start.deviations() + end.deviations()
    far_m = _ROUNDING_M + _MOST_APART * float(deviations[:2].max())
    far_rad = _ROUNDING_RAD + _MOST_APART * float(deviations[2])
    return bool(np.hypot(off.x, off.y) > far_m or abs(off.yaw) > far_rad)
