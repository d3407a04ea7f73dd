# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld
from sensor_msgs.msg import LaserScan
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2, compose_poses
from local_inn_ros.nodes.common.conversions import (
    pose_stamped_message,
    to_grid,
    to_odometry,
    to_pose,
    to_scan,
    to_seconds,
    to_stamp,
    to_yaw,
)
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR, STATIC_TRANSFORMS, TRANSFORMS
from local_inn_ros.nodes.common.static_transforms import StaticTransforms
from local_inn_ros.nodes.demo.simulator import SimulatorNode
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.world import RayCaster


def timed_scan(message: LaserScan) -> Scan:
    return replace(to_scan(message), time_increment_s=message.time_increment)


def test_a_simulated_robot_is_a_robot(ros: RosWorld) -> None:
    """Whatever a robot's driver publishes is there, and the truth explains it."""
    bundle = Bundle.load(shipped_bundle())
    scans = ros.listen(LaserScan, "scan", SENSOR)
    odometry = ros.listen(OdometryMessage, "odom", SENSOR)
    transforms = ros.listen(TFMessage, "/tf", TRANSFORMS)
    mounts = ros.listen(TFMessage, "/tf_static", STATIC_TRANSFORMS)
    truths = ros.listen(PoseStamped, "ground_truth", RELIABLE)
    maps = ros.listen(OccupancyGridMessage, "map", LATCHED)
    ros.start(SimulatorNode, speed_mps=3.0, seed=4)
    ros.wait_for(lambda: len(scans) > 40 and maps and mounts and transforms, "a second of scans")

    bundle.check_map(to_grid(maps[0]))
    sensor = bundle.description.laser
    stamps = [to_seconds(scan.header.stamp) for scan in scans]
    periods = [sensor.rate_hz * (after - before) for before, after in itertools.pairwise(stamps)]
    # On a busy machine one may be missed, as the topic is best effort; none is out of step.
    assert periods == pytest.approx([max(round(one), 1) for one in periods], abs=1e-3)
    assert periods.count(pytest.approx(1.0, abs=1e-3)) > 0.7 * len(periods)

    static = StaticTransforms()
    for message in mounts:
        static.add(message)
    mount = LaserMount.of(static.mount("base_link", scans[-1].header.frame_id)).pose
    poses = {to_seconds(truth.header.stamp): to_pose(truth.pose) for truth in truths}
    told = Trajectory.from_unordered(list(poses), [one.to_array() for one in poses.values()])
    # The truth is another topic, so that of the newest scan may not have come yet.
    scan = next(one for one in map(timed_scan, reversed(scans)) if one.end_s < told.stamps_s[-1])
    sweep_s = (sensor.angle_max_rad - sensor.angle_min_rad) / (2.0 * math.pi) / sensor.rate_hz
    assert scan.sweep_s == pytest.approx(sweep_s, rel=1e-4)
    assert scans[-1].scan_time == pytest.approx(1.0 / sensor.rate_hz)
    beams = told.at(scan.stamp_s + scan.time_increment_s * np.arange(scan.ranges_m.size))
    starts = compose_poses(beams, mount.to_array())
    starts[:, 2] += sensor.beam_angles_rad()
    expected = RayCaster(bundle.grid).cast(starts, [0.0], scan.range_max_m)[:, 0]
    errors = abs(scan.ranges_m - expected)
    assert (errors < 5.0 * sensor.noise_std_m).mean() > 0.98

    reading = to_odometry(odometry[-1])
    assert (odometry[-1].header.frame_id, odometry[-1].child_frame_id) == ("odom", "base_link")
    transform = next(
        one.transforms[0]
        for one in reversed(transforms)
        if one.transforms[0].header.stamp == odometry[-1].header.stamp
    )
    assert transform.child_frame_id == "base_link"
    place = transform.transform.translation
    through = Pose2(place.x, place.y, to_yaw(transform.transform.rotation))
    assert through.between(reading.pose).to_array() == pytest.approx([0.0, 0.0, 0.0])
    assert 0.0 < reading.speed_mps < 4.5


def test_the_robot_can_be_picked_up(ros: RosWorld) -> None:
    node = ros.start(SimulatorNode, speed_mps=0.0)
    truths = ros.listen(PoseStamped, "ground_truth", RELIABLE)
    teleport = ros.talk(PoseStamped, "simulator/teleport", RELIABLE)
    ros.wait_for(lambda: truths, "the truth")
    start = to_pose(truths[-1].pose)
    here = Pose2(start.x, start.y, start.yaw + math.pi / 2)
    teleport.publish(pose_stamped_message(here, to_stamp(0.0), "odom"))
    teleport.publish(pose_stamped_message(here, to_stamp(0.0), "map"))
    ros.wait_for(
        lambda: abs(to_pose(truths[-1].pose).between(here).yaw) < 1e-6, "the robot put down"
    )
    assert to_pose(truths[-1].pose).distance_to(here) < 1e-6
    assert node.get_name() == "simulator"


def test_the_laser_can_be_unplugged_and_plugged_in_again(ros: RosWorld) -> None:
    """What it measures is told to nobody meanwhile; the robot drives on."""
    scans = ros.listen(LaserScan, "scan", SENSOR)
    odometry = ros.listen(OdometryMessage, "odom", SENSOR)
    ros.start(SimulatorNode, seed=4)
    plug = ros.probe.create_client(SetBool, "simulator/laser")
    ros.wait_for(lambda: scans and plug.service_is_ready(), "scans")

    def told(plugged: bool) -> str:
        answer = plug.call_async(SetBool.Request(data=plugged))
        ros.wait_for(answer.done, "an answer")
        assert answer.result().success
        return str(answer.result().message)

    assert told(False) == "the laser is unplugged"
    # Readings of the odometry that came after all scans that were on their way.
    so_far = len(odometry)
    ros.wait_for(lambda: len(odometry) > so_far + 20, "a robot that drives on")
    heard, so_far = len(scans), len(odometry)
    ros.wait_for(lambda: len(odometry) > so_far + 50, "a robot that drives on")
    assert len(scans) == heard
    assert told(True) == "the laser is plugged in"
    ros.wait_for(lambda: len(scans) > heard, "scans again")
