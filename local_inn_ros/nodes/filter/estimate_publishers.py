# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics on which the filter's node tells where the robot is."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from tf2_msgs.msg import TFMessage

from local_inn_ros.filtering.motion_scales import MotionScales
from local_inn_ros.filtering.stamped import StampedPose
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    fill_gaussian,
    fill_odometry,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, TRANSFORMS
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.sensing import Odometry

# Without fixes the transform does not change, but listeners want it to be recent: with each
# odometry of up to 100 Hz. Stamps jitter.
_TRANSFORM_PERIOD_S = 0.008


class EstimatePublishers:
    """`amcl_pose`, `odometry/filtered` and the transform from map to odom (REP-105)."""

    def __init__(self, entities: Entities, parameters: Parameters[EkfParameters]) -> None:
        """Offer the topics.

        Args:
            entities: publishes.
            parameters: name the frames.
        """
        self._parameters = parameters
        told, pose = parameters.now, PoseWithCovarianceStamped
        self._pose = entities.publisher(pose, "amcl_pose", LATCHED)
        self._filtered = entities.publisher(OdometryMessage, "odometry/filtered", RELIABLE)
        self._transforms = entities.publisher(TFMessage, "/tf", TRANSFORMS)
        self._transform_sent_s = -math.inf
        # Made once, and filled for each use.
        self._pose_message = PoseWithCovarianceStamped()
        self._pose_message.header.frame_id = told.global_frame_id
        self._filtered_message = OdometryMessage(child_frame_id=told.base_frame_id)
        self._filtered_message.header.frame_id = told.global_frame_id

    def publish_pose(self, pose: GaussianPose2, stamp: Time) -> None:
        """Publish the pose at an instant; the transform follows with the next estimate."""
        self._pose_message.header.stamp = stamp
        fill_gaussian(self._pose_message.pose, pose)
        self._pose.publish(self._pose_message)
        self.renew_transform()

    def renew_transform(self) -> None:
        """Let the transform be published with the next estimate, however soon that comes."""
        self._transform_sent_s = -math.inf

    def publish_estimate(
        self,
        estimate: StampedPose,
        reading: Odometry,
        scales: MotionScales,
        map_from_odom: Pose2,
    ) -> None:
        """Publish the pose at the newest instant, and the transform where it is due.

        Args:
            estimate: the pose.
            reading: tells the speed that the odometry says.
            scales: how far that is off.
            map_from_odom: pose of the odometry frame in the map frame.
        """
        told = self._parameters.now
        self._filtered_message.header.stamp = to_stamp(estimate.stamp_s)
        fill_odometry(self._filtered_message, estimate.pose, scales.scaled(reading))
        spread = self._filtered_message.twist.covariance
        spread[0] = (scales.distance_deviation * reading.speed_mps) ** 2
        spread[7] = (scales.distance_deviation * reading.lateral_speed_mps) ** 2
        spread[35] = (scales.turn_deviation * reading.yaw_rate_radps) ** 2
        self._filtered.publish(self._filtered_message)
        due = estimate.stamp_s >= self._transform_sent_s + _TRANSFORM_PERIOD_S
        if told.tf_broadcast and due:
            self._transform_sent_s = estimate.stamp_s
            ahead = to_stamp(estimate.stamp_s + told.transform_tolerance)
            self._transforms.publish(
                TFMessage(
                    transforms=[
                        transform_message(
                            map_from_odom, ahead, told.global_frame_id, told.odom_frame_id
                        )
                    ]
                )
            )
