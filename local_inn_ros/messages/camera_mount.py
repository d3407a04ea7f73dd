# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera sits on the robot, by the frame that its pictures are told in."""

from __future__ import annotations

from local_inn_ros.messages.frame_tree import FrameTree
from local_inn_ros.messages.readings import frame_name
from local_inn_ros.sensing.mount import Mount


def camera_mount(tree: FrameTree, base: str, frame: str) -> Mount:
    """Return how a camera is mounted: where its optical frame is in the base's frame (SE(3)).

    Whether that frame is an optical one, ``sensing.camera.optical_frame.ceiling_warning`` doubts.

    Args:
        tree: the transforms.
        base: name of the base's frame.
        frame: ``frame_id`` of the pictures.

    Raises:
        FrameError: no transform connects the two, or one moves against the other.
        SensorError: that is on no robot.
    """
    base, frame = frame_name(base), frame_name(frame)
    return Mount(tree.fixed_pose(frame, base), base, frame)
