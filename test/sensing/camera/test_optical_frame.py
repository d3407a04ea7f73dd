# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Optical frames, and body frames that are taken for them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from local_inn_ros.geometry import Pose3
from local_inn_ros.sensing.camera.optical_frame import body_from_optical, ceiling_warning
from local_inn_ros.sensing.mount import Mount


def mount(frame: str, rotation: np.ndarray) -> Mount:
    return Mount(Pose3(rotation, np.array([0.2, 0.0, 0.5])), "base_link", frame)


def turned(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Return a rotation by REP-103's angles in degrees, about fixed axes."""
    return Rotation.from_euler("xyz", [roll, pitch, yaw], degrees=True).as_matrix()


def test_axes_of_an_optical_frame() -> None:
    turn = body_from_optical()
    assert turn @ [0, 0, 1] == pytest.approx([1, 0, 0])
    assert turn @ [1, 0, 0] == pytest.approx([0, -1, 0])
    assert turn @ [0, 1, 0] == pytest.approx([0, 0, -1])
    assert turn == pytest.approx(turned(-90, 0, -90))


@pytest.mark.parametrize("roll", [0, 10, 180])
@pytest.mark.parametrize("pitch", [-25, 0, 20])
@pytest.mark.parametrize("yaw", [0, 90, 180])
@pytest.mark.parametrize("frame", ["camera_link", "front/camera", "cam0_optical_frame"])
def test_a_camera_that_looks_ahead_is_not_doubted(frame, roll, pitch, yaw) -> None:
    assert ceiling_warning(mount(frame, turned(roll, pitch, yaw) @ body_from_optical())) == ""


@pytest.mark.parametrize("frame", ["camera_link", "base_link", "front/camera"])
@pytest.mark.parametrize("angles", [(0, 0, 0), (0, 15, 90), (5, -20, -170)])
def test_a_body_s_frame_looks_at_the_ceiling(frame: str, angles) -> None:
    said = ceiling_warning(mount(frame, turned(*angles)))
    assert f"'{frame}'" in said
    assert "ceiling" in said
    assert "optical" in said


def test_one_that_hangs_upside_down_looks_at_the_floor() -> None:
    assert "floor" in ceiling_warning(mount("camera_link", turned(180, 0, 0)))


def test_an_optical_frame_without_its_turn_is_doubted() -> None:
    said = ceiling_warning(mount("camera_optical_frame", np.eye(3)))
    assert "-90, 0, -90" in said


def test_a_camera_that_is_meant_to_look_up_says_so_by_its_name() -> None:
    """Its pictures' upper edge is ahead of the robot: x right, y back."""
    up = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]).T
    assert math.isclose(np.linalg.det(up), 1.0)
    assert ceiling_warning(mount("ceiling_camera_optical_frame", up)) == ""
    assert ceiling_warning(mount("ceiling_camera", up)) != ""
