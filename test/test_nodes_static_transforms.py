# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import Quaternion
from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.conversions import to_stamp, transform_message
from local_inn_ros.nodes.static_transforms import StaticTransforms, TransformError


def tell(transforms: StaticTransforms, parent: str, child: str, pose: Pose2) -> None:
    message = transform_message(pose, to_stamp(0.0), parent, child)
    transforms.add(TFMessage(transforms=[message]))


def assert_same(found: Pose2, expected: Pose2) -> None:
    assert found.between(expected).to_array() == pytest.approx([0.0, 0.0, 0.0])


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


def test_height_is_not_part_of_the_plane() -> None:
    message = transform_message(Pose2(0.2, 0.1, 0.3), to_stamp(0.0), "base_link", "laser")
    message.transform.translation.z = 1.5
    transforms = StaticTransforms()
    transforms.add(TFMessage(transforms=[message]))
    assert_same(transforms.mount("base_link", "laser"), Pose2(0.2, 0.1, 0.3))


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


@pytest.mark.parametrize(
    "rotation", [Quaternion(x=1.0, w=0.0), Quaternion(y=math.sin(0.15), w=math.cos(0.15))]
)
def test_a_laser_that_hangs_or_leans_is_refused(rotation: Quaternion) -> None:
    message = transform_message(Pose2.identity(), to_stamp(0.0), "base_link", "laser")
    message.transform.rotation = rotation
    transforms = StaticTransforms()
    transforms.add(TFMessage(transforms=[message]))
    with pytest.raises(TransformError, match="'laser' leans, or hangs upside down"):
        transforms.mount("base_link", "laser")


def test_a_transform_without_rotation_is_refused() -> None:
    message = transform_message(Pose2.identity(), to_stamp(0.0), "base_link", "laser")
    message.transform.rotation = Quaternion(w=0.0)
    with pytest.raises(LocalInnError, match="quaternion"):
        StaticTransforms().add(TFMessage(transforms=[message]))
