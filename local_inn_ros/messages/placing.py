# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Readings that are told in other frames, taken to those that are used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from local_inn_ros.geometry import Pose3
from local_inn_ros.messages.frame_tree import FrameError, FrameTree, transform_matrix
from local_inn_ros.messages.readings import frame_name, to_odometry
from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.sensing import Odometry


@dataclass(frozen=True, slots=True, eq=False)
class OdometryPlace:
    """How odometry of other frames is taken to those that are used.

    Attributes:
        frame: the frame that it is told in, in the odometry frame that is used.
        base: the base that is used, in the frame that the odometry is of.
    """

    frame: Pose3
    base: Pose3

    def placed(self, message: Any) -> Odometry:
        """Read a nav_msgs/Odometry; pose and twist are of the base, as the odometry frame has it.

        Raises:
            MessageError: as for ``to_odometry``.
        """
        told = to_odometry(message)
        pose, twist = message.pose.pose, message.twist.twist
        matrix = transform_matrix(pose.position, pose.orientation)
        moved = self.frame @ Pose3.from_matrix(matrix) @ self.base
        turn = np.array([twist.angular.x, twist.angular.y, twist.angular.z], dtype=np.float64)
        speed = np.array([twist.linear.x, twist.linear.y, twist.linear.z], dtype=np.float64)
        # Of a rigid body: what is farther out goes faster while it turns.
        speed = speed + np.cross(turn, self.base.translation)
        speed, turn = self.base.rotation.T @ speed, self.base.rotation.T @ turn
        return Odometry(
            told.stamp_s, moved.to_pose2(), float(speed[0]), float(speed[1]), float(turn[2])
        )

    def placed_in_plane(self, told: Odometry) -> Odometry:
        """Return a reading of a level frame as ``placed`` does."""
        base = self.base.to_pose2()
        rate = told.yaw_rate_radps
        ahead, aside = told.speed_mps - rate * base.y, told.lateral_speed_mps + rate * base.x
        cosine, sine = math.cos(base.yaw), math.sin(base.yaw)
        return Odometry(
            told.stamp_s,
            self.frame.to_pose2() @ told.pose @ base,
            cosine * ahead + sine * aside,
            cosine * aside - sine * ahead,
            rate,
        )


def odometry_place(
    tree: FrameTree, message_frames: tuple[str, str], own_frames: tuple[str, str]
) -> OdometryPlace | None:
    """Return how odometry is taken to the frames that are used; None where it is in them.

    Args:
        tree: what connects frames.
        message_frames: ``frame_id`` and ``child_frame_id`` of the message; an empty one stands for
            that which is used.
        own_frames: the odometry frame and the base that are used.

    Raises:
        MessageError: no transform connects them, or one moves against the other.
    """
    frame, child = map(frame_name, message_frames)
    odom, base = map(frame_name, own_frames)
    frame, child = frame or odom, child or base
    if (frame, child) == (odom, base):
        return None
    try:
        told_in = Pose3.identity() if frame == odom else tree.fixed_pose(frame, odom)
    except FrameError as error:
        raise MessageError(
            f"the odometry is in frame '{frame}', not in '{odom}': {error}", Unused.FRAME
        ) from None
    try:
        own = Pose3.identity() if child == base else tree.fixed_pose(base, child)
    except FrameError as error:
        raise MessageError(
            f"the odometry is of frame '{child}', not of '{base}': {error}", Unused.FRAME
        ) from None
    return OdometryPlace(told_in, own)
