# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns laser scans into fixes, and finds the robot on the whole map."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Any

from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Float32
from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.localization.ekf import StampedPose
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.odometry_buffer import Arrival
from local_inn_ros.localization.prior import PriorKeeper
from local_inn_ros.localization.relocalizer import SearchResult
from local_inn_ros.nodes.conversions import (
    frame_name,
    pose_array_message,
    scan_message,
    stamped_gaussian_message,
    to_gaussian,
    to_grid,
    to_odometry,
    to_scan,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.diagnostics import DiagnosticsPublisher, Health, Tally
from local_inn_ros.nodes.global_search import GlobalSearch
from local_inn_ros.nodes.localizer_health import localizer_health
from local_inn_ros.nodes.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.model import Model, Mounted, load_model
from local_inn_ros.nodes.parameters import declare_parameters
from local_inn_ros.nodes.qos import BEST_EFFORT, LATCHED, RELIABLE, SENSOR, STATIC_TRANSFORMS
from local_inn_ros.nodes.runner import run_nodes
from local_inn_ros.nodes.static_transforms import StaticTransforms
from local_inn_ros.sensing import Scan

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
        # First of all, as it is closed with the node however far the rest has come.
        self._search = GlobalSearch(self, self._on_found)
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
        self._connect()
        self.get_logger().info(f"bundle {self._model.name} on {self._model.engine.name}")

    def _connect(self) -> None:
        pose = PoseWithCovarianceStamped
        self._fix_publisher = self.create_publisher(pose, "~/fix", RELIABLE)
        self._measurement_publisher = self.create_publisher(pose, "~/measurement", RELIABLE)
        self._samples_publisher = self.create_publisher(PoseArray, "~/samples", BEST_EFFORT)
        self._expected_publisher = self.create_publisher(LaserScan, "~/expected_scan", BEST_EFFORT)
        self._quality_publisher = self.create_publisher(Float32, "~/quality", RELIABLE)
        self._found_publisher = self.create_publisher(pose, "relocalized_pose", RELIABLE)
        self.create_subscription(
            TFMessage, "/tf_static", self._on_static_transforms, STATIC_TRANSFORMS
        )
        self.create_subscription(OccupancyGridMessage, "map", self._on_map, LATCHED)
        self.create_subscription(OdometryMessage, "odom", self._on_odometry, SENSOR)
        self.create_subscription(OdometryMessage, "odometry/filtered", self._on_filtered, RELIABLE)
        self.create_subscription(LaserScan, "scan", self._on_scan, SENSOR)
        self._diagnostics = DiagnosticsPublisher(self, self._tally, self._examine)

    def destroy_node(self) -> None:
        """Let a search come to its end first."""
        self._search.close()
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
        self._work_off()

    def _on_filtered(self, message: OdometryMessage) -> None:
        try:
            pose = to_gaussian(message.pose)
        except LocalInnError as error:
            self._complain(f"odometry/filtered: {error}")
            return
        if frame_name(message.header.frame_id) == frame_name(self._told.global_frame_id):
            self._priors.tell(StampedPose(to_seconds(message.header.stamp), pose))

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
            try:
                self._locate(message)
                self._trouble = ""
            except LocalInnError as error:
                self._trouble = str(error)
                self._tally.count("scan unusable")
                self._complain(f"scan: {error}")

    def _locate(self, message: LaserScan) -> None:
        started_s = time.perf_counter()
        scan = to_scan(message)
        mounted = self._mounted_at(message.header.frame_id)
        self._search.look_at(mounted.relocalizer, scan)
        prior = self._priors.prior_at(scan.stamp_s)
        if prior is None:
            self._tally.count("scan without prior")
            if self._told.search_at_start and self._priors.told is None:
                self._search.begin_at_leisure()
            return
        fix = mounted.localizer.locate(scan, prior)
        self._publish(fix, message)
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

    def _publish(self, fix: Fix, message: LaserScan) -> None:
        stamp, frame = message.header.stamp, self._told.global_frame_id
        measurement = stamped_gaussian_message(fix.measurement, stamp, frame)
        self._measurement_publisher.publish(measurement)
        self._fix_publisher.publish(stamped_gaussian_message(fix.network, stamp, frame))
        self._quality_publisher.publish(Float32(data=fix.quality))
        # To look at: not even made where nobody looks.
        if self._samples_publisher.get_subscription_count():
            self._samples_publisher.publish(pose_array_message(fix.samples, stamp, frame))
        if self._expected_publisher.get_subscription_count():
            expected = self._model.expected_scan(fix)
            self._expected_publisher.publish(scan_message(expected, stamp, message.header.frame_id))

    def _on_found(self, result: SearchResult, scan: Scan) -> None:
        """Tell the filter of a robot that was found; called from the thread of the search."""
        assert result.pose is not None
        stamp = to_stamp(scan.stamp_s)
        found = stamped_gaussian_message(result.pose, stamp, self._told.global_frame_id)
        self._found_publisher.publish(found)

    def _complain(self, text: str) -> None:
        self.get_logger().error(text, throttle_duration_sec=_WARNING_PERIOD_S)

    def _examine(self) -> Health:
        return localizer_health(
            self._tally,
            self._map_trouble or self._trouble,
            self._priors.told is not None,
            self._told.quality_alarm,
            self._model,
        )


def main() -> int:
    """Run the node."""
    return run_nodes("lidar_localizer", lambda: [LidarLocalizer()])


if __name__ == "__main__":
    sys.exit(main())
