# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that watches the demo from outside, with nothing but topics and services."""

from __future__ import annotations

import bisect
import time
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, ClassVar

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from numpy.typing import NDArray
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from local_inn_ros.geometry import GaussianPose2, Pose2, interpolate_poses
from local_inn_ros.nodes.common.conversions import (
    pose_stamped_message,
    stamped_gaussian_message,
    to_gaussian,
    to_pose,
    to_seconds,
)
from local_inn_ros.nodes.common.diagnostics import ERROR
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE

_STAGE = "stage "
# The truth comes a hundred times a second and more.
_LONGEST_GAP_S = 0.1


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was, to the nanosecond: what belongs together has the same."""

    sec: int
    nanosec: int


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A pose that was told.

    Attributes:
        stamp: stamp of the scan that it comes from.
        truth: where the robot was then.
        pose: where it was said to be.
        latency_s: from the scan's stamp until the pose arrived here.
    """

    stamp: Stamp
    truth: Pose2
    pose: GaussianPose2
    latency_s: float

    def distance_m(self) -> float:
        """Return how far off the pose is."""
        return self.truth.distance_to(self.pose.mean)

    def turn_rad(self) -> float:
        """Return how far off its heading is, unsigned."""
        return abs(self.truth.between(self.pose.mean).yaw)


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """A run of estimates as arrays, in the order of time.

    Attributes:
        stamps_s: (n,) stamps.
        truth: (n, 3) true poses.
        fused: (n, 3) poses of the filter.
        covariances: (n, 3, 3) of ``fused``.
        fix: (n, 3) poses of the network alone.
        latency_s: (n,) from the scan's stamp to the pose's arrival.
    """

    stamps_s: NDArray[np.float64]
    truth: NDArray[np.float64]
    fused: NDArray[np.float64]
    covariances: NDArray[np.float64]
    fix: NDArray[np.float64]
    latency_s: NDArray[np.float64]


class DemoProbe(Node):
    """Listens to the simulator and the localization, and moves the robot about."""

    # Names on `/diagnostics` of the nodes that are watched.
    watched: ClassVar[frozenset[str]] = frozenset({"ekf", "lidar_localizer"})

    def __init__(self, **node_arguments: Any) -> None:
        """Connect; see ``rclpy.node.Node`` for the arguments."""
        super().__init__("demo_probe", **node_arguments)
        self.truth: Pose2 | None = None
        self._heard = Time()
        self.path_m = 0.0
        self.estimates: list[Estimate] = []
        self.stages_ms: dict[str, list[float]] = {}
        self._health: dict[str, DiagnosticStatus] = {}
        self._truths: list[tuple[float, Pose2]] = []
        self._fixes: dict[Stamp, Pose2] = {}
        self.lost = False
        self._initial = self.create_publisher(PoseWithCovarianceStamped, "initialpose", RELIABLE)
        self._teleport = self.create_publisher(PoseStamped, "simulator/teleport", RELIABLE)
        self._relocalize: Client[Any, Any] = self.create_client(Trigger, "relocalize")
        pose = PoseWithCovarianceStamped
        self.create_subscription(PoseStamped, "ground_truth", self._on_truth, RELIABLE)
        self.create_subscription(pose, "lidar_localizer/fix", self._on_fix, RELIABLE)
        self.create_subscription(pose, "amcl_pose", self._on_pose, RELIABLE)
        self.create_subscription(Bool, "lidar_localizer/lost", self._on_lost, LATCHED)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_health, RELIABLE)

    @property
    def drives(self) -> bool:
        """Whether the simulator is at work."""
        return self.truth is not None

    @property
    def localizes(self) -> bool:
        """Whether both nodes have told of themselves."""
        return self._health.keys() >= self.watched

    def ready(self) -> bool:
        """Tell whether everybody is there, and hears what it needs."""
        at_work = {name for name, status in self._health.items() if status.level != ERROR}
        return (
            self.truth is not None
            and self._initial.get_subscription_count() > 0
            and self._teleport.get_subscription_count() > 0
            and self._relocalize.service_is_ready()
            and at_work >= self.watched
        )

    def tell_initial_pose(self, pose: GaussianPose2) -> None:
        """Tell the filter where the robot was when ``truth`` was last heard.

        Not where it is now: on a machine that is held up at its start the truth is half a second
        old when it is read, and the robot metres further on.
        """
        self._initial.publish(stamped_gaussian_message(pose, self._heard, "map"))

    def put_down(self, pose: Pose2) -> None:
        """Pick the robot up and put it down elsewhere."""
        stamp = self.get_clock().now().to_msg()
        self._teleport.publish(pose_stamped_message(pose, stamp, "map"))

    def relocalize(self) -> Future[Trigger.Response]:
        """Call the service."""
        return self._relocalize.call_async(Trigger.Request())

    def run_since(self, first: int) -> Estimates:
        """Return the estimates from the ``first`` on, those that a fix belongs to."""
        known = [one for one in self.estimates[first:] if one.stamp in self._fixes]
        fixes = [self._fixes[one.stamp] for one in known]
        return Estimates(
            stamps_s=np.array([one.stamp.sec + 1e-9 * one.stamp.nanosec for one in known]),
            truth=np.array([one.truth.to_array() for one in known]).reshape(-1, 3),
            fused=np.array([one.pose.mean.to_array() for one in known]).reshape(-1, 3),
            covariances=np.array([one.pose.covariance for one in known]).reshape(-1, 3, 3),
            fix=np.array([fix.to_array() for fix in fixes]).reshape(-1, 3),
            latency_s=np.array([one.latency_s for one in known]),
        )

    def stages_s(self) -> dict[str, float]:
        """Return the median seconds of each stage of the localizer, as it reported them."""
        return {name: 1e-3 * float(np.median(ms)) for name, ms in self.stages_ms.items()}

    def _on_truth(self, message: PoseStamped) -> None:
        pose = to_pose(message.pose)
        if self.truth is not None:
            self.path_m += self.truth.distance_to(pose)
        self.truth = pose
        self._heard = message.header.stamp
        bisect.insort(self._truths, (to_seconds(message.header.stamp), pose), key=itemgetter(0))

    def _on_fix(self, message: PoseWithCovarianceStamped) -> None:
        self._fixes[stamp_of(message)] = to_pose(message.pose.pose)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        arrived_s = time.time()
        stamp = stamp_of(message)
        truth = self.truth_at(to_seconds(message.header.stamp))
        if truth is None:
            return
        latency_s = arrived_s - to_seconds(message.header.stamp)
        self.estimates.append(Estimate(stamp, truth, to_gaussian(message.pose), latency_s))

    def truth_at(self, stamp_s: float) -> Pose2 | None:
        """Return where the robot was at an instant, if the truth is told up to there."""
        after = bisect.bisect_left(self._truths, stamp_s, key=itemgetter(0))
        if not 0 < after < len(self._truths):
            return None
        (start_s, start), (end_s, end) = self._truths[after - 1 : after + 1]
        if end_s - start_s > _LONGEST_GAP_S:
            return None
        return interpolate_poses(start, end, (stamp_s - start_s) / (end_s - start_s))

    def _on_lost(self, message: Bool) -> None:
        self.lost = message.data

    def _on_health(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._health[status.name] = status
            for key, value in _values(status).items():
                if key.startswith(_STAGE):
                    name = key.removeprefix(_STAGE).removesuffix(" [ms]")
                    self.stages_ms.setdefault(name, []).append(float(value))


def _values(status: DiagnosticStatus) -> dict[str, str]:
    return {value.key: value.value for value in status.values}


def stamp_of(message: LaserScan | PoseStamped | PoseWithCovarianceStamped) -> Stamp:
    """Return the stamp of a message."""
    return Stamp(message.header.stamp.sec, message.header.stamp.nanosec)
