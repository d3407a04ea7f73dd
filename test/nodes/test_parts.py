# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The small parts that nodes are made of: parameters, tallies, search reports."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from model_fixtures import oracle_model, room
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_fixtures import RosWorld

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.monitoring.whereabouts import Situation, Whereabouts
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.nodes.common.clock_skew import ClockSkew
from local_inn_ros.nodes.common.diagnostics import OK, WARN, Health, Tally
from local_inn_ros.nodes.common.parameters import (
    ParameterError,
    ParameterInfo,
    Parameters,
    parameter,
)
from local_inn_ros.nodes.demo.simulator import SimulatorParameters
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.localizer.localizer_health import localizer_health
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters
from local_inn_ros.nodes.localizer.scan_intake import ScanIntake
from local_inn_ros.nodes.localizer.search_report import search_report


@dataclass(frozen=True)
class Some:
    names: tuple[str, ...] = parameter(("a", "b"), ParameterInfo("Names."))
    speed: float = parameter(2.0, ParameterInfo("Speed.", low=0.0, high=3.0, unit="m/s"))
    pairs: int = parameter(4, ParameterInfo("Pairs.", low=2, high=8, step=2))
    inner: bool = parameter(True, ParameterInfo("Nested.", name="outer.inner"))


def test_parameters_are_declared_as_they_are_described(ros: RosWorld) -> None:
    assert Parameters(ros.probe, Some).now == Some()
    speed = ros.probe.describe_parameter("speed")
    assert speed.description == "Speed. [m/s]"
    assert speed.additional_constraints == "cannot change while it is in use"
    assert (speed.floating_point_range[0].from_value, speed.floating_point_range[0].to_value) == (
        0.0,
        3.0,
    )
    pairs = ros.probe.describe_parameter("pairs").integer_range[0]
    assert (pairs.from_value, pairs.to_value, pairs.step) == (2, 8, 2)
    assert ros.probe.get_parameter("outer.inner").value is True


@pytest.mark.parametrize("kind", [EkfParameters, LidarParameters, SimulatorParameters])
def test_every_parameter_says_what_it_does(kind: type) -> None:
    for one in fields(kind):
        info: ParameterInfo = one.metadata["parameter"]
        assert info.description.endswith(".")
        if isinstance(one.default, float) and info.low is not None:
            assert info.high is not None
            assert info.low <= one.default <= info.high


def test_a_tally_counts_since_the_last_report_and_in_all() -> None:
    tally = Tally()
    for _ in range(3):
        tally.count("scan")
    for value in (2.0, 4.0):
        tally.note("quality", value)
    assert tally.recent("scan") == 3
    assert tally.rate_hz("scan") > 0.0
    assert tally.means() == {"quality": 3.0}
    tally.begin_anew()
    tally.count("scan")
    assert tally.recent("scan") == 1
    assert tally.totals() == {"scan": 4}
    assert math.isnan(tally.mean("quality"))


ALL_WELL = Situation(Whereabouts.LOCALIZED, searching=False, places=(1.0,))


def health_in(situation: Situation) -> Health:
    tally = Tally()
    for what in ("scan", "odometry", "fix"):
        tally.count(what)
    told, model = LidarParameters(), oracle_model(room())
    scans = ScanIntake(SimpleNamespace(now=told))
    return localizer_health(
        tally, [], [], ClockSkew(), situation, model, told, {}, scans.words, scans.limits
    )


@pytest.mark.parametrize(
    ("changes", "word", "message"),
    [
        ({}, "localized", "fixes are made"),
        (
            {"places": (0.55, 0.45)},
            "ambiguous",
            "ambiguous: 2 places explain the scan about as well",
        ),
        ({"known": Whereabouts.LOST}, "lost", "lost: the scans do not fit the map at the pose"),
        (
            {"known": Whereabouts.LOST, "searching": True},
            "searching",
            "lost: the scans do not fit the map at the pose; searching the map",
        ),
        ({"known": Whereabouts.WAITING}, "waiting", "waits for a first pose"),
        (
            {"known": Whereabouts.WAITING, "places": (0.4, 0.3, 0.3)},
            "ambiguous",
            "waits for a first pose; ambiguous: 3 places explain the scan about as well",
        ),
        ({"searching": True}, "searching", "searching the map"),
    ],
)
def test_what_is_known_of_the_robot_is_told(
    changes: dict[str, object], word: str, message: str
) -> None:
    situation = replace(ALL_WELL, **changes)
    health = health_in(situation)
    assert (health.message, health.values["state"]) == (message, word)
    assert health.level == (OK if not changes else WARN)
    assert health.values["lost"] == situation.lost
    assert situation.localized == (word == "localized" or changes == {"searching": True})


def test_the_weights_of_the_places_are_told() -> None:
    assert health_in(replace(ALL_WELL, places=(0.55, 0.45))).values["places"] == "0.55 0.45"


def test_a_search_is_told_in_words_and_in_figures() -> None:
    places = [GaussianPose2.from_deviations(Pose2(x, 2.0, 0.5), 0.1, 0.2, 0.05) for x in (1.0, 9.0)]
    hypotheses = (Hypothesis(places[0], 0.9, 0.8), Hypothesis(places[1], 0.4, 0.2))
    sentence, figures = search_report(
        SearchResult(True, places[0], hypotheses, "", 0.25)
    ).splitlines()
    assert sentence == (
        "found at x 1.00 m, y 2.00 m, yaw 28.6 deg "
        "(deviations 0.100 m, 0.200 m, 2.86 deg) in 0.25 s"
    )
    told = json.loads(figures)
    assert [one["score"] for one in told["hypotheses"]] == [0.9, 0.4]
    assert told["hypotheses"][1]["x_m"] == 9.0
    assert told["pose"]["deviations"]["yaw_rad"] == 0.05

    unclear = SearchResult(False, None, hypotheses, "ambiguous", 0.5)
    sentence, figures = search_report(unclear).splitlines()
    assert sentence == "not found after 0.50 s: ambiguous"
    assert json.loads(figures)["pose"] is None


def test_a_choice_that_there_is_not_is_refused(ros: RosWorld) -> None:
    refiner = Parameter("refiner", value="grid")
    node = Node("other", context=ros.context, parameter_overrides=[refiner])
    ros.add(node)
    with pytest.raises(ParameterError, match=r"'grid'.*field, forward, none"):
        Parameters(node, LidarParameters)
