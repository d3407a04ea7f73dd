# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics on which an observing node tells what it makes of an observation."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from rclpy.publisher import Publisher
from std_msgs.msg import Float32, Header

from local_inn_ros.filtering.conditioning import well_conditioned
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.protocols import PendingFix, is_supported
from local_inn_ros.nodes.common.conversions import fill_gaussian, pose_array_message
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.handover import HandedFix, Handover
from local_inn_ros.nodes.common.qos import BEST_EFFORT, RELIABLE
from local_inn_ros.nodes.common.support import support_topic
from local_inn_ros.nodes.localizer.observation_intake import ExpectedView, SensorMount
from local_inn_ros.sensing import Observation


class FixPublishers:
    """`~/measurement`, `~/measurement/supported`, `~/fix`, `~/quality` and what explains a fix."""

    def __init__(
        self, entities: Entities, map_frame: str, handover: Handover, expected: ExpectedView
    ) -> None:
        """Offer the topics.

        Args:
            entities: publishes.
            map_frame: frame that poses are in.
            handover: leads to a filter in this process, where there is one.
            expected: tells what was expected of the sensor.
        """
        self._map_frame = map_frame
        self._handover = handover
        pose = PoseWithCovarianceStamped
        self._fix = entities.publisher(pose, "~/fix", RELIABLE)
        self._measurement = entities.publisher(pose, "~/measurement", RELIABLE)
        self._quality = entities.publisher(Float32, "~/quality", RELIABLE)
        self._samples = entities.publisher(PoseArray, "~/samples", BEST_EFFORT)
        self._expected = expected
        self._topic = self._measurement.topic_name
        self._supported = entities.publisher(Header, support_topic(self._topic), RELIABLE)
        # Made once, and filled for each use.
        self._message = PoseWithCovarianceStamped()
        self._message.header.frame_id = map_frame

    def tell(self, pending: PendingFix, stamp: Time, odometry_s: float | None) -> None:
        """Tell the filter what an observation says, before anything else: the robot's pose.

        A filter in this process has it at once, others as a message.

        Args:
            pending: the fix.
            stamp: of the observation.
            odometry_s: stamp of the newest odometry that was heard; None where none was.
        """
        # Of a network that works in single precision, samples far from its map may be all one.
        pose = well_conditioned(pending.measurement)
        supported = is_supported(pending)
        handed = HandedFix(stamp, self._map_frame, pose, odometry_s, supported)
        taken = self._handover.offer(self._topic, handed)
        if supported and not taken:
            self._supported.publish(Header(stamp=stamp, frame_id=self._map_frame))
        self._publish(self._measurement, pose, stamp)

    def publish(self, fix: Fix, header: Header, told: Observation, mount: SensorMount[Any]) -> None:
        """Publish the rest of a fix.

        Args:
            fix: its poses are in the map frame.
            header: stamp and frame of its observation.
            told: the observation as it came.
            mount: of the sensor.
        """
        stamp, frame = header.stamp, self._map_frame
        self._publish(self._fix, well_conditioned(fix.network), stamp)
        self._quality.publish(Float32(data=fix.quality))
        # To look at: not even made where nobody looks.
        if self._samples.get_subscription_count():
            self._samples.publish(pose_array_message(fix.samples, stamp, frame))
        if fix.expected is not None:
            self._expected.publish(fix.expected, header, told, mount)

    def _publish(
        self, publisher: Publisher[PoseWithCovarianceStamped], pose: GaussianPose2, stamp: Time
    ) -> None:
        self._message.header.stamp = stamp
        fill_gaussian(self._message.pose, pose)
        publisher.publish(self._message)
