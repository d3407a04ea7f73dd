# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns laser scans into fixes, and finds the robot on the whole map."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.localization.ekf import StampedPose
from local_inn_ros.localization.odometry_buffer import Arrival
from local_inn_ros.localization.prior import PriorKeeper
from local_inn_ros.nodes.conversions import (
    frame_name,
    to_gaussian,
    to_grid,
    to_odometry,
    to_scan,
    to_seconds,
)
from local_inn_ros.nodes.diagnostics import DiagnosticsPublisher, Health, Tally
from local_inn_ros.nodes.fix_publishers import FixPublishers
from local_inn_ros.nodes.localizer_health import localizer_health
from local_inn_ros.nodes.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.model import Model, Mounted, load_model
from local_inn_ros.nodes.parameters import declare_parameters
from local_inn_ros.nodes.pose_store import PoseStore
from local_inn_ros.nodes.qos import LATCHED, NEWEST, RELIABLE, SENSOR, STATIC_TRANSFORMS
from local_inn_ros.nodes.recovery import Recovery, Situation
from local_inn_ros.nodes.runner import run_nodes
from local_inn_ros.nodes.search_run import Sight
from local_inn_ros.nodes.static_transforms import StaticTransforms

# Scans that may wait for the odometry to reach them.
_MOST_WAITING = 20
_WARNING_PERIOD_S = 5.0


class LidarLocalizer(Node):
    """Scans in; `~/fix`, `~/measurement` and what explains them out."""

    def __init__(self, model: Model | None = None, **node_arguments: Any) -> None:
        """Load the model and start.

        Args:
            model: used in place of the one that the parameter `bundle` names.
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            LocalInnError: a parameter or the bundle cannot be used.
        """
        super().__init__("lidar_localizer", **node_arguments)
        # What is closed with the node, however far it has come.
        self._parts = ExitStack()
        self._told = declare_parameters(self, LocalizerParameters)
        self._model = load_model(self._told) if model is None else model
        self._priors = PriorKeeper()
        self._transforms = StaticTransforms()
        self._mounted: dict[str, Mounted] = {}
        # Frames whose mount has been looked up since transforms came last.
        self._checked: set[str] = set()
        self._waiting: deque[LaserScan] = deque(maxlen=_MOST_WAITING)
        self._trouble = ""
        self._map_trouble = ""
        self._tally = Tally()
        self._recovery = Recovery(self, self._told)
        self._parts.callback(self._recovery.search.close)
        sha256 = self._model.bundle.description.map.sha256
        store = PoseStore(
            self, self._told, sha256, lambda: self._recovery.trusted(self._priors.told)
        )
        self._parts.callback(store.save)
        self._recovery.offer(store.saved)
        self._fix_publishers = FixPublishers(self, self._model, self._told.global_frame_id)
        self._connect()
        self.get_logger().info(f"bundle {self._model.name} on {self._model.engine.name}")

    def _connect(self) -> None:
        pose = PoseWithCovarianceStamped
        self.create_subscription(
            TFMessage, "/tf_static", self._on_static_transforms, STATIC_TRANSFORMS
        )
        self.create_subscription(OccupancyGridMessage, "map", self._on_map, LATCHED)
        self.create_subscription(OdometryMessage, "odom", self._on_odometry, SENSOR)
        self.create_subscription(OdometryMessage, "odometry/filtered", self._on_filtered, NEWEST)
        self.create_subscription(pose, "initialpose", self._on_initial_pose, RELIABLE)
        self.create_subscription(LaserScan, "scan", self._on_scan, SENSOR)
        self._diagnostics = DiagnosticsPublisher(self, self._tally, self._examine)

    def destroy_node(self) -> None:
        """Let a search come to its end, and save the pose, first."""
        self._parts.close()
        super().destroy_node()

    def _on_static_transforms(self, message: TFMessage) -> None:
        try:
            self._transforms.add(message)
        except LocalInnError as error:
            self._complain(f"/tf_static: {error}")
        self._checked.clear()

    def _on_map(self, message: OccupancyGridMessage) -> None:
        try:
            self._map_trouble = self._model.doubt_about(to_grid(message))
        except LocalInnError as error:
            self._map_trouble = f"the map on '{self.resolve_topic_name('map')}': {error}"
        if self._map_trouble:
            self.get_logger().error(self._map_trouble)

    def _on_odometry(self, message: OdometryMessage) -> None:
        try:
            arrival = self._priors.add_odometry(to_odometry(message))
        except LocalInnError as error:
            self._complain(f"odometry: {error}")
            return
        self._tally.count("odometry")
        if arrival is Arrival.TIME_JUMP:
            self._waiting.clear()
            self._recovery.search.cancel("time went back")
        self._work_off()

    def _on_filtered(self, message: OdometryMessage) -> None:
        try:
            pose = to_gaussian(message.pose)
        except LocalInnError as error:
            self._complain(f"odometry/filtered: {error}")
            return
        if frame_name(message.header.frame_id) == frame_name(self._told.global_frame_id):
            if self._priors.told is None:
                self._recovery.begin_anew("a pose was told meanwhile")
            self._priors.tell(StampedPose(to_seconds(message.header.stamp), pose))

    def _on_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        """Hear that the filter begins anew; what is wrong with a pose is the filter's to say."""
        try:
            to_gaussian(message.pose)
        except LocalInnError:
            return
        if frame_name(message.header.frame_id) == frame_name(self._told.global_frame_id):
            self._recovery.begin_anew("a pose was told meanwhile")

    def _on_scan(self, message: LaserScan) -> None:
        self._tally.count("scan")
        now_s = to_seconds(self.get_clock().now().to_msg())
        self._tally.note("stamp age [s]", now_s - to_seconds(message.header.stamp))
        self._waiting.append(message)
        self._work_off()

    def _work_off(self) -> None:
        """Locate the scans that the odometry has reached; the others go on waiting."""
        ready: list[LaserScan] = []
        ahead: deque[LaserScan] = deque(maxlen=_MOST_WAITING)
        for message in self._waiting:
            reached = self._priors.reaches(to_seconds(message.header.stamp))
            (ready if reached else ahead).append(message)
        self._waiting = ahead
        for message in ready:
            self._try(self._locate, message)
        if ahead and self._recovery.search.running:
            self._try(self._glance, ahead[-1])

    def _try(self, use: Callable[[LaserScan], None], message: LaserScan) -> None:
        try:
            use(message)
            self._trouble = ""
        except LocalInnError as error:
            self._trouble = str(error)
            self._tally.count("scan unusable")
            self._complain(f"scan: {error}")

    def _glance(self, message: LaserScan) -> None:
        """Show a scan to the search that the odometry has not reached."""
        mounted = self._mounted_at(message.header.frame_id)
        self._recovery.search.look_at(Sight(mounted, to_scan(message), None))

    def _locate(self, message: LaserScan) -> None:
        started_s = time.perf_counter()
        scan = to_scan(message)
        mounted = self._mounted_at(message.header.frame_id)
        prior = self._priors.prior_at(scan.stamp_s)
        odometry = self._priors.odometry_at(scan.stamp_s)
        self._recovery.search.look_at(Sight(mounted, scan, odometry, self._recovery.offered))
        if prior is None:
            self._tally.count("scan without prior")
            if self._priors.told is None:
                self._recovery.wait_for_pose()
            return
        fix = mounted.localizer.locate(scan, prior)
        self._fix_publishers.publish(fix, message.header.stamp, message.header.frame_id)
        self._recovery.observe(fix, prior)
        self._tally.count("fix")
        self._tally.note("quality", fix.quality)
        for stage, seconds in (*fix.stage_s.items(), ("all", time.perf_counter() - started_s)):
            self._tally.note(f"stage {stage} [ms]", 1e3 * seconds)

    def _mounted_at(self, frame: str) -> Mounted:
        """Return what works on the scans of a frame, made anew where its mount is new."""
        if frame not in self._checked:
            mount = self._transforms.mount(self._told.base_frame_id, frame)
            if frame not in self._mounted or self._mounted[frame].mount != mount:
                self._mounted[frame] = self._model.mounted_at(mount)
                self.get_logger().info(
                    f"'{frame}' is mounted on '{self._told.base_frame_id}' at x {mount.x:.3f} m, "
                    f"y {mount.y:.3f} m, yaw {mount.yaw:.3f} rad"
                )
            self._checked.add(frame)
        return self._mounted[frame]

    def _situation(self) -> Situation:
        return self._recovery.situation(self._priors.told is not None)

    def _complain(self, text: str) -> None:
        self.get_logger().error(text, throttle_duration_sec=_WARNING_PERIOD_S)

    def _examine(self) -> Health:
        trouble = self._map_trouble or self._trouble
        return localizer_health(self._tally, trouble, self._situation(), self._model)


def main() -> int:
    """Run the node."""
    return run_nodes("lidar_localizer", lambda: [LidarLocalizer()])


if __name__ == "__main__":
    sys.exit(main())
