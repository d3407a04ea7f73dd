# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that plays a simulated drive as a robot's sensors would, and hears the poses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from local_inn_ros.benchmarking.accuracy_job import MOUNT
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    scan_message,
    stamped_gaussian_message,
    to_scan,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR
from local_inn_ros.nodes.demo.demo_probe import Stamp, stamp_of
from local_inn_ros.sensing import Odometry

_START_DEVIATIONS = (0.1, 0.1, 0.05)
_LASER = "laser"
# A pose that has not come so long after its scan will not come.
_PATIENCE_S = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class _Due:
    """A message, and when it is sent and stamped, in seconds of the drive."""

    send_s: float
    stamp_s: float
    message: LaserScan | OdometryMessage


class DrivePlayer(Node):
    """Publishes scans, odometry and the laser's mount, and hears `amcl_pose`.

    Attributes:
        sent: stamps of the fixes of the scans that were published, in their order.
        poses: stamps of the poses that were heard.
        late_s: how much later than it was due a message was sent, at the most.
    """

    def __init__(self, drive: Drive, scan_delay_s: float, **node_arguments: Any) -> None:
        """Connect, and lay out all messages; nothing moves before `begin`.

        Args:
            drive: what is played.
            scan_delay_s: how long after its stamp each scan is sent.
            node_arguments: passed on to ``rclpy.node.Node``.
        """
        super().__init__("drive_player", **node_arguments)
        self.sent: list[Stamp] = []
        self.poses: set[Stamp] = set()
        self.late_s = 0.0
        self._drive = drive
        self._due = sorted(_laid_out(drive, scan_delay_s), key=lambda one: one.send_s)
        self._next = 0
        self._start_s = 0.0
        self._sent_s = 0.0
        self._scans = self.create_publisher(LaserScan, "scan", SENSOR)
        self._odometry = self.create_publisher(OdometryMessage, "odom", SENSOR)
        self._initial = self.create_publisher(PoseWithCovarianceStamped, "initialpose", RELIABLE)
        self._mounts = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        self.create_subscription(PoseWithCovarianceStamped, "amcl_pose", self._on_pose, LATCHED)
        mount = transform_message(MOUNT, Time(), "base_link", _LASER)
        self._mounts.publish(TFMessage(transforms=[mount]))

    @property
    def over(self) -> bool:
        """Whether everything has been sent."""
        return self._next == len(self._due)

    @property
    def answered(self) -> bool:
        """Whether the pose of the newest scan was heard, or is not to be expected any more."""
        given_up = time.time() - self._sent_s > _PATIENCE_S
        return not self.sent or self.sent[-1] in self.poses or given_up

    def heard(self) -> bool:
        """Tell whether localizer and filter listen to all that they need."""
        both = (self._odometry, self._initial)
        one = (self._scans, self._mounts)
        return all(each.get_subscription_count() >= 2 for each in both) and all(
            each.get_subscription_count() >= 1 for each in one
        )

    def tell_start(self) -> None:
        """Tell where the robot is when the drive begins."""
        truth = self._drive.truth.at([self._due[0].stamp_s])[0]
        pose = GaussianPose2.from_deviations(Pose2.from_array(truth), *_START_DEVIATIONS)
        # A stamp of zero means now: the first odometry.
        self._initial.publish(stamped_gaussian_message(pose, Time(), "map"))

    def begin(self) -> None:
        """Drive off."""
        self.poses.clear()
        self._start_s = time.time() - self._due[0].send_s

    def seconds_to_next(self) -> float:
        """Return how long it is until the next message is due; negative where it is late."""
        return self._start_s + self._due[self._next].send_s - time.time()

    def publish_next(self) -> None:
        """Publish the next message, whether it is due or not."""
        due = self._due[self._next]
        self.late_s = max(self.late_s, -self.seconds_to_next())
        self._next += 1
        due.message.header.stamp = to_stamp(self._start_s + due.stamp_s)
        if isinstance(due.message, LaserScan):
            self.sent.append(fix_stamp_of(due.message))
            self._sent_s = time.time()
            self._scans.publish(due.message)
        else:
            self._odometry.publish(due.message)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self.poses.add(stamp_of(message))


def _laid_out(drive: Drive, scan_delay_s: float) -> Iterator[_Due]:
    """Return all messages of a drive."""
    for scan in drive.swept_scans:
        message = scan_message(scan, Time(), _LASER)
        yield _Due(scan.stamp_s + scan_delay_s, scan.stamp_s, message)
    for reading in drive.odometry:
        yield _Due(reading.stamp_s, reading.stamp_s, _told(reading))


def fix_stamp_of(message: LaserScan) -> Stamp:
    """Return the stamp of what is made of a scan: the instant that its beams are moved to."""
    scan = to_scan(message)
    if scan.sweep_s == 0.0:
        return stamp_of(message)
    stamp = to_stamp(scan.middle_s)
    return Stamp(stamp.sec, stamp.nanosec)


def _told(reading: Odometry) -> OdometryMessage:
    exact = GaussianPose2(reading.pose, np.zeros((3, 3)))
    return odometry_message(exact, reading, Time(), "odom", "base_link")
