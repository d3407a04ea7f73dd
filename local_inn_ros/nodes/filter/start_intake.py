# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the filter begins: poses that people, searches or the parameters tell."""

from __future__ import annotations

from collections.abc import Callable

from geometry_msgs.msg import PoseWithCovarianceStamped

from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.nodes.common.conversions import (
    MessageError,
    hand_set,
    seconds_now,
    to_seconds,
)
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.filter.frame_intake import FrameIntake
from local_inn_ros.nodes.filter.pose_gate import PoseGate


class StartIntake:
    """Takes in poses to begin at; one that comes before the node is active waits until it is."""

    def __init__(
        self,
        entities: Entities,
        parameters: Parameters[EkfParameters],
        frames: FrameIntake,
        gate: PoseGate,
        tally: Tally,
        map_from_odom: Callable[[], Pose2 | None],
        begin_at: Callable[[GaussianPose2, float], None],
        refuse: Callable[[str, MessageError], None],
    ) -> None:
        """Have been told no pose.

        Args:
            entities: tell whether the node is active, and what time it is.
            parameters: of the node.
            frames: takes poses to the map frame.
            gate: refuses poses that nobody can be at.
            tally: counts the poses.
            map_from_odom: tells the odometry frame in the map; None where it is not known.
            begin_at: lets the filter begin at a pose, which was so at a stamp in seconds.
            refuse: told of messages that cannot be used.
        """
        self._entities = entities
        self._parameters = parameters
        self._frames = frames
        self._gate = gate
        self._tally = tally
        self._map_from_odom = map_from_odom
        self._begin_at = begin_at
        self._refuse = refuse
        self._early: PoseWithCovarianceStamped | None = None

    @property
    def waiting(self) -> bool:
        """Whether a pose was told before the node was active."""
        return self._early is not None

    def begin(self) -> None:
        """Begin at the pose that waits; without one at that of the parameters, if they have one."""
        if self._early is not None:
            message, self._early = self._early, None
            self.heed(message)
        elif self._parameters.now.set_initial_pose:
            self._begin_at_parameters()

    def heed(self, message: PoseWithCovarianceStamped) -> None:
        """Take in a pose that was told, of any frame."""
        self._tally.count("pose told")
        if not self._entities.active:
            self._entities.node.get_logger().warning(
                "a pose was told before the node is active: it begins there then"
            )
            self._early = message
            return
        try:
            pose = self._frames.pose(message, self._map_from_odom())
        except MessageError as error:
            self._refuse("initial pose", error)
            return
        if self._gate.refuses(pose):
            self._tally.count("initial pose off the map")
            return
        self._begin_at(pose, to_seconds(message.header.stamp))

    def _begin_at_parameters(self) -> None:
        told = self._parameters.now
        start = Pose2(told.initial_x, told.initial_y, wrap_angle(told.initial_yaw))
        pose = hand_set(start)
        if not self._gate.refuses(pose):
            self._begin_at(pose, seconds_now(self._entities.node))
