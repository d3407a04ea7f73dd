# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter learns by how much the wheels slip and turns are read too large."""

import math
from itertools import pairwise

import numpy as np
import pytest
from filter_runs import fuse

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry
from local_inn_ros.simulation.vehicle import arc

PERIOD_S = 0.02
SPEED_MPS, RATE_RADPS = 5.0, 1.0


class Drive:
    """A robot on a circle, whose wheels are wrong by scales, with a fix every so many readings."""

    def __init__(self, settings: FilterSettings | None = None) -> None:
        self.filter = PoseFilter(settings)
        self.truth = self.believed = Pose2.identity()
        self.stamp_s = 0.0
        self.filter.predict(Odometry(0.0, self.believed))
        self.filter.reset(GaussianPose2.from_deviations(self.truth, 0.01, 0.01, 0.01), 0.0)

    def go(
        self,
        duration_s: float,
        distance_scale: float = 1.0,
        turn_scale: float = 1.0,
        fix_every: int = 0,
        speed_mps: float = SPEED_MPS,
    ) -> None:
        """Drive on; the scales are what the odometry says over what is true."""
        distance, turn = speed_mps * PERIOD_S, RATE_RADPS * PERIOD_S * (speed_mps > 0.0)
        for k in range(1, round(duration_s / PERIOD_S) + 1):
            self.truth = self.truth @ arc(distance, turn)
            self.believed = self.believed @ arc(distance_scale * distance, turn_scale * turn)
            self.stamp_s += PERIOD_S
            self.filter.predict(Odometry(self.stamp_s, self.believed))
            if fix_every and k % fix_every == 0:
                assert self.fix(self.truth)

    def fix(self, pose: Pose2) -> bool:
        fix = GaussianPose2.from_deviations(pose, 0.005, 0.005, 0.002)
        return fuse(self.filter, fix, self.stamp_s).accepted

    def error_m(self) -> float:
        return self.filter.estimate().pose.mean.distance_to(self.truth)


@pytest.mark.parametrize(("distance", "turn"), [(0.75, 1.0), (1.25, 1.0), (1.0, 1.05)])
def test_what_was_learned_holds_between_fixes(distance: float, turn: float) -> None:
    # What is learned of a turn rate depends on how much of it is called noise: wheels that are
    # exact but for their scales.
    exact = MotionNoise(yaw_per_metre_rad=0.02)
    learned = Drive(FilterSettings(exact))
    told_right = Drive(FilterSettings(exact, ScaleNoise(0.0, 0.0)))
    for drive in (learned, told_right):
        drive.go(2.0, distance, turn, fix_every=5)
        # The wheels go on as before, for 2 m that no fix sees.
        drive.go(0.4, distance, turn)
    assert learned.error_m() < 0.5 * told_right.error_m()


def test_a_jump_of_slip_is_recognised_from_one_fix() -> None:
    drive = Drive()
    drive.go(2.0, 1.0, fix_every=5)
    # 10 Hz between fixes, and suddenly the wheels report half as far again.
    drive.go(0.1, 1.5)
    before = drive.error_m()
    assert before > 0.2
    assert drive.fix(drive.truth)
    assert drive.error_m() < 0.01
    drive.go(0.1, 1.5)
    assert drive.error_m() < 0.5 * before


def test_no_slip_explains_a_jump_to_the_side() -> None:
    drive = Drive()
    drive.go(2.0, 1.0, fix_every=5)
    drive.go(0.1, 1.0)
    assert not drive.fix(drive.truth @ Pose2(0.0, 0.3, 0.0))
    assert drive.filter.consecutive_refusals == 1


def test_a_robot_that_stands_has_not_slipped() -> None:
    drive = Drive()
    drive.go(2.0, 1.0, fix_every=5)
    drive.go(0.2, speed_mps=0.0)
    assert drive.fix(drive.truth)
    drive.go(0.2, speed_mps=0.0)
    assert not drive.fix(drive.truth @ Pose2(0.3, 0.0, 0.0))


def moved_after_standing(drive: Drive, reported_m: float) -> float:
    """Let a robot stand until a spell of slip is over; return how far a reading then moves it."""
    drive.go(20.0, speed_mps=0.0)
    stood = drive.filter.estimate().pose
    drive.believed = drive.believed @ arc(reported_m, 0.0)
    drive.stamp_s += PERIOD_S
    drive.filter.predict(Odometry(drive.stamp_s, drive.believed))
    return stood.mean.between(drive.filter.estimate().pose.mean).x


def test_a_spell_of_slip_is_forgotten_in_time() -> None:
    drive = Drive()
    drive.go(20.0, 1.0, fix_every=5)
    drive.go(0.5, 0.8, fix_every=5)
    assert moved_after_standing(drive, 0.25) == pytest.approx(0.25, rel=0.02)


def test_wheels_that_are_always_wrong_are_known_to_be() -> None:
    drive = Drive()
    drive.go(60.0, 0.8, fix_every=5)
    # After a minute, four fifths of what they are wrong by and more.
    wrong_m = 0.25 / 0.8 - 0.25
    assert 0.8 * wrong_m < moved_after_standing(drive, 0.25) - 0.25 < 1.05 * wrong_m


def test_nothing_is_usual_of_what_no_fix_told() -> None:
    drive = Drive()
    drive.go(20.0, 0.8)
    assert moved_after_standing(drive, 0.25) == pytest.approx(0.25, rel=1e-3)


def test_a_blind_stretch_is_as_uncertain_as_the_wheels_may_slip() -> None:
    drive = Drive()
    drive.go(2.0, 1.0, fix_every=5)
    deviations = []
    for _ in range(20):
        drive.go(0.1)
        covariance = drive.filter.estimate().pose.covariance
        assert np.linalg.eigvalsh(covariance)[0] > 0.0
        deviations.append(math.sqrt(np.trace(covariance[:2, :2])))
    assert all(one < other for one, other in pairwise(deviations))
    # 10 m without a fix: a metre and a half is what wheels that slip by a fifth may be off.
    assert 0.5 < deviations[-1] < 2.5
