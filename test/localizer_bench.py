# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The localizer's node on a bench, alone or with the filter, in a room that it knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from model_fixtures import oracle_model, oracle_of, room, scan_at
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.task import Future
from ros_fixtures import RosWorld, listeners
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Bool, Float32
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    scan_message,
    stamped_gaussian_message,
    to_gaussian,
    to_stamp,
)
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.localizer.localizer_health import FILTER_POSE, MOUNTS, SCANS_WAITING
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import OccupancyGrid, grid_hash

START_S = 1000.0
MOUNT = Pose2(0.2, 0.0, 0.0)
BASE = Pose2(1.5, 1.2, 0.4)
ELSEWHERE = Pose2(4.4, 2.3, 2.2)
# The test hands in scans faster than a laser would: a search lasts longer by their stamps.
PATIENT = 60.0
_STEP_S = 0.05


@cache
def compile_once() -> None:
    """Let what is compiled when it is first used be there: a search waits a second for a scan."""
    oracle_model(room()).warm_up()


class Bench:
    """A localizer's node with something at each of its topics, in a room that it knows."""

    def __init__(
        self,
        ros: RosWorld,
        mount: Pose2 | None = MOUNT,
        grid: OccupancyGrid | None = None,
        handover: Handover | None = None,
        **parameters: Any,
    ) -> None:
        self.ros = ros
        self.grid = room() if grid is None else grid
        compile_once()
        self.model = oracle_model(self.grid)
        parameters.setdefault("search_timeout", PATIENT)
        for level in ("warn", "error"):
            # The test's stamps are its own, and its scans come as they can.
            parameters.setdefault(f"diagnostics__stamp_age_{level}", 0.0)
            parameters.setdefault(f"diagnostics__scan_time_{level}", 0.0)
        self.node = ros.start(LidarLocalizer, self.model, handover, **parameters)
        self.measurements = self.hear(PoseWithCovarianceStamped, "measurement", RELIABLE)
        self.fixes = self.hear(PoseWithCovarianceStamped, "fix", RELIABLE)
        self.quality = self.hear(Float32, "quality", RELIABLE)
        self.lost = self.hear(Bool, "lost", LATCHED)
        self.health = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
        self.found = ros.listen(PoseWithCovarianceStamped, "relocalized_pose", RELIABLE)
        self.odometry = ros.talk(OdometryMessage, "odom", SENSOR)
        self.filtered = ros.talk(OdometryMessage, "odometry/filtered", RELIABLE)
        self.initial = ros.talk(PoseWithCovarianceStamped, "initialpose", RELIABLE)
        self.scans = ros.talk(LaserScan, "scan", SENSOR)
        self.sent_s = START_S + 1.0
        # Where the odometry has the base.
        self.wheels = Pose2.identity()
        if mount is not None:
            self.tell_mount(mount)
        ros.wait_for(self.heard_by_probe, "the node's publishers")
        ros.wait_for(lambda: self.lost, "the node's first word on whether it is lost")

    @staticmethod
    def map_sha256() -> str:
        return grid_hash(room())

    def hear(self, kind: type[Any], name: str, qos: Any) -> list[Any]:
        return self.ros.listen(kind, f"lidar_localizer/{name}", qos)

    def heard_by_probe(self) -> bool:
        count = self.ros.probe.count_publishers
        # The node listens there itself.
        heard = listeners(self.node, "/relocalized_pose") > 1
        return heard and count("lidar_localizer/quality") > 0

    def tell_mount(self, mount: Pose2, sensor: str = "laser") -> None:
        """Publish where a laser is mounted, and wait until the node has heard it."""
        count = self.total(MOUNTS)
        self.ros.publish_mount(mount, sensor=sensor)
        self.ros.wait_for(lambda: self.total(MOUNTS) > count, "the mount")

    def stand_at(self, base: Pose2) -> None:
        """Put the robot somewhere; its network knows at once."""
        oracle_of(self.model).sensor_pose = base @ MOUNT

    def scan_from(self, base: Pose2, stamp_s: float) -> Scan:
        return scan_at(self.grid, base @ MOUNT, stamp_s)

    def send_scan(self, scan: Scan, frame: str = "laser") -> None:
        """Send a scan and wait until it has come."""
        count = self.total("scan")
        self.scans.publish(scan_message(scan, to_stamp(scan.stamp_s), frame))
        self.ros.wait_for(lambda: self.total("scan") > count, "the scan")

    def tell_pose(self, pose: Pose2, stamp_s: float) -> None:
        """Send what the filter would: a pose in the map."""
        told = GaussianPose2.from_deviations(pose, 0.1, 0.1, 0.05)
        standing = Odometry(stamp_s, Pose2.identity())
        message = odometry_message(told, standing, to_stamp(stamp_s), "map", "base_link")
        count = self.total(FILTER_POSE)
        self.filtered.publish(message)
        self.ros.wait_for(lambda: self.total(FILTER_POSE) > count, "the prior")

    def send_odometry(self, pose: Pose2, stamp_s: float) -> None:
        reading = Odometry(stamp_s, pose)
        exact = GaussianPose2(pose, np.zeros((3, 3)))
        message = odometry_message(exact, reading, to_stamp(stamp_s), "odom", "base_link")
        self.odometry.publish(message)

    def tell_odometry(self, pose: Pose2, stamp_s: float) -> None:
        """Send a reading and wait until it has come."""
        count = self.total("odometry")
        self.send_odometry(pose, stamp_s)
        self.ros.wait_for(lambda: self.total("odometry") > count, "the odometry")

    def total(self, what: str) -> int:
        return self.node.statistics().get(what, 0)

    @property
    def searching(self) -> bool:
        """Whether the map is searched just now."""
        return self.node.work.situation.searching

    def is_alarmed(self) -> bool:
        """Tell whether the last word was that the robot is lost."""
        return bool(self.lost and self.lost[-1].data)

    def look_from(self, base: Pose2) -> None:
        """Let the next scan come, from a robot that stands still."""
        self.sent_s += _STEP_S
        self.tell_odometry(self.wheels, self.sent_s)
        self.send_scan(self.scan_from(base, self.sent_s))

    def look_until(self, condition: Callable[[], object], what: str, base: Pose2 = BASE) -> None:
        """Let scans come until a condition holds."""

        def holds() -> object:
            self.look_from(base)
            return condition()

        self.ros.wait_for(holds, what)

    def ask(self, seen_from: Pose2 | None = BASE) -> Trigger.Response:
        """Call `relocalize` and return the answer; scans go on coming meanwhile, or none do."""
        future = self.call()
        if seen_from is None:
            self.ros.wait_for(future.done, "the answer")
        else:
            self.look_until(future.done, "the answer", seen_from)
        response: Trigger.Response = future.result()
        return response

    def call(self) -> Future[Trigger.Response]:
        """Call `relocalize`."""
        client = self.ros.probe.create_client(Trigger, "relocalize")
        self.ros.wait_for(client.service_is_ready, "the service")
        return client.call_async(Trigger.Request())

    def wait_for_health(self, words: str, seen_from: Pose2 | None = None) -> dict[str, str]:
        """Return the figures of the first report, from now on, whose message holds these words.

        Args:
            words: what is waited for.
            seen_from: scans from there, and odometry, go on coming meanwhile.
        """
        first = len(self.health)

        def told() -> bool:
            if seen_from is not None:
                self.sent_s += 0.02
                self.tell_odometry(self.wheels, self.sent_s)
                self.send_scan(self.scan_from(seen_from, self.sent_s))
            return any(words in one.status[0].message for one in self.health[first:])

        self.ros.wait_for(told, f"'{words}'")
        said = [one.status[0] for one in self.health[first:] if words in one.status[0].message]
        return {value.key: value.value for value in said[0].values}


class Robot(Bench):
    """A robot that turns on the spot, with localizer and filter; it can be carried elsewhere."""

    def __init__(self, ros: RosWorld, handover: Handover | None = None, **parameters: Any) -> None:
        self.ekf = ros.start(Ekf, handover)
        super().__init__(ros, handover=handover, **parameters)
        self.poses = ros.listen(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
        self.transforms = ros.listen(TFMessage, "/tf", TRANSFORMS)
        alarms, words = "/lidar_localizer/lost", "/odometry/filtered"
        ros.wait_for(lambda: listeners(self.node, alarms) > 1, "the filter to hear of alarms")
        ros.wait_for(lambda: listeners(self.ekf, words) > 0, "the localizer to hear the filter")
        for publisher in (self.odometry, self.initial):
            ros.wait_for(
                lambda publisher=publisher: publisher.get_subscription_count() > 1,
                "both nodes to listen",
            )
        self.base = BASE
        self.slip = 1.0
        self.turn_rad = 0.02
        # Beams that meet something that no map has.
        self.blocked: slice = slice(0)

    def step(self) -> None:
        """Let the robot turn a little, and its sensors tell; wait until they are heard."""
        self.sent_s += _STEP_S
        turned = Pose2(0.0, 0.0, self.slip * self.turn_rad)
        self.base, self.wheels = self.base @ Pose2(0.0, 0.0, self.turn_rad), self.wheels @ turned
        self.stand_at(self.base)
        self.tell_odometry(self.wheels, self.sent_s)
        scan = self.scan_from(self.base, self.sent_s)
        scan.ranges_m[self.blocked] = np.minimum(scan.ranges_m[self.blocked], 0.4)
        self.send_scan(scan)
        self.ros.wait_for(self._is_heard, "the readings")

    def tell_odometry(self, pose: Pose2, stamp_s: float) -> None:
        """Send a reading and wait until both nodes have it.

        Which of them hears of it first must not decide whether a fix is handed over.
        """
        count = self.filter_odometry()
        super().tell_odometry(pose, stamp_s)
        self.ros.wait_for(lambda: self.filter_odometry() > count, "the filter to hear of it")

    def filter_total(self, what: str) -> int:
        return self.ekf.statistics().get(what, 0)

    def filter_odometry(self) -> int:
        """Return how many readings of the odometry the filter has heard."""
        counted = self.ekf.statistics().items()
        return sum(count for name, count in counted if name.startswith("odometry "))

    def _is_heard(self) -> bool:
        """Tell whether both nodes have heard all there is, each other's words too."""
        if self.total(SCANS_WAITING):
            return False
        if self.ekf.work.estimate is None:
            return True
        told = self.node.work.told
        return told is not None and told.stamp_s >= self.sent_s - 1e-6

    def step_until(self, condition: Callable[[], object], what: str) -> None:
        def holds() -> object:
            self.step()
            return condition()

        self.ros.wait_for(holds, what)

    def tell(self, base: Pose2) -> None:
        """Tell a pose as a person would."""
        told = GaussianPose2.from_deviations(base, 0.1, 0.1, 0.05)
        self.initial.publish(stamped_gaussian_message(told, to_stamp(self.sent_s), "map"))

    def localize(self) -> None:
        """Tell the pose, and go on until the filter is sure of it."""
        for _ in range(5):
            self.step()
        self.tell(self.base @ Pose2(0.05, -0.05, 0.03))
        self.step_until(self.is_right, "the robot to be localized")

    def told(self) -> GaussianPose2:
        return to_gaussian(self.poses[-1].pose)

    def is_right(self) -> bool:
        if not self.poses:
            return False
        told = self.told()
        apart = self.base.between(told.mean)
        near = self.base.distance_to(told.mean) < 0.1 and abs(apart.yaw) < 0.1
        return near and bool(told.deviations().max() < 0.2)
