# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseWithCovariance, Quaternion
from message_strategies import numbers, singles
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage

from local_inn_ros.errors import LocalInnError, MapError
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.nodes.common import conversions as c
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import OccupancyGrid, grid_hash

coordinates = st.floats(-1e4, 1e4)
angles = st.floats(-math.pi, math.pi, exclude_max=True)
poses = st.builds(Pose2, coordinates, coordinates, angles)
STAMP = Time(sec=1_700_000_000, nanosec=123_456_789)


def same_pose(left: Pose2, right: Pose2) -> bool:
    return left.distance_to(right) < 1e-9 and abs(wrap_angle(left.yaw - right.yaw)) < 1e-9


@given(st.integers(0, 2**31 - 1), st.integers(0, 999_999_999))
def test_stamps_survive_to_a_microsecond(sec: int, nanosec: int) -> None:
    back = c.to_stamp(c.to_seconds(Time(sec=sec, nanosec=nanosec)))
    assert abs((back.sec - sec) * 1_000_000_000 + back.nanosec - nanosec) < 1000


def test_a_stamp_just_below_a_second_carries_over() -> None:
    assert c.to_stamp(1.9999999999) == Time(sec=2, nanosec=0)


@given(poses)
def test_poses_survive(pose: Pose2) -> None:
    assert same_pose(c.to_pose(c.pose_message(pose)), pose)


@given(poses, st.floats(1e-3, 1e3))
def test_a_quaternion_of_any_length_is_normalised(pose: Pose2, length: float) -> None:
    message = c.pose_message(pose)
    message.orientation.z *= length
    message.orientation.w *= length
    assert same_pose(c.to_pose(message), pose)


def test_yaw_is_read_from_a_quaternion_that_also_rolls() -> None:
    half_yaw, half_roll = 0.4, 0.3
    # Rotation about z by 0.8, then about the new x by 0.6.
    rotation = Quaternion(
        w=math.cos(half_yaw) * math.cos(half_roll),
        x=math.cos(half_yaw) * math.sin(half_roll),
        y=math.sin(half_yaw) * math.sin(half_roll),
        z=math.sin(half_yaw) * math.cos(half_roll),
    )
    assert c.to_yaw(rotation) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("pose", "told"),
    [
        (Pose(orientation=Quaternion(w=0.0)), "not a rotation"),
        (Pose(orientation=Quaternion(w=math.nan)), "not a rotation"),
        (Pose(orientation=Quaternion(w=math.inf)), "not a rotation"),
        (c.pose_message(Pose2(math.nan, 0.0, 0.0)), "not finite"),
    ],
)
def test_what_is_no_pose_is_refused(pose: Pose, told: str) -> None:
    with pytest.raises(c.MessageError, match=told):
        c.to_pose(pose)


@given(poses, st.lists(st.floats(-3.0, 3.0), min_size=9, max_size=9))
def test_covariances_survive_in_their_places(pose: Pose2, factors: list[float]) -> None:
    root = np.array(factors).reshape(3, 3)
    gaussian = GaussianPose2(pose, root @ root.T)
    message = c.gaussian_message(gaussian)
    assert message.covariance[35] == gaussian.covariance[2, 2]
    assert message.covariance[5] == gaussian.covariance[0, 2]
    back = c.to_gaussian(message)
    assert same_pose(back.mean, pose)
    np.testing.assert_allclose(back.covariance, gaussian.covariance, atol=1e-12)


def test_a_covariance_with_negative_elements_is_fine() -> None:
    covariance = np.array([[1.0, -0.5, 0.0], [-0.5, 1.0, 0.0], [0.0, 0.0, 0.1]])
    message = c.gaussian_message(GaussianPose2(Pose2.identity(), covariance))
    assert c.to_gaussian(message).covariance[0, 1] == -0.5


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ({0: -1.0}, "positive semi-definite"),
        ({0: 1.0, 7: 1.0, 1: 2.0, 6: 2.0}, "positive semi-definite"),
        ({0: 1.0, 1: 0.5}, "symmetric"),
        ({0: math.nan}, "finite"),
    ],
)
def test_what_is_no_covariance_is_refused(places: dict[int, float], told: str) -> None:
    message = PoseWithCovariance()
    for place, value in places.items():
        message.covariance[place] = value
    with pytest.raises(c.MessageError, match=told):
        c.to_gaussian(message)


def test_samples_become_a_pose_array() -> None:
    samples = np.array([[1.0, 2.0, 0.5], [3.0, 4.0, -3.0]])
    message = c.pose_array_message(samples, STAMP, "map")
    assert (message.header.frame_id, message.header.stamp) == ("map", STAMP)
    back = [c.to_pose(pose).to_array() for pose in message.poses]
    np.testing.assert_allclose(back, samples)


def test_scans_survive_with_all_that_is_not_a_distance() -> None:
    ranges = np.array([1.0, math.nan, math.inf, -math.inf, 0.0, -2.0], dtype=np.float32)
    scan = Scan(c.to_seconds(STAMP), ranges, -1.0, 0.25, 0.05, 30.0)
    message = c.scan_message(scan, STAMP, "laser")
    assert isinstance(message.ranges, array)
    assert message.angle_max == pytest.approx(0.25)
    back = c.to_scan(message)
    np.testing.assert_array_equal(back.ranges_m, ranges)
    assert back.ranges_m.dtype == np.float32
    assert back.stamp_s == scan.stamp_s
    assert (back.angle_min_rad, back.angle_increment_rad) == (-1.0, 0.25)
    assert (back.range_min_m, back.range_max_m) == pytest.approx((0.05, 30.0))


def test_an_empty_scan_is_a_scan() -> None:
    empty = Scan(0.0, np.zeros(0, dtype=np.float32), -1.0, 0.25, 0.05, 30.0)
    assert c.to_scan(c.scan_message(empty, STAMP, "laser")).ranges_m.size == 0


def test_odometry_survives_in_reverse() -> None:
    reading = Odometry(c.to_seconds(STAMP), Pose2(1.0, -2.0, 3.0), -1.5, 0.25, 0.5)
    exact = GaussianPose2(reading.pose, np.zeros((3, 3)))
    message = c.odometry_message(exact, reading, STAMP, "odom", "base_link")
    assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_link")
    back = c.to_odometry(message)
    assert same_pose(back.pose, reading.pose)
    assert (back.speed_mps, back.lateral_speed_mps, back.yaw_rate_radps) == (-1.5, 0.25, 0.5)


def test_odometry_with_an_infinite_speed_is_refused() -> None:
    message = OdometryMessage()
    message.twist.twist.linear.x = math.inf
    with pytest.raises(c.MessageError, match="speed"):
        c.to_odometry(message)


@pytest.mark.parametrize("speed", [1e5, -1e300, math.nan])
def test_odometry_faster_than_any_robot_is_refused(speed: float) -> None:
    message = OdometryMessage()
    message.twist.twist.angular.z = speed
    with pytest.raises(c.MessageError, match="none of a robot"):
        c.to_odometry(message)


def test_a_pose_nowhere_on_earth_is_refused() -> None:
    message = Pose()
    message.position.y = -1e300
    with pytest.raises(c.MessageError, match=r"\(0, -1e\+300\) m is farther off"):
        c.to_pose(message)


@pytest.mark.parametrize(("seconds", "sec"), [(-5.0, 0), (3e9, 2**31 - 1), (2**31, 2**31 - 1)])
def test_instants_that_no_stamp_can_tell_become_the_nearest(seconds: float, sec: int) -> None:
    assert c.to_stamp(seconds).sec == sec


def test_transforms_say_what_they_take_where() -> None:
    message = c.transform_message(Pose2(1.0, 2.0, math.pi / 2), STAMP, "map", "odom")
    assert (message.header.frame_id, message.child_frame_id) == ("map", "odom")
    assert (message.transform.translation.x, message.transform.translation.y) == (1.0, 2.0)
    assert c.to_yaw(message.transform.rotation) == pytest.approx(math.pi / 2)


def test_a_map_is_the_same_map_after_a_topic() -> None:
    cells = np.array([[0, 100, -1], [50, 0, 0]], dtype=np.int8)
    grid = OccupancyGrid(cells, 0.05, Pose2(-1.5, 2.25, 0.3))
    message = c.grid_message(grid, STAMP, "map")
    assert isinstance(message.data, array)
    assert (message.info.width, message.info.height) == (3, 2)
    assert grid_hash(c.to_grid(message)) == grid_hash(grid)


def test_a_map_that_does_not_add_up_is_refused() -> None:
    message = c.grid_message(
        OccupancyGrid(np.zeros((2, 2), dtype=np.int8), 0.05, Pose2.identity()), STAMP, "map"
    )
    message.info.resolution = 0.0
    with pytest.raises(MapError, match="resolution"):
        c.to_grid(message)
    message.info.width = 3
    with pytest.raises(c.MessageError, match="2 x 3 cells and holds 4"):
        c.to_grid(message)


def test_a_leading_slash_is_no_part_of_a_frame() -> None:
    assert c.frame_name("/map") == c.frame_name("map") == "map"


@given(
    st.integers(0, 40),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    singles,
    st.tuples(numbers, numbers, numbers),
    st.tuples(numbers, numbers, numbers, numbers),
)
def test_whatever_a_map_holds_it_is_read_or_refused(
    cells: int,
    width: int,
    height: int,
    resolution: float,
    place: tuple[float, ...],
    turn: tuple[float, ...],
) -> None:
    for size in ((width, height), (cells, 1), (1, cells), (0, height)):
        message = OccupancyGridMessage(data=array("b", [0] * cells))
        message.info.width, message.info.height = size
        message.info.resolution = resolution
        origin = message.info.origin
        origin.position.x, origin.position.y, origin.position.z = place
        rotation = origin.orientation
        rotation.x, rotation.y, rotation.z, rotation.w = turn
        try:
            grid = c.to_grid(message)
        except LocalInnError:
            continue
        assert grid.cells.size == cells
        assert grid.origin.is_finite()
        assert 0.0 < grid.resolution_m < math.inf
