# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A filter that is wrong and sure of itself, and fixes that agree with each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from localization_helpers import gaussian

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.pose_filter import FilterSettings, Fusion, PoseFilter, SourceSettings
from local_inn_ros.filtering.spatial_filter import SpatialPoseFilter
from local_inn_ros.geometry import GaussianPose2, GaussianPose3, Pose2, Pose3
from local_inn_ros.sensing import Odometry, Odometry3

SPEED_MPS = 4.0
PERIOD_S = 0.1


class Drive:
    """A robot that drives ahead along x from the origin of map and odometry, and its filter."""

    def __init__(self, off_m: float = 0.0, told: FilterSettings | None = None) -> None:
        """Start the filter this far beside the robot, and sure of itself."""
        self.filter = PoseFilter(told)
        self.now_s = 0.0
        self.filter.predict(Odometry(0.0, Pose2.identity()))
        self.filter.reset(gaussian(0.0, off_m, 0.0, 0.005, 0.002), 0.0)

    def go(self) -> Pose2:
        """Drive on by one scan, and say where the robot is then."""
        for _ in range(10):
            self.now_s += 0.1 * PERIOD_S
            self.filter.predict(Odometry(self.now_s, self.truth, SPEED_MPS))
        return self.truth

    @property
    def truth(self) -> Pose2:
        return Pose2(SPEED_MPS * self.now_s, 0.0, 0.0)

    def hear(self, aside_m: float = 0.0, source: str = "laser", supported: bool = True) -> Fusion:
        """Hear of a fix that sees the robot this far beside where it is."""
        pose = gaussian(self.truth.x, aside_m, 0.0, 0.02, 0.01)
        return self.filter.fuse(Measurement(pose, self.now_s, source, supported))

    @property
    def error_m(self) -> float:
        return self.filter.estimate().pose.mean.distance_to(self.truth)


@pytest.mark.parametrize("off_m", [0.4, 3.0, 200.0])
def test_supported_fixes_that_agree_win_within_three(off_m: float) -> None:
    drive = Drive(off_m)
    told = []
    for _ in range(3):
        drive.go()
        told.append(drive.hear())
    assert [one.accepted for one in told] == [False, False, True]
    assert [one.gave_way for one in told] == [False, False, True]
    assert drive.error_m < 0.02
    assert drive.filter.consecutive_refusals == 0
    deviations = drive.filter.estimate().pose.deviations()
    assert np.all(deviations < [0.04, 0.04, 0.02])
    drive.go()
    assert drive.hear().accepted


@pytest.mark.parametrize("off_m", [0.05, 0.1, 0.15, 0.2, 0.3])
def test_whatever_it_is_off_by_it_is_right_within_three(off_m: float) -> None:
    """Also where the gate lets a fix pass in the end, since wheels may have slipped."""
    drive = Drive(off_m)
    for _ in range(3):
        drive.go()
        drive.hear()
    assert drive.error_m < 0.05


def test_outliers_that_the_scan_does_not_support_never_win() -> None:
    drive = Drive()
    for _ in range(6):
        drive.go()
        assert not drive.hear(2.0, supported=False).accepted
    assert drive.error_m < 0.1


def test_one_or_two_supported_outliers_do_not_win() -> None:
    drive = Drive()
    for _ in range(5):
        for _ in range(2):
            drive.go()
            assert not drive.hear(2.0).accepted
        drive.go()
        assert drive.hear().accepted
    assert drive.error_m < 0.02


def test_supported_fixes_that_contradict_each_other_do_not_win() -> None:
    drive = Drive()
    for aside_m in (2.0, -3.0, 6.0, -8.0, 2.5):
        drive.go()
        assert not drive.hear(aside_m).accepted
    assert drive.error_m < 0.2


def test_fixes_must_agree_through_the_odometry() -> None:
    """A source that repeats one and the same pose while the robot drives agrees with nobody."""
    drive = Drive()
    drive.go()
    stuck = gaussian(9.0, 0.0, 0.0, 0.02, 0.01)
    for _ in range(6):
        drive.go()
        assert not drive.filter.fuse(Measurement(stuck, drive.now_s, "laser", True)).accepted


def test_each_source_has_a_rival_of_its_own() -> None:
    """One laser that is off beside one that is right takes nothing over, whichever comes first."""
    drive = Drive()
    for k in range(12):
        drive.go()
        sources = ("rear", "front") if k % 2 else ("front", "rear")
        for source in sources:
            off_m = 1.0 if source == "rear" else 0.0
            assert drive.hear(off_m, source).accepted == (source == "front")
    assert drive.error_m < 0.02
    assert drive.filter.refusals_of("rear") == 12


def test_two_lasers_that_agree_need_three_fixes_of_one_of_them() -> None:
    drive = Drive(0.5)
    told = []
    for _ in range(3):
        drive.go()
        told += [drive.hear(0.0, "front").gave_way, drive.hear(0.0, "rear").accepted]
    assert told == [False, False, False, False, True, True]
    assert drive.error_m < 0.02


def test_a_fix_that_sees_the_other_directions_takes_nothing_back() -> None:
    """Where a wall ends, scans that do not see it come between those that do."""
    drive = Drive(0.6)
    for k in range(3):
        drive.go()
        open_aside = GaussianPose2.from_deviations(drive.truth, 0.02, 1e3, 0.01)
        assert drive.filter.fuse(Measurement(open_aside, drive.now_s, "laser", True)).accepted
        assert drive.hear().gave_way == (k == 2)
    assert drive.error_m < 0.03


def test_what_fixes_leave_open_is_kept() -> None:
    """The filter is off to the side only, and so the fixes say; along, it knows its place."""
    pose_filter = PoseFilter(FilterSettings(source=SourceSettings(shared_share=0.0)))
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.5, 0.0, 0.005, 0.002), 0.0)
    for k in range(1, 4):
        stamp_s = PERIOD_S * k
        pose_filter.predict(Odometry(stamp_s, Pose2.identity()))
        seen = GaussianPose2.from_deviations(Pose2(77.0, 0.0, 0.0), 1e3, 0.02, 0.01)
        told = pose_filter.fuse(Measurement(seen, stamp_s, "laser", True))
    assert told.gave_way
    found = pose_filter.estimate().pose
    assert found.mean.to_array() == pytest.approx([0.0, 0.0, 0.0], abs=0.02)
    assert found.deviations()[0] < 0.05


def test_a_fix_that_comes_late_counts_where_it_belongs() -> None:
    orders = ([0, 1, 2], [2, 0, 1], [1, 2, 0])
    found = []
    for order in orders:
        drive = Drive(0.5)
        fixes = []
        for _ in range(3):
            drive.go()
            fixes.append((drive.now_s, gaussian(drive.truth.x, 0.0, 0.0, 0.02, 0.01)))
        for k in order:
            drive.filter.fuse(Measurement(fixes[k][1], fixes[k][0], "laser", True))
        found.append(drive.filter.estimate().pose.mean.to_array())
    assert found[1] == pytest.approx(found[0], abs=1e-12)
    assert found[2] == pytest.approx(found[0], abs=1e-12)
    assert math.hypot(found[0][0] - drive.truth.x, found[0][1]) < 0.02


def test_in_space_it_is_the_same_rule() -> None:
    pose_filter = SpatialPoseFilter()
    pose_filter.predict(Odometry3(0.0, Pose3.identity()))
    pose_filter.reset(GaussianPose3(Pose3.identity(), 1e-4 * np.eye(6)), 0.0)
    turned = Pose3.from_roll_pitch_yaw([0.5, -0.3, 0.2], 0.0, 0.1, 0.8)
    there = GaussianPose3(turned, 4e-4 * np.eye(6))
    told = []
    for k in range(1, 4):
        pose_filter.predict(Odometry3(PERIOD_S * k, Pose3.identity()))
        told.append(pose_filter.fuse(Measurement(there, PERIOD_S * k, "cloud", True)).gave_way)
    assert told == [False, False, True]
    found = pose_filter.estimate().pose.mean
    assert found.distance_to(turned) < 0.02
    assert found.angle_to(turned) < 0.02
