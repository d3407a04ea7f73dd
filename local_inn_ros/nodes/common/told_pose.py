# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pose that somebody tells, in whatever frame, taken to the map."""

from __future__ import annotations

import math

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.messages.frame_tree import FrameError, FrameTree
from local_inn_ros.messages.readings import frame_name, to_told_pose
from local_inn_ros.messages.unused import MessageError, Unused


def told_in_map(
    message: PoseWithCovarianceStamped,
    tree: FrameTree,
    map_frame: str,
    odom_frame: str,
    map_from_odom: Pose2 | None,
) -> GaussianPose2:
    """Return a pose that was told, in the map frame.

    Args:
        message: of any frame; without one it is of the map, as AMCL takes it.
        tree: the static transforms.
        map_frame: name of the map frame.
        odom_frame: name of the odometry frame.
        map_from_odom: the odometry frame in the map as it is now believed; None where it is not.

    Raises:
        MessageError: the pose is no pose, or nothing connects its frame with the map.
    """
    told = to_told_pose(message.pose)
    frame, world, odom = map(frame_name, (message.header.frame_id, map_frame, odom_frame))
    if frame in ("", world):
        return told
    if tree.connects(frame, world):
        return _seen_from(_fixed(tree, frame, world), told)
    if map_from_odom is not None and (frame == odom or tree.connects(frame, odom)):
        within = Pose2.identity() if frame == odom else _fixed(tree, frame, odom)
        return _seen_from(map_from_odom @ within, told)
    raise MessageError(
        f"the initial pose is in frame '{message.header.frame_id}', not in '{map_frame}', and no "
        f"transform connects the two; {tree.in_words()}",
        Unused.FRAME,
    )


def _fixed(tree: FrameTree, frame: str, inside: str) -> Pose2:
    try:
        return tree.fixed_pose(frame, inside).to_pose2()
    except FrameError as error:
        raise MessageError(f"the initial pose: {error}", Unused.FRAME) from None


def _seen_from(place: Pose2, told: GaussianPose2) -> GaussianPose2:
    """Return a pose in the frame that ``place`` is given in; its covariance turns with it."""
    cosine, sine = math.cos(place.yaw), math.sin(place.yaw)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    covariance = turn @ told.covariance @ turn.T
    return GaussianPose2(place @ told.mean, 0.5 * (covariance + covariance.T))
