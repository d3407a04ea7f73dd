# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras by the frames of their pictures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from local_inn_ros.errors import SensorError
from local_inn_ros.messages.camera_mount import camera_mount
from local_inn_ros.messages.frame_tree import FrameError, FrameTree
from local_inn_ros.sensing.camera.optical_frame import ceiling_warning


def placed(tree: FrameTree, parent: str, child: str, xyz: tuple, rpy: tuple = (0, 0, 0)) -> None:
    x, y, z, w = Rotation.from_euler("xyz", rpy, degrees=True).as_quat()
    tree.add(
        SimpleNamespace(
            header=SimpleNamespace(frame_id=parent, stamp=SimpleNamespace(sec=0, nanosec=0)),
            child_frame_id=child,
            transform=SimpleNamespace(
                translation=SimpleNamespace(**dict(zip("xyz", xyz, strict=True))),
                rotation=SimpleNamespace(x=x, y=y, z=z, w=w),
            ),
        )
    )


def robot() -> FrameTree:
    """A camera 0.2 m ahead and 0.5 m up that looks 10 degrees down, with both of its frames."""
    tree = FrameTree()
    placed(tree, "base_link", "camera_link", (0.2, 0.0, 0.5), (0, 10, 0))
    placed(tree, "camera_link", "camera_optical_frame", (0.0, 0.03, 0.0), (-90, 0, -90))
    return tree


def test_a_camera_is_where_its_optical_frame_is() -> None:
    mount = camera_mount(robot(), "base_link", "camera_optical_frame")
    assert mount.base_from_sensor.translation == pytest.approx([0.2, 0.03, 0.5])
    down = np.radians(10)
    right, below, ahead = mount.base_from_sensor.rotation.T
    assert right == pytest.approx([0, -1, 0], abs=1e-12)
    assert below == pytest.approx([-np.sin(down), 0, -np.cos(down)])
    assert ahead == pytest.approx([np.cos(down), 0, -np.sin(down)])
    assert ceiling_warning(mount) == ""
    # As ROS 1 writes names.
    same = camera_mount(robot(), "/base_link", "/camera_optical_frame")
    assert same.base_from_sensor.rotation == pytest.approx(mount.base_from_sensor.rotation)


def test_its_body_s_frame_is_doubted() -> None:
    said = ceiling_warning(camera_mount(robot(), "base_link", "camera_link"))
    assert "'camera_link'" in said
    assert "ceiling" in said


def test_what_is_no_mount_is_refused() -> None:
    tree = robot()
    with pytest.raises(FrameError, match="no transform connects"):
        camera_mount(tree, "base_link", "other_camera")
    placed(tree, "base_link", "far", (5000.0, 0.0, 0.0))
    with pytest.raises(SensorError, match="on no robot"):
        camera_mount(tree, "base_link", "far")
    placed(tree, "camera_link", "gimbal", (0.0, 0.0, 0.0))
    placed(tree, "camera_link", "gimbal", (0.0, 0.0, 0.0), (0, 40, 0))
    with pytest.raises(FrameError, match="moves"):
        camera_mount(tree, "base_link", "gimbal")
