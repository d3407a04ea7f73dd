# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseArray
from localizer_bench import BASE, MOUNT, START_S, Bench
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from ros_fixtures import RosWorld, listeners
from sensor_msgs.msg import LaserScan

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import (
    grid_message,
    to_gaussian,
    to_pose,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.common.qos import BEST_EFFORT, LATCHED, RELIABLE
from local_inn_ros.sensing import Scan
from local_inn_ros.world import OccupancyGrid


def test_a_scan_with_a_prior_becomes_a_fix(ros: RosWorld) -> None:
    bench = Bench(ros)
    samples = bench.hear(PoseArray, "samples", BEST_EFFORT)
    expected = bench.hear(LaserScan, "expected_scan", BEST_EFFORT)
    modes = bench.hear(PoseArray, "modes", RELIABLE)
    ros.wait_for(
        lambda: (
            listeners(bench.node, "/lidar_localizer/samples")
            and listeners(bench.node, "/lidar_localizer/expected_scan")
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
        lambda: (
            bench.measurements and bench.fixes and bench.quality and samples and expected and modes
        ),
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
    assert modes[0].header.frame_id == "map"
    assert to_pose(modes[0].poses[0]).distance_to(BASE) < 0.1
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
    bench.tell_mount(MOUNT)
    bench.stand_at(BASE)
    bench.tell_pose(BASE, bench.sent_s)
    bench.look_from(BASE)
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
    bench.tell_mount(MOUNT)
    bench.send_scan(bench.scan_from(BASE, START_S + 0.05))
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
