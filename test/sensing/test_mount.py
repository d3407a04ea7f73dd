# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a sensor sits: any way on a robot, and level for a planar laser."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2, Pose3
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.sensing.mount import Mount

PLACE = (0.2, -0.1, 0.6)
angles = st.floats(-math.pi, math.pi)


def mounted(roll: float, pitch: float, yaw: float) -> Mount:
    return Mount(Pose3.from_roll_pitch_yaw(PLACE, roll, pitch, yaw), "base_link", "sensor")


@given(angles, angles, angles)
def test_a_sensor_may_look_any_way(roll: float, pitch: float, yaw: float) -> None:
    told = Pose3.from_roll_pitch_yaw(PLACE, roll, pitch, yaw)
    kept = Mount(told, "base_link", "camera").base_from_sensor
    assert np.array_equal(kept.rotation, told.rotation)
    assert kept.translation == pytest.approx(np.array(PLACE))


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("off_m", [1000.0, -1e200, math.inf, math.nan])
def test_what_is_on_no_robot_is_refused(axis: int, off_m: float) -> None:
    place = np.zeros(3)
    place[axis] = off_m
    with pytest.raises(SensorError, match=r"'camera' is mounted at \[.*\] m from 'base_link'"):
        Mount(Pose3(np.eye(3), place), "base_link", "camera")


def test_a_long_robot_is_one() -> None:
    Mount(Pose3(np.eye(3), np.array([999.0, -999.0, 999.0])), "base_link", "camera")


@given(st.floats(0.0, 4.9), angles, angles)
def test_a_laser_may_lean_a_little_to_any_side(lean: float, side: float, yaw: float) -> None:
    tilted = Pose3.from_roll_pitch_yaw(PLACE, 0.0, 0.0, side) @ Pose3.from_roll_pitch_yaw(
        (0.0, 0.0, 0.0), 0.0, math.radians(lean), yaw - side
    )
    found = LaserMount.of(Mount(tilted, "base_link", "laser"))
    assert not found.upside_down
    assert (found.pose.x, found.pose.y) == pytest.approx(PLACE[:2])
    # Leaning turns the direction of the x axis, seen from above, by next to nothing.
    assert found.pose.between(Pose2(*PLACE[:2], yaw)).yaw == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("over", [0.0, math.pi])
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("about", ["roll", "pitch"])
def test_a_laser_is_level_up_to_five_degrees(over: float, sign: float, about: str) -> None:
    def leaning(degrees: float) -> Mount:
        lean = sign * math.radians(degrees)
        return mounted(over + lean, 0.0, 0.7) if about == "roll" else mounted(over, lean, 0.7)

    accepted = LaserMount.of(leaning(4.9))
    assert accepted.upside_down is (over > 0.0)
    assert accepted.pose.yaw == pytest.approx(0.7, abs=0.005)
    sentence = "'sensor' leans by 5.1 degrees against 'base_link': only a laser that scans level"
    with pytest.raises(SensorError, match=sentence):
        LaserMount.of(leaning(5.1))


def test_the_scan_of_a_laser_upside_down_is_seen_from_above() -> None:
    scan = Scan(0.0, np.ones(3, dtype=np.float32), -0.5, 0.25, 0.1, 10.0)
    upright, hanging = (LaserMount.of(mounted(roll, 0.0, 0.0)) for roll in (0.0, math.pi))
    assert upright.righted(scan) is scan
    assert hanging.righted(scan).angles_rad() == pytest.approx(-scan.angles_rad())
