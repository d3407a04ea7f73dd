# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes say of their health, by the bounds that parameters set."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from localization_helpers import gaussian, odometry_at
from localizer_bench import Robot
from model_fixtures import oracle_model, room
from rclpy.parameter import Parameter
from ros_fixtures import RosWorld

from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.localization.monitoring.whereabouts import Situation, Whereabouts
from local_inn_ros.nodes.common.clock_skew import ClockSkew
from local_inn_ros.nodes.common.diagnostics import (
    ERROR,
    OK,
    WARN,
    Finding,
    Health,
    Tally,
    beyond,
    health_of,
)
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.nodes.filter.ekf_health import KEPT, ekf_health
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.localizer.localizer_health import (
    QUALITY,
    SCAN_TIME,
    STAMP_AGE,
    localizer_health,
)
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters
from local_inn_ros.nodes.localizer.scan_intake import ScanIntake

ALL_WELL = Situation(Whereabouts.LOCALIZED, searching=False, places=(1.0,))


@pytest.mark.parametrize(
    ("value", "low", "level"),
    [
        (0.5, False, OK),
        (1.5, False, WARN),
        (2.5, False, ERROR),
        (math.nan, False, OK),
        (2.5, True, OK),
        (1.5, True, WARN),
        (0.5, True, ERROR),
    ],
)
def test_a_figure_is_judged_by_its_bounds(value: float, low: bool, level: bytes) -> None:
    near, far = (2.0, 1.0) if low else (1.0, 2.0)
    found = list(beyond("the figure", value, near, far, low=low))
    assert health_of(found, "well", {}).level == level
    assert not list(beyond("the figure", value, 0.0, 0.0, low=low))


def test_the_gravest_is_said_first() -> None:
    found = [Finding(WARN, "a draught"), Finding(ERROR, "a fire"), Finding(WARN, "a noise")]
    health = health_of(found, "well", {"rooms": 3})
    assert health == Health(ERROR, "a fire; a draught; a noise", {"rooms": 3})
    assert health_of([], "well", {}) == Health(OK, "well", {})


def localizer(told: LidarParameters, **figures: float) -> Health:
    tally = Tally()
    for what in ("scan", "odometry", "fix"):
        tally.count(what)
    for name, value in figures.items():
        tally.note({"age": STAMP_AGE, "quality": QUALITY, "time": SCAN_TIME}[name], value)
    scans, model = ScanIntake(SimpleNamespace(now=told)), oracle_model(room())
    return localizer_health(
        tally, (), (), ClockSkew(), ALL_WELL, model, told, {}, scans.words, scans.limits
    )


@pytest.mark.parametrize(
    ("figures", "level", "words"),
    [
        ({"age": 0.1, "quality": 0.9, "time": 5.0}, OK, "fixes are made"),
        ({"age": 0.5}, WARN, "the scans' age [s] is 0.5, above 0.3"),
        ({"age": 2.0}, ERROR, "the scans' age [s] is 2, above 1"),
        ({"age": -2.0}, ERROR, "the scans' lead on this machine's clock [s] is 2, above 1"),
        ({"quality": 0.3}, WARN, "the quality is 0.3, below 0.5"),
        ({"time": 50.0}, WARN, "the time for a scan [s] is 0.05, above 0.03"),
        ({"quality": 0.01, "time": 50.0}, ERROR, "the quality is 0.01, below 0.05; the time for"),
    ],
)
def test_the_localizers_figures_have_bounds(
    figures: dict[str, float], level: bytes, words: str
) -> None:
    health = localizer(LidarParameters(), **figures)
    assert health.level == level
    assert words in health.message
    free = replace(
        LidarParameters(),
        **{
            f"{name}_{grade}": 0.0
            for name in ("scan_rate", "stamp_age", "quality", "scan_time")
            for grade in ("warn", "error")
        },
    )
    assert localizer(free, **figures).level == OK


def test_the_filters_figures_have_bounds() -> None:
    pose_filter = PoseFilter()
    pose_filter.predict(odometry_at(0.0))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.1, 0.1), 0.0)
    tally = Tally()
    assert "no odometry comes" in ekf_health(tally, pose_filter, EkfParameters(), ()).message
    tally.count(KEPT)
    for accepted in (True, False, False):
        tally.count("fix")
        if accepted:
            tally.count("fix accepted")
    health = ekf_health(tally, pose_filter, EkfParameters(), ())
    assert (health.level, health.message) == (
        WARN,
        "the share of refused fixes is 0.667, above 0.2",
    )
    assert ekf_health(tally, pose_filter, EkfParameters(refused_error=0.5), ()).level == ERROR
    assert ekf_health(tally, pose_filter, EkfParameters(refused_warn=0.0), ()).level == OK


def test_the_bounds_are_those_of_the_parameters(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    heard = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    told = [Parameter("diagnostics.scan_rate_warn", value=9999.0)]
    assert robot.node.set_parameters(told)[0].successful

    def warned() -> list[DiagnosticArray]:
        return [one for one in heard if "below 9999" in one.status[0].message]

    robot.step_until(warned, "the warning")
    told_of = {one.key for one in warned()[0].status[0].values}
    assert {
        "scan rate [Hz]",
        "stamp age [s]",
        "mount age [s]",
        "stage all [ms]",
        "quality",
        "engine",
        "bundle",
    } <= told_of
