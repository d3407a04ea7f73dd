# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from doctor_patients import (
    GRID,
    ODOMETRY,
    POSE,
    SCAN,
    arrivals,
    drive,
    healthy,
    topic,
    with_node,
    with_odometry,
    with_parameter,
    with_scans,
    with_topics,
)

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.doctor_checks import examine
from local_inn_ros.nodes.doctor_facts import (
    Diagnosis,
    Endpoint,
    Facts,
    Link,
    OdometryStream,
    ScanStream,
    Topic,
    Transforms,
)
from local_inn_ros.nodes.doctor_findings import Finding, Severity
from local_inn_ros.nodes.doctor_frame_checks import goes_back_and_forth
from local_inn_ros.nodes.doctor_odometry_checks import motion
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import OccupancyGrid

Change = Callable[[Facts], Facts]


def found(seen: Facts) -> dict[str, Finding]:
    return {one.check: one for one in examine(seen).findings}


def only(seen: Facts, check: str) -> Finding:
    """Return the one finding that there should be."""
    findings = examine(seen).findings
    assert [one.check for one in findings] == [check], [one.line() for one in findings]
    return findings[0]


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


def test_a_publisher_that_says_nothing() -> None:
    seen = healthy()
    silent = ScanStream("/scan", arrivals([], "laser"), ())
    finding = only(replace(seen, scans=(silent,)), "scan.silent")
    assert finding.what.startswith("/driver publishes /scan, but nothing came")


@pytest.mark.parametrize(
    ("simulated", "ticks", "check"),
    [(False, 10, "clock.unused"), (True, 0, "clock.missing"), (True, 10, None), (False, 0, None)],
)
def test_the_clock_and_use_sim_time(simulated: bool, ticks: int, check: str | None) -> None:
    seen = replace(healthy(), clock_ticks=ticks, clock_publishers=("/player",) * bool(ticks))
    for name in ("ekf", "lidar_localizer"):
        seen = with_parameter(seen, name, "use_sim_time", simulated)
    checks = [one.check for one in examine(seen).findings]
    assert checks == ([] if check is None else [check, check])


def test_a_laser_that_turns_slowly() -> None:
    seen = healthy()
    scans = seen.scans[0].scans[::4]
    came = arrivals([one.stamp_s for one in scans], "laser")
    finding = only(replace(seen, scans=(ScanStream("/scan", came, scans),)), "scan.rate")
    assert "10.0 Hz" in finding.what
    assert "40 Hz" in finding.why


def test_odometry_that_is_rare() -> None:
    seen = healthy()
    readings = seen.odometry.readings[::25]
    came = arrivals([one.stamp_s for one in readings], "odom")
    rare = replace(seen.odometry, readings=readings, arrivals=came)
    assert "4.0 Hz" in only(replace(seen, odometry=rare), "odom.rate").what


def test_clocks_that_differ() -> None:
    seen = with_scans(healthy(), lambda scan: scan, age_s=1.3)
    checks = found(seen)
    assert checks.keys() == {"scan.age", "clock.apart"}
    assert checks["scan.age"].severity is Severity.ERROR
    assert "1.3 s old" in checks["scan.age"].what
    assert checks["clock.apart"].what == "the stamps on /scan are 1.29 s behind those on /odom"

    ahead = with_odometry(healthy(), lambda one: one, age_s=-0.3)
    checks = found(ahead)
    assert checks.keys() == {"odom.age", "clock.apart"}
    assert checks["odom.age"].severity is Severity.WARNING
    assert "ahead" in checks["odom.age"].what
    assert checks["clock.apart"].what.startswith("the stamps on /scan are")


def test_ages_that_vary() -> None:
    seen = healthy()
    stamps = seen.scans[0].arrivals.stamps_s
    late = np.where(np.arange(len(stamps)) % 3 == 0, 0.4, 0.0)
    came = replace(seen.scans[0].arrivals, arrivals_s=stamps + late)
    jittery = replace(seen, scans=(replace(seen.scans[0], arrivals=came),))
    assert "varies by 0.40 s" in only(jittery, "scan.jitter").what


def test_stamps_that_are_zero() -> None:
    seen = with_scans(healthy(), lambda scan: replace(scan, stamp_s=0.0))
    assert found(seen).keys() == {"scan.stamps"}


def test_stamps_that_repeat_or_go_back() -> None:
    seen = healthy()
    readings = seen.odometry.readings
    doubled = tuple(one for each in readings for one in (each, each))
    came = arrivals([one.stamp_s for one in doubled], "odom")
    stream = replace(seen.odometry, readings=doubled, arrivals=came)
    assert "50%" in only(replace(seen, odometry=stream), "odom.repeated").what

    back = (*readings[:200], *readings[100:])
    stamps = np.array([one.stamp_s for one in back])
    times = START + 0.01 * np.arange(len(back))
    came = replace(came, stamps_s=stamps, arrivals_s=times)
    stream = replace(seen.odometry, readings=back, arrivals=came)
    assert "went back 1 times" in found(replace(seen, odometry=stream))["odom.order"].what


START = drive()[1][0].stamp_s


def test_a_mount_that_is_missing_or_moves() -> None:
    seen = healthy()
    troubles = {"laser": "no static transform leads from 'base_link' to 'laser'"}
    missing = replace(seen.transforms, mount_troubles=troubles)
    finding = only(replace(seen, transforms=missing), "tf.mount")
    assert finding.what == "the mount of 'laser' on 'base_link' cannot be used"
    apart = replace(missing, links=missing.links[1:])
    finding = only(replace(seen, transforms=apart), "tf.mount")
    assert finding.what == "'laser' and 'base_link' do not meet on /tf_static"
    assert "static_transform_publisher" in finding.mend
    links = (*seen.transforms.links[1:], Link("base_link", "laser", False))
    moving = replace(seen, transforms=Transforms(links, troubles))
    assert "comes on /tf, not on /tf_static" in only(moving, "tf.mount").what
    nameless = replace(seen, transforms=replace(seen.transforms, mount_troubles={"": "none"}))
    assert "no frame_id" in only(nameless, "tf.mount").what


def test_odometry_in_frames_that_were_not_told() -> None:
    seen = healthy()
    stream = replace(seen.odometry, child_frames=frozenset({"base_footprint"}))
    finding = only(replace(seen, odometry=stream), "odom.frame")
    assert "child_frame_id on /odom is 'base_footprint'" in finding.what
    assert "base_frame_id" in finding.mend
    slashed = replace(seen.odometry, child_frames=frozenset({"/base_link"}))
    assert examine(replace(seen, odometry=slashed)).findings == ()


def test_a_tree_that_does_not_hang_together() -> None:
    seen = healthy()
    links = tuple(link for link in seen.transforms.links if link.parent != "odom")
    cut = replace(seen, transforms=replace(seen.transforms, links=links))
    assert only(cut, "tf.odom").severity is Severity.WARNING
    two = (*seen.transforms.links, Link("world", "odom", False, frozenset({"/slam"})))
    finding = only(replace(seen, transforms=replace(seen.transforms, links=two)), "tf.parents")
    assert "'odom' has 2 parents: map, world" in finding.what
    assert "/slam" in finding.mend


def test_a_second_publisher_of_the_filters_transform() -> None:
    seen = healthy()
    shared = tuple(
        replace(link, writers=frozenset({"/ekf", "/amcl"})) if link.child == "odom" else link
        for link in seen.transforms.links
    )
    known = replace(seen, transforms=replace(seen.transforms, links=shared))
    assert only(known, "tf.map").what == "/amcl publishes map to odom besides the filter"
    # The filter was told to leave it to somebody else.
    left = with_parameter(known, "ekf", "tf_broadcast", False)
    assert examine(left).findings == ()
    # Where the middleware does not say who wrote it, the values do.
    poses = np.tile([[1.0, 2.0, 0.0], [1.5, 2.0, 0.0]], (20, 1))
    unknown = replace(seen, transforms=replace(seen.transforms, map_from_odom=poses))
    assert "more than one node" in only(unknown, "tf.map").what


def test_a_transform_that_drifts_or_jumps_once_is_one_publishers() -> None:
    drift = np.cumsum(np.full((50, 3), 0.06), axis=0)
    assert not goes_back_and_forth(drift)
    jump = np.zeros((50, 3))
    jump[25:] = 3.0
    assert not goes_back_and_forth(jump)
    assert not goes_back_and_forth(np.zeros((2, 3)))


def test_a_map_that_is_not_the_bundles() -> None:
    cells = np.zeros((50, 40), dtype=np.int8)
    other = OccupancyGrid(cells, 0.05, Pose2.identity())
    finding = only(replace(healthy(), grid=other), "bundle.map")
    assert "another map" in finding.what


def test_a_bundle_that_cannot_be_read() -> None:
    seen = replace(healthy(), bundle=None, bundle_trouble="no bundle at /x: it has no bundle.yaml")
    assert "bundle.yaml" in only(seen, "bundle.unreadable").what


def test_a_bundle_of_another_sensor() -> None:
    narrow = with_scans(healthy(), lambda scan: cut(scan, 300, 780))
    assert "cannot be used" in only(narrow, "bundle.sensor").what
    wide = with_scans(healthy(), lambda scan: cut(scan, 120, 960))
    finding = only(wide, "bundle.view")
    assert "210 degrees" in finding.what
    assert "270" in finding.why
    few = with_scans(healthy(), lambda scan: thinned(scan, 20))
    assert "54 beams" in only(few, "bundle.beams").what
    near = with_scans(healthy(), lambda scan: replace(scan, range_max_m=12.0))
    assert found(near).keys() == {"bundle.reach"}


def cut(scan: Scan, first: int, last: int) -> Scan:
    start = scan.angle_min_rad + first * scan.angle_increment_rad
    return replace(scan, ranges_m=scan.ranges_m[first:last], angle_min_rad=start)


def thinned(scan: Scan, step: int) -> Scan:
    increment = step * scan.angle_increment_rad
    return replace(scan, ranges_m=scan.ranges_m[::step], angle_increment_rad=increment)


@pytest.mark.parametrize(
    ("value", "told"), [(math.nan, "100% NaN"), (math.inf, "100% infinite"), (0.0, "100% zero")]
)
def test_scans_that_hold_nothing(value: float, told: str) -> None:
    seen = with_scans(
        healthy(), lambda scan: replace(scan, ranges_m=np.full_like(scan.ranges_m, value))
    )
    finding = only(seen, "scan.empty")
    assert told in finding.what
    assert finding.severity is Severity.ERROR


def test_scans_that_hold_little() -> None:
    def blinded(scan: Scan) -> Scan:
        ranges = scan.ranges_m.copy()
        ranges[100:] = np.nan
        return replace(scan, ranges_m=ranges)

    assert only(with_scans(healthy(), blinded), "scan.empty").severity is Severity.WARNING


def test_odometry_that_stands_while_scans_move() -> None:
    still = Odometry(0.0, Pose2(1.0, 2.0, 0.3))
    seen = with_odometry(healthy(), lambda one: replace(still, stamp_s=one.stamp_s))
    assert "stands" in only(seen, "odom.stands").what


def test_scans_that_stand_while_odometry_moves() -> None:
    ranges = drive()[0][0].ranges_m
    seen = with_scans(healthy(), lambda scan: replace(scan, ranges_m=ranges))
    assert "do not change" in only(seen, "odom.slides").what


def test_odometry_that_jumps() -> None:
    def jump(one: Odometry) -> Odometry:
        if one.stamp_s < START + 2.0:
            return one
        return replace(one, pose=Pose2(5.0, 1.0, 0.0) @ one.pose)

    finding = found(with_odometry(healthy(), jump))["odom.jumps"]
    assert "jumped 1 times" in finding.what


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: replace(one, speed_mps=-one.speed_mps), "sign is wrong"),
        (lambda one: replace(one, speed_mps=1000.0 * one.speed_mps), "millimetres"),
        (lambda one: replace(one, speed_mps=3.6 * one.speed_mps), "km/h"),
        (lambda one: replace(one, speed_mps=0.0), "zero while the pose moves"),
        (lambda one: replace(one, yaw_rate_radps=-one.yaw_rate_radps), "twist.angular.z"),
        (lambda one: replace(one, yaw_rate_radps=math.degrees(one.yaw_rate_radps)), "degrees"),
    ],
)
def test_speeds_that_do_not_agree_with_the_poses(
    change: Callable[[Odometry], Odometry], told: str
) -> None:
    finding = only(with_odometry(healthy(), change), "odom.twist")
    assert told in f"{finding.what} {finding.mend}"


def test_speeds_in_the_frame_of_the_odometry() -> None:
    def turned(one: Odometry) -> Odometry:
        yaw = one.pose.yaw
        speed = one.speed_mps
        return replace(
            one, speed_mps=speed * math.cos(yaw), lateral_speed_mps=speed * math.sin(yaw)
        )

    finding = only(with_odometry(healthy(), turned), "odom.twist_frame")
    assert "header.frame_id" in finding.what


def test_a_robot_that_stands_is_not_accused_of_its_speeds() -> None:
    scan = drive()[0][0]
    rng = np.random.default_rng(3)

    def noisy(one: Scan) -> Scan:
        noise = rng.normal(0.0, 0.01, scan.ranges_m.size).astype(np.float32)
        return replace(scan, stamp_s=one.stamp_s, ranges_m=scan.ranges_m + noise)

    seen = with_odometry(
        with_scans(healthy(), noisy), lambda one: Odometry(one.stamp_s, Pose2(1.0, 1.0, 2.0))
    )
    assert examine(seen).findings == ()


def test_motion_by_poses_and_by_speeds_is_the_same_for_right_odometry() -> None:
    moved = motion(healthy().odometry.readings)
    assert len(moved.by_pose) > 10
    assert moved.by_speed == pytest.approx(moved.by_pose, abs=0.02)


def test_odometry_that_cannot_be_read() -> None:
    stream = OdometryStream(
        "/odom", arrivals([START], "odom"), (), frozenset({"base_link"}), "a quaternion is zero"
    )
    assert "a quaternion" in found(replace(healthy(), odometry=stream))["odom.unusable"].why


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
