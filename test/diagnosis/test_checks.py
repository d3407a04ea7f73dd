# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from doctor_patients import (
    GRID,
    ODOMETRY,
    POSE,
    SCAN,
    found,
    healthy,
    only,
    topic,
    with_node,
    with_odometry,
    with_parameter,
    with_topics,
)

from local_inn_ros.diagnosis.checks import examine
from local_inn_ros.diagnosis.facts import (
    Diagnosis,
    Endpoint,
    Facts,
    Topic,
)
from local_inn_ros.diagnosis.findings import Severity


def test_a_healthy_robot_has_no_finding() -> None:
    report = examine(healthy())
    assert report.findings == ()
    assert report.healthy
    assert report.figures["/scan rate [Hz]"] == pytest.approx(40.0)
    assert report.figures["/odom age, median [s]"] == pytest.approx(0.005, abs=1e-4)
    assert report.to_json()["findings"] == []


def test_what_is_found_is_told_in_one_line_with_its_cure() -> None:
    seen = with_topics(healthy(), topic("/scan", SCAN, [], ["/lidar_localizer"]))
    seen = with_topics(seen, topic("/front/scan", SCAN, ["/driver"], []))
    report = examine(seen)
    assert not report.healthy
    line = report.findings[0].line()
    assert line.count("\n") == 0
    assert line.startswith("error [scan.missing] nobody publishes /scan: ")
    assert "-r scan:=/front/scan" in line
    assert report.to_json()["findings"][0]["severity"] == "error"


def test_errors_come_before_warnings() -> None:
    seen = with_odometry(healthy(), lambda one: replace(one, yaw_rate_radps=-one.yaw_rate_radps))
    seen = with_node(seen, "ekf", count=2)
    grades = [one.severity for one in examine(seen).findings]
    assert grades == [Severity.ERROR, Severity.WARNING]


def test_an_empty_graph_speaks_of_discovery() -> None:
    finding = only(replace(healthy(), all_nodes=(), nodes={}), "graph.empty")
    assert "ROS_DOMAIN_ID is 7" in finding.why
    assert "LOCALHOST" in finding.why


def without(seen: Facts, name: str) -> Facts:
    """Take a node out, with its publishers and subscriptions."""
    full = seen.nodes[name].name
    left = {
        key: Topic(
            key,
            tuple(one for one in each.publishers if one.node != full),
            tuple(one for one in each.subscriptions if one.node != full),
        )
        for key, each in seen.topics.items()
    }
    nodes = {key: one for key, one in seen.nodes.items() if key != name}
    return replace(seen, nodes=nodes, topics=left)


def test_a_node_that_does_not_run_is_named() -> None:
    finding = only(without(healthy(), "ekf"), "nodes.missing")
    assert "/ekf" in finding.what
    seen = replace(without(healthy(), "ekf"), namespace="/robot1")
    assert "/robot1/ekf" in found(seen)["nodes.missing"].what


def test_a_node_that_runs_twice_or_is_not_active_is_told() -> None:
    assert "2 nodes" in only(with_node(healthy(), "ekf", count=2), "nodes.twice").what
    finding = only(with_node(healthy(), "ekf", state="unconfigured"), "nodes.inactive")
    configure, activate = "ros2 lifecycle set /ekf configure", "ros2 lifecycle set /ekf activate"
    assert f"{configure} && {activate}" in finding.mend
    finding = only(with_node(healthy(), "ekf", state="finalized"), "nodes.inactive")
    assert "log" in finding.mend
    # A node without a lifecycle is not blamed for it.
    assert examine(with_node(healthy(), "ekf", state="")).findings == ()


def test_a_node_that_does_not_answer_is_told() -> None:
    seen = with_node(healthy(), "ekf", answers=False, parameters={})
    assert only(seen, "nodes.silent").severity is Severity.WARNING


def test_nodes_that_were_told_different_frames() -> None:
    seen = with_parameter(healthy(), "lidar_localizer", "base_frame_id", "base_footprint")
    finding = only(seen, "parameters.frames")
    assert "'base_footprint' for /lidar_localizer" in finding.what


def test_a_topic_of_another_type() -> None:
    seen = with_topics(healthy(), topic("/odom", POSE, ["/driver"], ["/ekf"]))
    assert POSE in only(seen, "odom.type").what


def test_without_a_like_topic_nothing_is_suggested() -> None:
    seen = with_topics(healthy(), topic("/odom", ODOMETRY, [], ["/ekf"]))
    # `odometry/filtered` is the localization's own.
    assert "remap" not in only(seen, "odom.missing").mend


def test_two_writers_of_one_topic() -> None:
    seen = with_topics(healthy(), topic("/odom", ODOMETRY, ["/driver", "/base"], ["/ekf"]))
    assert "/base, /driver" in only(seen, "odom.writers").what


def test_nodes_that_do_not_hear_each_other() -> None:
    seen = with_topics(healthy(), topic("/lidar_localizer/measurement", POSE, [], ["/ekf"]))
    assert "/lidar_localizer/measurement" in only(seen, "nodes.apart").what


def test_quality_of_service_that_does_not_match() -> None:
    volatile = Endpoint("/map_server", GRID, True, False)
    wanting = Endpoint("/lidar_localizer", GRID, True, True)
    finding = only(with_topics(healthy(), Topic("/map", (volatile,), (wanting,))), "qos.durability")
    assert "qos_overrides./map.subscription.durability of /lidar_localizer to volatile" in (
        finding.mend
    )
    samples = Topic(
        "/lidar_localizer/samples",
        (Endpoint("/lidar_localizer", "geometry_msgs/msg/PoseArray", False, False),),
        (Endpoint("/rviz", "geometry_msgs/msg/PoseArray", True, False),),
    )
    finding = only(with_topics(healthy(), samples), "qos.reliability")
    assert (
        "qos_overrides./lidar_localizer/samples.publisher.reliability of /lidar_localizer to "
        "reliable"
    ) in finding.mend


def test_quality_of_service_that_goes_together_or_is_not_known_is_no_fault() -> None:
    offered = (Endpoint("/driver", SCAN, True, True), Endpoint("/other", SCAN, None, None))
    wanted = (Endpoint("/lidar_localizer", SCAN, False, False), Endpoint("/rviz", SCAN, True, None))
    seen = with_topics(healthy(), Topic("/third", offered, wanted))
    assert examine(seen).findings == ()


def test_somebody_else_who_tells_the_pose() -> None:
    seen = with_topics(healthy(), topic("/amcl_pose", POSE, ["/amcl", "/ekf"], []))
    finding = only(seen, "pose.writers")
    assert finding.what == "/amcl publishes /amcl_pose too"


def test_a_filter_that_was_not_found_is_nobody_else() -> None:
    seen = with_topics(healthy(), topic("/amcl_pose", POSE, ["/ekf"], []))
    blind = replace(seen, nodes={"lidar_localizer": seen.nodes["lidar_localizer"]})
    found = [one.check for one in examine(blind).findings]
    assert "nodes.missing" in found
    assert "pose.writers" not in found


def test_what_the_nodes_say_is_passed_on() -> None:
    lost = Diagnosis(2, "lost: the fixes contradict the pose")
    finding = only(with_node(healthy(), "ekf", diagnosis=lost), "health")
    assert finding.what == "/ekf says: lost: the fixes contradict the pose"
    assert "/relocalize" in finding.mend


def test_waiting_for_a_pose_is_told_once_with_ways_to_give_one() -> None:
    waits = Diagnosis(1, "waits for a first pose")
    seen = with_node(healthy(), "lidar_localizer", diagnosis=waits)
    seen = with_node(seen, "ekf", diagnosis=Diagnosis(1, "waits for an initial pose"))
    finding = only(seen, "health.pose")
    assert "2D Pose Estimate" in finding.mend
    assert "search_at_start" in finding.mend


def test_a_poor_quality_and_a_silent_node() -> None:
    poor = Diagnosis(1, "the quality is 0.21, below 0.5", {"quality": "0.21"})
    finding = only(with_node(healthy(), "lidar_localizer", diagnosis=poor), "health.quality")
    assert "0.21" in finding.what
    assert "said nothing" in only(with_node(healthy(), "ekf", diagnosis=None), "health.silent").what


def test_a_complaint_whose_cause_is_found_is_not_told_again() -> None:
    seen = with_topics(healthy(), topic("/scan", SCAN, [], ["/lidar_localizer"]))
    complaint = Diagnosis(2, "no scans come; waits for a first pose")
    seen = with_node(seen, "lidar_localizer", diagnosis=complaint)
    assert found(seen).keys() == {"scan.missing", "health.pose"}
    # Without a cause it is told.
    checks = found(with_node(healthy(), "lidar_localizer", diagnosis=complaint))
    assert checks.keys() == {"health", "health.pose"}
    assert checks["health"].what == "/lidar_localizer says: no scans come"


def test_the_page_names_every_check() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = "".join(
        path.read_text() for path in (root / "local_inn_ros" / "diagnosis").glob("*_checks.py")
    )
    written = set(re.findall(r'(?:error|warning|grade)\(\s*f?"([a-z_{}.]+)",', sources))
    # Those of a table of reasons.
    written |= set(re.findall(r'"(camera[.][a-z]+)",', sources))
    spelled = {
        name.replace("{role}", role).replace("{policy}", policy)
        for name in written
        for role in ("scan", "odom", "camera")
        for policy in ("reliability", "durability")
    }
    page = (root / "docs" / "doctor.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `") and "--" not in line]
    assert {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row.split("|")[1])} == (
        spelled
    )
    assert len(spelled) > 40
