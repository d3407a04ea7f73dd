# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from model_fixtures import OracleEngine, oracle_model, room, scan_at
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import DEADLINE_S, RosWorld
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Float32
from std_srvs.srv import Empty, Trigger

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.relocalizer import Relocalizer, SearchResult
from local_inn_ros.nodes.conversions import (
    grid_message,
    odometry_message,
    scan_message,
    to_gaussian,
    to_pose,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.qos import BEST_EFFORT, LATCHED, RELIABLE, SENSOR
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import OccupancyGrid

START_S = 1000.0
MOUNT = Pose2(0.2, 0.0, 0.0)
BASE = Pose2(1.5, 1.2, 0.4)


class Bench:
    """A localizer's node with something at each of its topics, in a room that it knows."""

    def __init__(self, ros: RosWorld, mount: Pose2 | None = MOUNT, **parameters: Any) -> None:
        self.ros = ros
        self.grid = room()
        self.model = oracle_model(self.grid)
        self.node = ros.start(LidarLocalizer, self.model, **parameters)
        self.measurements = self.hear(PoseWithCovarianceStamped, "measurement", RELIABLE)
        self.fixes = self.hear(PoseWithCovarianceStamped, "fix", RELIABLE)
        self.quality = self.hear(Float32, "quality", RELIABLE)
        self.health = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
        self.odometry = ros.talk(OdometryMessage, "odom", SENSOR)
        self.filtered = ros.talk(OdometryMessage, "odometry/filtered", RELIABLE)
        self.scans = ros.talk(LaserScan, "scan", SENSOR)
        self.sent_s = START_S + 1.0
        if mount is not None:
            ros.publish_mount(mount)
            ros.wait_for(lambda: self.node._transforms._edges, "the mount")
        ros.wait_for(lambda: self.heard_by_probe(), "the node's publishers")

    def hear(self, kind: type[Any], name: str, qos: Any) -> list[Any]:
        return self.ros.listen(kind, f"lidar_localizer/{name}", qos)

    def heard_by_probe(self) -> bool:
        return self.ros.probe.count_publishers("lidar_localizer/quality") > 0

    def stand_at(self, base: Pose2) -> None:
        """Put the robot somewhere; its network knows at once."""
        engine = self.model.engine
        assert isinstance(engine, OracleEngine)
        engine.sensor_pose = base @ MOUNT

    def scan_from(self, base: Pose2, stamp_s: float) -> Scan:
        return scan_at(self.grid, base @ MOUNT, stamp_s)

    def send_scan(self, scan: Scan, frame: str = "laser") -> None:
        """Send a scan and wait until it has come."""
        count = self.total("scan")
        self.scans.publish(scan_message(scan, to_stamp(scan.stamp_s), frame))
        self.ros.wait_for(lambda: self.total("scan") > count, "the scan")

    def tell_pose(self, pose: Pose2, stamp_s: float) -> None:
        """Send what the filter would: a pose in the map."""
        told = GaussianPose2.from_deviations(pose, 0.1, 0.1, 0.05)
        standing = Odometry(stamp_s, Pose2.identity())
        message = odometry_message(told, standing, to_stamp(stamp_s), "map", "base_link")
        self.filtered.publish(message)
        self.ros.wait_for(lambda: self.node._priors.told, "the prior")

    def send_odometry(self, pose: Pose2, stamp_s: float) -> None:
        reading = Odometry(stamp_s, pose)
        exact = GaussianPose2(pose, np.zeros((3, 3)))
        message = odometry_message(exact, reading, to_stamp(stamp_s), "odom", "base_link")
        self.odometry.publish(message)

    def tell_odometry(self, pose: Pose2, stamp_s: float) -> None:
        """Send a reading and wait until it has come."""
        self.send_odometry(pose, stamp_s)
        self.ros.wait_for(lambda: self.node._priors.reaches(stamp_s), "the odometry")

    def total(self, what: str) -> int:
        return self.node._tally.totals().get(what, 0)

    def wait_for_health(self, words: str, seen_from: Pose2 | None = None) -> dict[str, str]:
        """Return the figures of the first report, from now on, whose message holds these words.

        Args:
            words: what is waited for.
            seen_from: scans from there, and odometry, go on coming meanwhile.
        """
        first = len(self.health)

        def told() -> bool:
            if seen_from is not None:
                self.sent_s += 0.02
                self.send_odometry(Pose2.identity(), self.sent_s)
                self.send_scan(self.scan_from(seen_from, self.sent_s))
            return any(words in one.status[0].message for one in self.health[first:])

        self.ros.wait_for(told, f"'{words}'")
        said = [one.status[0] for one in self.health[first:] if words in one.status[0].message]
        return {value.key: value.value for value in said[0].values}


def test_a_scan_with_a_prior_becomes_a_fix(ros: RosWorld) -> None:
    bench = Bench(ros)
    samples = bench.hear(PoseArray, "samples", BEST_EFFORT)
    expected = bench.hear(LaserScan, "expected_scan", BEST_EFFORT)
    ros.wait_for(
        lambda: (
            bench.node._samples_publisher.get_subscription_count()
            and bench.node._expected_publisher.get_subscription_count()
        ),
        "those who look",
    )
    bench.stand_at(BASE)
    # The filter told a pose 0.1 s ago; the odometry has moved by 0.1 m since.
    bench.tell_odometry(Pose2(0.0, 0.0, 0.0), START_S)
    bench.tell_odometry(Pose2(0.1, 0.0, 0.0), START_S + 0.1)
    bench.tell_pose(BASE @ Pose2(-0.1, 0.05, 0.02), START_S)
    bench.send_scan(bench.scan_from(BASE, START_S + 0.1))
    ros.wait_for(
        lambda: bench.measurements and bench.fixes and bench.quality and samples and expected,
        "all that a scan gives",
    )
    for message in (bench.measurements[0], bench.fixes[0]):
        assert message.header.frame_id == "map"
        assert to_seconds(message.header.stamp) == pytest.approx(START_S + 0.1, abs=1e-6)
        error = BASE.between(to_gaussian(message.pose).mean)
        assert math.hypot(error.x, error.y) < 0.03
        assert abs(error.yaw) < 0.02
    assert bench.quality[0].data > 0.9
    assert (len(samples[0].poses), samples[0].header.frame_id) == (20, "map")
    assert to_pose(samples[0].poses[0]).distance_to(BASE) < 0.1
    assert expected[0].header.frame_id == "laser"
    assert expected[0].angle_min == pytest.approx(-2.3)
    assert expected[0].angle_max == pytest.approx(2.3, abs=1e-5)
    assert len(expected[0].ranges) == 60


def test_a_missing_mount_is_an_error_that_names_the_frames(ros: RosWorld) -> None:
    bench = Bench(ros, mount=None)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    bench.wait_for_health("'base_link' to 'laser'", seen_from=BASE)
    assert bench.measurements == []
    # Once it is told, all is well.
    ros.publish_mount(MOUNT)
    ros.wait_for(lambda: bench.node._transforms._edges, "the mount")
    bench.stand_at(BASE)
    bench.tell_pose(BASE, bench.sent_s)
    bench.send_scan(bench.scan_from(BASE, bench.sent_s))
    ros.wait_for(lambda: bench.measurements, "a measurement")


def test_a_mount_that_is_told_anew_holds_from_then_on(ros: RosWorld) -> None:
    bench = Bench(ros, mount=MOUNT @ Pose2(0.5, 0.0, 0.0))
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    bench.send_scan(bench.scan_from(BASE, START_S))
    ros.wait_for(lambda: bench.measurements, "a measurement")
    assert to_gaussian(bench.measurements[0].pose).mean.distance_to(BASE) == pytest.approx(
        0.5, abs=0.03
    )
    ros.publish_mount(MOUNT)
    ros.wait_for(lambda: not bench.node._checked, "the mount")
    bench.send_scan(bench.scan_from(BASE, START_S))
    ros.wait_for(lambda: len(bench.measurements) > 1, "a measurement")
    assert to_gaussian(bench.measurements[1].pose).mean.distance_to(BASE) < 0.03


def test_a_scan_in_the_base_frame_needs_no_mount(ros: RosWorld) -> None:
    bench = Bench(ros, mount=None)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE @ MOUNT, START_S)
    bench.stand_at(BASE)
    bench.send_scan(bench.scan_from(BASE, START_S), frame="base_link")
    ros.wait_for(lambda: bench.measurements, "a measurement")
    assert to_gaussian(bench.measurements[0].pose).mean.distance_to(BASE @ MOUNT) < 0.03


@pytest.mark.parametrize(
    "ranges",
    [
        np.zeros(0, dtype=np.float32),
        np.full(180, np.nan, dtype=np.float32),
        np.full(180, np.inf, dtype=np.float32),
        np.full(180, -1.0, dtype=np.float32),
        np.full(3, 1.0, dtype=np.float32),
    ],
    ids=["empty", "nan", "inf", "negative", "three beams"],
)
def test_useless_scans_do_no_harm(ros: RosWorld, ranges: np.ndarray) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    useless = Scan(START_S, ranges, -2.3, 4.6 / 179, 0.05, 15.0)
    bench.send_scan(useless)
    bench.send_scan(bench.scan_from(BASE, START_S + 0.02))
    ros.wait_for(
        lambda: (
            bench.measurements and to_seconds(bench.measurements[-1].header.stamp) > START_S + 0.01
        ),
        "the measurement of the scan after",
    )
    assert to_gaussian(bench.measurements[-1].pose).mean.distance_to(BASE) < 0.03
    for message in bench.measurements + bench.fixes:
        assert np.linalg.eigvalsh(to_gaussian(message.pose).covariance)[0] > 0.0


def test_scans_wait_for_the_odometry_to_reach_them(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    for k in range(1, 4):
        bench.send_scan(bench.scan_from(BASE, START_S + 0.2 * k))
    assert bench.total("fix") == 0
    bench.tell_odometry(Pose2.identity(), START_S + 0.45)
    ros.wait_for(lambda: len(bench.measurements) == 2, "two measurements")
    assert bench.total("fix") == 2
    bench.tell_odometry(Pose2.identity(), START_S + 0.6)
    ros.wait_for(lambda: len(bench.measurements) == 3, "the third")


def test_relocalize_tells_where_the_robot_is(ros: RosWorld) -> None:
    bench = Bench(ros)
    found = ros.listen(PoseWithCovarianceStamped, "relocalized_pose", RELIABLE)
    ros.wait_for(bench.node._found_publisher.get_subscription_count, "who listens")
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.send_scan(bench.scan_from(BASE, START_S))
    answer = ros.call(Trigger, "relocalize")
    assert answer.success
    sentence, figures = answer.message.split("\n")
    assert sentence.startswith("found at x 1.5")
    told = json.loads(figures)
    assert (told["found"], told["reason"]) == (True, "")
    assert told["pose"]["x_m"] == pytest.approx(BASE.x, abs=0.03)
    assert told["pose"]["deviations"]["x_m"] > 0.0
    assert told["hypotheses"][0]["score"] >= told["hypotheses"][-1]["score"]
    assert told["seconds"] > 0.0
    ros.wait_for(lambda: found, "the pose for the filter")
    assert to_gaussian(found[0].pose).mean.distance_to(BASE) < 0.05
    assert to_seconds(found[0].header.stamp) == pytest.approx(START_S, abs=1e-6)


def test_relocalize_without_a_scan_says_so(ros: RosWorld) -> None:
    Bench(ros)
    answer = ros.call(Trigger, "relocalize")
    assert not answer.success
    assert "no usable scan has come" in answer.message
    assert "'/scan'" in answer.message
    assert json.loads(answer.message.split("\n")[1])["pose"] is None


def test_a_search_that_breaks_off_still_gets_an_answer(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ros)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.send_scan(bench.scan_from(BASE, START_S))

    def broken(_: Relocalizer, scan: Scan) -> SearchResult:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(Relocalizer, "search", broken)
    answer = ros.call(Trigger, "relocalize")
    assert not answer.success
    assert "broke off" in answer.message


def test_scans_go_on_while_a_search_is_under_way(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    bench.send_scan(bench.scan_from(BASE, START_S))
    original = Relocalizer.search
    searches = []

    def slow(self: Relocalizer, scan: Scan) -> SearchResult:
        searches.append(scan)
        # The search ends only when other scans have become fixes meanwhile.
        deadline_s = time.monotonic() + DEADLINE_S
        while bench.total("fix") < 4:
            assert time.monotonic() < deadline_s
            time.sleep(0.001)
        return original(self, scan)

    monkeypatch.setattr(Relocalizer, "search", slow)
    client = ros.probe.create_client(Trigger, "relocalize")
    ros.wait_for(client.service_is_ready, "the service")
    answers = [client.call_async(Trigger.Request()) for _ in range(3)]
    ros.wait_for(lambda: searches, "the search")
    for k in range(1, 4):
        assert not answers[0].done()
        bench.send_scan(bench.scan_from(BASE, START_S + 0.02 * k))
    ros.wait_for(lambda: all(answer.done() for answer in answers), "all answers")
    assert all(answer.result().success for answer in answers)
    # Calls that come during a search share its answer.
    assert len(searches) == 1


def test_reinitialize_searches_in_the_background(ros: RosWorld) -> None:
    bench = Bench(ros)
    found = ros.listen(PoseWithCovarianceStamped, "relocalized_pose", RELIABLE)
    ros.wait_for(bench.node._found_publisher.get_subscription_count, "who listens")
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.send_scan(bench.scan_from(BASE, START_S))
    ros.call(Empty, "reinitialize_global_localization")
    ros.wait_for(lambda: found, "the robot")


def test_a_search_at_the_start_needs_no_call(ros: RosWorld) -> None:
    bench = Bench(ros, search_at_start=True)
    found = ros.listen(PoseWithCovarianceStamped, "relocalized_pose", RELIABLE)
    ros.wait_for(bench.node._found_publisher.get_subscription_count, "who listens")
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.send_scan(bench.scan_from(BASE, START_S))
    ros.wait_for(lambda: found, "the robot")


def test_another_map_is_an_error_in_the_diagnostics(ros: RosWorld) -> None:
    bench = Bench(ros)
    publisher = ros.probe.create_publisher(OccupancyGridMessage, "map", LATCHED)
    publisher.publish(grid_message(bench.grid, to_stamp(START_S), "map"))
    bench.wait_for_health("no scans come")
    cells = bench.grid.cells.copy()
    cells[50, 50] = 100
    other = OccupancyGrid(cells, bench.grid.resolution_m, bench.grid.origin)
    publisher.publish(grid_message(other, to_stamp(START_S), "map"))
    bench.wait_for_health("another map")


def test_scans_that_do_not_fit_the_pose_raise_an_alarm(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    # What is seen was taken at the other end of the room.
    elsewhere = Pose2(4.6, 2.5, 2.0)
    assert bench.wait_for_health("do not fit", seen_from=elsewhere)["lost"] == "True"
    assert bench.health[-1].status[0].level == DiagnosticStatus.WARN
    assert bench.wait_for_health("fixes are made", seen_from=BASE)["lost"] == "False"


def test_the_diagnostics_hold_rates_stages_and_quality(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    figures = bench.wait_for_health("fixes are made", seen_from=BASE)
    assert float(figures["fix rate [Hz]"]) > 0.0
    assert float(figures["quality"]) > 0.9
    assert float(figures["stage inverse [ms]"]) > 0.0
    assert float(figures["stage all [ms]"]) > float(figures["stage inverse [ms]"])
    assert (figures["bundle"], figures["engine"]) == ("oracle", "oracle")
    assert "stamp age [s]" in figures
