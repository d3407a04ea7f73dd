# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that a node does not know, or that are of another type, are named."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from rclpy.parameter import Parameter
from ros_fixtures import RosWorld, run_node, set_parameter

from local_inn_ros.nodes.common.parameters import ParameterError
from local_inn_ros.nodes.common.unknown_parameters import sentences_about, warn_of_unknown
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer


class Log:
    """Stands for the log of a node."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, text: str, **_: Any) -> None:
        self.lines.append(text)


def warned(ros: RosWorld, monkeypatch: pytest.MonkeyPatch, kind: Any, **told: Any) -> list[str]:
    node = ros.start(kind, autostart=False, **told)
    log = Log()
    monkeypatch.setattr(node, "get_logger", lambda: log)
    warn_of_unknown(node)
    return log.lines


@pytest.mark.parametrize(
    ("kind", "told", "meant"),
    [
        (LidarLocalizer, "sampels", "samples"),
        (LidarLocalizer, "odomframe_id", "odom_frame_id"),
        (LidarLocalizer, "odometry_noise__distance_scael", "odometry_noise.distance_scale"),
        (Ekf, "transform_tolerence", "transform_tolerance"),
        (Ekf, "Base_frame_id", "base_frame_id"),
    ],
)
def test_the_nearest_parameter_is_named(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch, kind: Any, told: str, meant: str
) -> None:
    (line,) = warned(ros, monkeypatch, kind, **{told: 12})
    told = told.replace("__", ".")
    assert line == f"parameter '{told}' is not known and not heeded: is '{meant}' meant?"


def test_what_is_for_others_or_for_ros_is_not_complained_of(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A launch file tells both nodes of a process all that it was given.
    told = {
        "bundle": "/models/hall",
        "search_at_start": True,
        "use_sim_time": False,
        "qos_overrides./odom.subscription.depth": 5,
    }
    assert warned(ros, monkeypatch, Ekf, **told) == []
    assert warned(ros, monkeypatch, LidarLocalizer, tf_broadcast=False) == []


def test_amcls_and_unlike_names_are_told() -> None:
    lines = list(sentences_about(["max_particles", "zzz", "foo.bar"], ["samples"], []))
    assert lines[0].startswith("parameter 'max_particles' is AMCL's and not heeded; here: none")
    assert lines[1].startswith("not known and not heeded: 'zzz', 'foo.bar'; ")
    assert list(sentences_about([], ["samples"], [])) == []


@pytest.mark.parametrize(
    ("node", "name", "value", "told"),
    [
        ("lidar_localizer", "samples", "many", "samples is an integer, and was given a text: many"),
        ("lidar_localizer", "samples", True, "samples is an integer, and was given true or false"),
        ("lidar_localizer", "refiner", 7, "refiner is a text, and was given an integer: 7"),
        ("ekf", "transform_tolerance", 1, "is a double, such as 1.0, and was given an integer: 1"),
        ("ekf", "tf_broadcast", "yes", "tf_broadcast is true or false, and was given a text: yes"),
        ("ekf", "transform_tolerence", 0.5, "is 'transform_tolerance' meant?"),
        ("ekf", "zzz", 0.5, "there is no parameter 'zzz'"),
        ("ekf", "use_sim_time", "yes", "use_sim_time is true or false, and was given a text: yes"),
        ("lidar_localizer", "use_sim_time", 1, "is true or false, and was given an integer: 1"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(
    ros: RosWorld, node: str, name: str, value: Any, told: str
) -> None:
    ros.start(LidarLocalizer if node == "lidar_localizer" else Ekf, autostart=False)
    answer = set_parameter(ros, node, name, value)
    assert not answer.successful
    assert told in answer.reason
    assert name in answer.reason


def test_what_is_right_is_set(ros: RosWorld) -> None:
    node = ros.start(Ekf, autostart=False)
    assert set_parameter(ros, "ekf", "transform_tolerance", 0.5).successful
    assert set_parameter(ros, "ekf", "fix_topics", ["a", "b"]).successful
    assert set_parameter(ros, "ekf", "use_sim_time", False).successful
    assert node.parameters.now.transform_tolerance == 0.5
    both = [Parameter("transform_tolerance", value=0.7), Parameter("tf_broadcast", value="no")]
    assert not node.set_parameters_atomically(both).successful
    assert node.parameters.now.transform_tolerance == 0.5


@pytest.mark.parametrize(
    ("kind", "name", "value", "told"),
    [
        (Ekf, "initial_pose__x", 1, "initial_pose.x is a double, such as 1.0, and was given an"),
        (Ekf, "set_initial_pose", "yes", "is true or false, and was given a text: yes"),
        (Ekf, "fix_topics", "scan", "fix_topics is an array of texts, and was given a text: scan"),
        (LidarLocalizer, "samples", 12.0, "samples is an integer, and was given a double: 12.0"),
    ],
)
def test_a_value_of_another_type_is_told_at_the_start(
    ros: RosWorld, kind: Any, name: str, value: Any, told: str
) -> None:
    with pytest.raises(ParameterError, match=told):
        ros.start(kind, **{name: value})


def test_one_of_ros_own_of_another_type_is_a_sentence() -> None:
    ended = run_node("filter.ekf", ["use_sim_time:=1"])
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert "use_sim_time" in said
    assert "BOOL" in said
    assert "Traceback" not in said


def test_a_typing_error_is_told_of_at_the_start() -> None:
    ended = run_node("localization", ["bundle:=/nowhere", "sampels:=12"])
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    for node in ("lidar_localizer", "ekf"):
        (line,) = [line for line in said.splitlines() if "sampels" in line and node in line]
        assert "WARN" in line
        assert "is 'samples' meant?" in line


@pytest.mark.parametrize("level", ["loud", "0", "INFOO"])
def test_a_level_of_the_log_that_there_is_not_is_a_sentence(level: str) -> None:
    ended = run_node("filter.ekf", [], ["--log-level", level])
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("ekf: ")]
    assert f"'--log-level {level}'" in line
    assert line.endswith("levels are debug, info, warn, error and fatal")


@pytest.mark.parametrize("words", [["-r", "a:=b:=c:="], ["--params-file", "/nowhere.yaml"]])
def test_words_that_ros_cannot_use_are_a_sentence(words: list[str]) -> None:
    ended = run_node("filter.ekf", [], words)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("ekf: ")]
    assert words[1] in line
