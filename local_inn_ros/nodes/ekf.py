# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that fuses odometry with the fixes of any number of localizers."""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from std_msgs.msg import Bool
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.ekf import FilterSettings, PoseFilter, StampedPose
from local_inn_ros.localization.odometry_buffer import Arrival
from local_inn_ros.nodes.conversions import (
    MessageError,
    frame_name,
    odometry_message,
    stamped_gaussian_message,
    to_gaussian,
    to_odometry,
    to_seconds,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.diagnostics import DiagnosticsPublisher, Health, Tally
from local_inn_ros.nodes.ekf_health import ekf_health
from local_inn_ros.nodes.ekf_parameters import EkfParameters
from local_inn_ros.nodes.parameters import declare_parameters
from local_inn_ros.nodes.qos import LATCHED, RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.nodes.runner import run_nodes
from local_inn_ros.sensing import Odometry

# Without fixes the transform does not change, but listeners want it to be recent.
_TRANSFORM_PERIOD_S = 0.05
# An initial pose without covariance is one set by hand: AMCL's default deviations.
_HAND_SET_DEVIATIONS = (0.5, 0.5, math.pi / 12.0)
_WARNING_PERIOD_S = 5.0


class Ekf(Node):
    """Odometry and fixes in; `amcl_pose`, `odometry/filtered` and the map's transform out."""

    def __init__(self, **node_arguments: Any) -> None:
        """Start.

        Args:
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            ParameterError: a parameter cannot be used.
        """
        super().__init__("ekf", **node_arguments)
        self._told = declare_parameters(self, EkfParameters)
        self._filter = PoseFilter(
            FilterSettings(
                gate_probability=self._told.gate_probability, history_s=self._told.history
            )
        )
        self._newest_odometry: Odometry | None = None
        self._transform_sent_s = -math.inf
        # Those of `lost_topics` that said last that the robot is lost.
        self._alarms: set[str] = set()
        self._tally = Tally()
        self._connect()
        if self._told.set_initial_pose:
            self._begin_at_parameters()

    def _connect(self) -> None:
        pose = PoseWithCovarianceStamped
        self._pose_publisher = self.create_publisher(pose, "amcl_pose", LATCHED)
        self._filtered_publisher = self.create_publisher(
            OdometryMessage, "odometry/filtered", RELIABLE
        )
        self._transform_publisher = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self.create_subscription(OdometryMessage, "odom", self._on_odometry, SENSOR)
        for topic in self._told.fix_topics:
            self.create_subscription(pose, topic, self._on_fix, RELIABLE)
        for topic in self._told.lost_topics:
            self.create_subscription(Bool, topic, partial(self._on_lost, topic), LATCHED)
        self.create_subscription(pose, "initialpose", self._on_new_pose, RELIABLE)
        self.create_subscription(pose, "relocalized_pose", self._on_new_pose, RELIABLE)
        self._diagnostics = DiagnosticsPublisher(self, self._tally, self._examine)

    def _begin_at_parameters(self) -> None:
        told = self._told
        start = Pose2(told.initial_x, told.initial_y, wrap_angle(told.initial_yaw))
        pose = GaussianPose2.from_deviations(start, *_HAND_SET_DEVIATIONS)
        self._begin_at(pose, to_seconds(self.get_clock().now().to_msg()))

    def _on_odometry(self, message: OdometryMessage) -> None:
        try:
            reading = to_odometry(message)
            self._check_frame("odometry", message.header.frame_id, self._told.odom_frame_id)
            self._check_frame("odometry's base", message.child_frame_id, self._told.base_frame_id)
        except MessageError as error:
            self._refuse("odometry", error)
            return
        arrival = self._filter.predict(reading)
        self._tally.count(f"odometry {arrival.value}")
        if arrival is Arrival.DROPPED:
            return
        self._newest_odometry = reading
        if arrival is Arrival.TIME_JUMP:
            self.get_logger().warning("time went back: the history is dropped, the pose is kept")
            self._transform_sent_s = -math.inf
        if self._filter.initialized:
            self._publish_filtered()

    def _on_fix(self, message: PoseWithCovarianceStamped) -> None:
        try:
            self._check_frame("fix", message.header.frame_id, self._told.global_frame_id)
            measurement = to_gaussian(message.pose)
        except MessageError as error:
            self._refuse("fix", error)
            return
        stamp_s = to_seconds(message.header.stamp)
        fusion = self._filter.fuse(measurement, stamp_s)
        self._tally.count("fix")
        # The reason of a fix that was compared holds its distance: one key for all of them.
        compared = not math.isnan(fusion.squared_mahalanobis)
        reason = "outside the gate" if compared else fusion.reason
        self._tally.count("fix accepted" if fusion.accepted else f"fix refused: {reason}")
        pose = self._filter.estimate_at(stamp_s)
        if pose is not None:
            stamped = stamped_gaussian_message(
                pose, message.header.stamp, self._told.global_frame_id
            )
            self._pose_publisher.publish(stamped)
            self._transform_sent_s = -math.inf
            self._publish_filtered()

    def _on_lost(self, topic: str, message: Bool) -> None:
        if message.data:
            self._alarms.add(topic)
        else:
            self._alarms.discard(topic)
        if not self._alarms:
            self._filter.resume()
        elif self._filter.initialized and not self._filter.declared_lost:
            self.get_logger().warning(f"'{topic}' says lost: odometry alone from now on")
            self._filter.declare_lost()
            self._publish_everything()

    def _on_new_pose(self, message: PoseWithCovarianceStamped) -> None:
        try:
            self._check_frame("initial pose", message.header.frame_id, self._told.global_frame_id)
            pose = to_gaussian(message.pose)
        except MessageError as error:
            self._refuse("initial pose", error)
            return
        if not pose.covariance.any():
            pose = GaussianPose2.from_deviations(pose.mean, *_HAND_SET_DEVIATIONS)
        self._begin_at(pose, to_seconds(message.header.stamp))

    def _begin_at(self, pose: GaussianPose2, stamp_s: float) -> None:
        mean = pose.mean
        self.get_logger().info(
            f"begins at x {mean.x:.2f} m, y {mean.y:.2f} m, yaw {math.degrees(mean.yaw):.1f} deg"
        )
        self._transform_sent_s = -math.inf
        if self._newest_odometry is None:
            self.get_logger().warning(
                "no odometry has come yet: that pose is taken as of the first that will"
            )
        # A stamp of zero means now, as everywhere in ROS.
        if not self._filter.reset(pose, stamp_s) and stamp_s > 0.0:
            self.get_logger().warning(
                "the odometry does not reach the stamp of that pose: how the robot moved "
                "since then is not known"
            )
        self._publish_everything()

    def _publish_everything(self) -> None:
        """Publish the pose at once, where it is not a fix that changed it."""
        estimate = self._filter.estimate()
        stamped = stamped_gaussian_message(
            estimate.pose, to_stamp(estimate.stamp_s), self._told.global_frame_id
        )
        self._pose_publisher.publish(stamped)
        if self._newest_odometry is not None:
            self._publish_filtered()

    def _publish_filtered(self) -> None:
        """Publish the pose at the newest instant, and the transform where it is due."""
        estimate = self._filter.estimate()
        assert self._newest_odometry is not None
        message = odometry_message(
            estimate.pose,
            self._newest_odometry,
            to_stamp(estimate.stamp_s),
            self._told.global_frame_id,
            self._told.base_frame_id,
        )
        self._filtered_publisher.publish(message)
        if estimate.stamp_s >= self._transform_sent_s + _TRANSFORM_PERIOD_S:
            self._publish_transform(estimate)

    def _publish_transform(self, estimate: StampedPose) -> None:
        if not self._told.tf_broadcast:
            return
        self._transform_sent_s = estimate.stamp_s
        stamp = to_stamp(estimate.stamp_s + self._told.transform_tolerance)
        transform = transform_message(
            self._filter.map_from_odom(),
            stamp,
            self._told.global_frame_id,
            self._told.odom_frame_id,
        )
        self._transform_publisher.publish(TFMessage(transforms=[transform]))

    def _check_frame(self, what: str, frame: str, wanted: str) -> None:
        if frame_name(frame) != frame_name(wanted):
            raise MessageError(f"the {what} is in frame '{frame}', not in '{wanted}'")

    def _refuse(self, what: str, error: MessageError) -> None:
        self._tally.count(f"{what} unusable")
        self.get_logger().error(
            f"refused: {error}", throttle_duration_sec=_WARNING_PERIOD_S, skip_first=False
        )

    def _examine(self) -> Health:
        return ekf_health(self._tally, self._filter)


def main() -> int:
    """Run the node."""
    return run_nodes("ekf", lambda: [Ekf()])


if __name__ == "__main__":
    sys.exit(main())
