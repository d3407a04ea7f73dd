# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from message_strategies import numbers
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError, SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import to_stamp, transform_message
from local_inn_ros.nodes.common.static_transforms import StaticTransforms, TransformError
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.sensing.mount import Mount


def tell(transforms: StaticTransforms, parent: str, child: str, pose: Pose2) -> None:
    message = transform_message(pose, to_stamp(0.0), parent, child)
    transforms.add(TFMessage(transforms=[message]))


def rotated(rotation: Quaternion, parent: str = "base_link", child: str = "laser") -> TFMessage:
    message = transform_message(Pose2(0.2, 0.1, 0.0), to_stamp(0.0), parent, child)
    message.transform.rotation = rotation
    return TFMessage(transforms=[message])


def leaning(degrees: float) -> Quaternion:
    half = 0.5 * math.radians(degrees)
    return Quaternion(y=math.sin(half), w=math.cos(half))


def assert_same(mount: Mount, expected: Pose2, upside_down: bool = False) -> None:
    found = LaserMount.of(mount)
    assert found.pose.between(expected).to_array() == pytest.approx([0.0, 0.0, 0.0])
    assert found.upside_down is upside_down


def test_a_chain_is_followed_down() -> None:
    transforms = StaticTransforms()
    tell(transforms, "base_link", "tower", Pose2(0.2, 0.0, math.pi / 2))
    tell(transforms, "tower", "laser", Pose2(0.1, 0.0, 0.0))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.2, 0.1, math.pi / 2))


def test_two_branches_meet_at_their_common_ancestor() -> None:
    transforms = StaticTransforms()
    tell(transforms, "base_footprint", "base_link", Pose2(1.0, 0.0, math.pi))
    tell(transforms, "base_footprint", "mast", Pose2(0.0, 0.0, 0.0))
    tell(transforms, "mast", "laser", Pose2(3.0, 0.0, 0.0))
    assert_same(transforms.mount("base_link", "laser"), Pose2(-2.0, 0.0, math.pi))


def test_a_sensor_in_the_base_frame_needs_no_transform() -> None:
    assert_same(StaticTransforms().mount("base_link", "/base_link"), Pose2.identity())


def test_the_newest_transform_holds() -> None:
    transforms = StaticTransforms()
    tell(transforms, "base_link", "laser", Pose2(0.2, 0.0, 0.0))
    tell(transforms, "/base_link", "/laser", Pose2(0.3, 0.0, 0.0))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.3, 0.0, 0.0))


def test_height_is_part_of_the_mount_and_not_of_the_plane() -> None:
    message = transform_message(Pose2(0.2, 0.1, 0.3), to_stamp(0.0), "base_link", "laser")
    message.transform.translation.z = 1.5
    transforms = StaticTransforms()
    transforms.add(TFMessage(transforms=[message]))
    mount = transforms.mount("base_link", "laser")
    assert mount.base_from_sensor.translation == pytest.approx([0.2, 0.1, 1.5])
    assert_same(mount, Pose2(0.2, 0.1, 0.3))


def test_a_missing_mount_names_both_frames_and_what_is_known() -> None:
    with pytest.raises(TransformError, match=r"'base_link' to 'laser'.*has come at all"):
        StaticTransforms().mount("base_link", "laser")
    transforms = StaticTransforms()
    tell(transforms, "mast", "laser", Pose2.identity())
    with pytest.raises(TransformError, match=r"'base_link' to 'laser'.*frames: laser, mast"):
        transforms.mount("base_link", "laser")


def test_a_circle_of_transforms_ends() -> None:
    transforms = StaticTransforms()
    tell(transforms, "a", "b", Pose2.identity())
    tell(transforms, "b", "a", Pose2.identity())
    with pytest.raises(TransformError, match=r"'base_link' to 'a'"):
        transforms.mount("base_link", "a")


# Half a turn about x, and about y, which is that and half a turn about z.
@pytest.mark.parametrize(
    ("rotation", "yaw"), [(Quaternion(x=1.0, w=0.0), 0.0), (Quaternion(y=1.0, w=0.0), math.pi)]
)
def test_a_laser_may_hang_upside_down(rotation: Quaternion, yaw: float) -> None:
    transforms = StaticTransforms()
    transforms.add(rotated(rotation))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.2, 0.1, yaw), upside_down=True)


def test_what_hangs_from_something_that_hangs_is_the_right_way_up() -> None:
    transforms = StaticTransforms()
    transforms.add(rotated(Quaternion(x=1.0, w=0.0), child="ceiling"))
    transforms.add(rotated(Quaternion(x=1.0, w=0.0), parent="ceiling"))
    # The second offset is told in the axes of the frame that hangs: its left is the base's right.
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.4, 0.0, 0.0))


def test_a_base_below_the_common_ancestor_may_hang_too() -> None:
    transforms = StaticTransforms()
    transforms.add(rotated(Quaternion(x=1.0, w=0.0), "chassis", "base_link"))
    tell(transforms, "chassis", "laser", Pose2(0.5, 0.1, 0.0))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.3, 0.0, 0.0), upside_down=True)


def test_a_laser_that_leans_a_little_can_be_used() -> None:
    transforms = StaticTransforms()
    transforms.add(rotated(leaning(4.0)))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.2, 0.1, 0.0))
    transforms.add(rotated(leaning(176.0)))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.2, 0.1, math.pi), upside_down=True)


@pytest.mark.parametrize(("degrees", "told"), [(17.2, "17.2"), (170.0, "10.0"), (90.0, "90.0")])
def test_a_laser_that_leans_is_refused_by_so_many_degrees(degrees: float, told: str) -> None:
    transforms = StaticTransforms()
    transforms.add(rotated(leaning(degrees)))
    with pytest.raises(SensorError, match=rf"'laser' leans by {told} degrees against 'base_link'"):
        LaserMount.of(transforms.mount("base_link", "laser"))


def test_a_mount_farther_off_than_any_robot_is_long_is_refused() -> None:
    transforms = StaticTransforms()
    tell(transforms, "base_link", "mast", Pose2(1e200, 0.0, 0.0))
    tell(transforms, "mast", "laser", Pose2(1e200, 1e200, 0.5))
    with pytest.raises(SensorError, match=r"'laser' is mounted at .* from 'base_link'"):
        transforms.mount("base_link", "laser")
    tell(transforms, "base_link", "laser", Pose2(200.0, 0.0, 0.0))
    assert_same(transforms.mount("base_link", "laser"), Pose2(200.0, 0.0, 0.0))


def test_a_frame_that_moves_to_another_parent_is_found_there() -> None:
    transforms = StaticTransforms()
    tell(transforms, "base_link", "laser", Pose2(0.2, 0.0, 0.0))
    tell(transforms, "base_link", "mast", Pose2(1.0, 0.0, 0.0))
    tell(transforms, "mast", "laser", Pose2(0.2, 0.0, 0.0))
    assert_same(transforms.mount("base_link", "laser"), Pose2(1.2, 0.0, 0.0))


def test_a_frame_that_is_its_own_parent_ends() -> None:
    transforms = StaticTransforms()
    tell(transforms, "laser", "laser", Pose2(0.2, 0.0, 0.0))
    with pytest.raises(TransformError, match=r"'base_link' to 'laser'"):
        transforms.mount("base_link", "laser")


def test_a_scan_that_names_no_frame_is_an_error() -> None:
    with pytest.raises(TransformError, match=r"header\.frame_id"):
        StaticTransforms().mount("base_link", "")


@pytest.mark.parametrize("rotation", [Quaternion(w=0.0), Quaternion(w=math.nan)])
def test_a_transform_without_rotation_is_refused_and_those_beside_it_hold(
    rotation: Quaternion,
) -> None:
    transforms = StaticTransforms()
    message = rotated(rotation)
    good = transform_message(Pose2(0.3, 0.0, 0.0), to_stamp(0.0), "base_link", "rear_laser")
    message.transforms = [*message.transforms, good]
    with pytest.raises(TransformError, match="'base_link' to 'laser' is a pose"):
        transforms.add(message)
    assert_same(transforms.mount("base_link", "rear_laser"), Pose2(0.3, 0.0, 0.0))
    with pytest.raises(TransformError, match="'base_link' to 'laser'"):
        transforms.mount("base_link", "laser")


names = st.sampled_from(["base_link", "laser", "mast", "/laser", ""])
transforms_of_anything = st.builds(
    TransformStamped,
    header=st.builds(Header, frame_id=names),
    child_frame_id=names,
    transform=st.builds(
        Transform,
        translation=st.builds(Vector3, x=numbers, y=numbers, z=numbers),
        rotation=st.builds(Quaternion, x=numbers, y=numbers, z=numbers, w=numbers),
    ),
)


@given(st.lists(transforms_of_anything, max_size=6))
def test_whatever_is_told_a_mount_makes_sense_or_is_refused(told: list[TransformStamped]) -> None:
    transforms = StaticTransforms()
    with contextlib.suppress(TransformError), np.errstate(all="ignore"):
        transforms.add(TFMessage(transforms=told))
    with np.errstate(all="ignore"):
        try:
            mount = transforms.mount("base_link", "laser")
        except LocalInnError:
            return
    assert mount.base_from_sensor.is_finite()
    assert np.abs(mount.base_from_sensor.translation).max() < 1000.0
