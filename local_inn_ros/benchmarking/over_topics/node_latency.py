# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long both nodes take from a scan's arrival to the pose, over real topics.

Measured is what a robot's process does: both nodes in one process and one thread, as
``localization`` runs them, fed over DDS by another process. A scan has arrived when the executor
hands it to the localizer's callback; the time before, in the driver and in DDS, is not that of the
nodes. It is over when the filter has published the pose that the scan led to, on ``amcl_pose``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import rclpy
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.context import Context
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.parameter import Parameter
from sensor_msgs.msg import LaserScan

from local_inn_ros.benchmarking.accuracy_job import MOUNT, noisy_sensor
from local_inn_ros.benchmarking.bench import SPEED_MPS, BenchSettings
from local_inn_ros.benchmarking.bench_report import USUAL_SAMPLES, NodeTimes
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.over_topics.drive_player import fix_stamp_of
from local_inn_ros.benchmarking.over_topics.played_drive import Played, PlayedDrive
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.benchmarking.time_spread import TimeSpread
from local_inn_ros.benchmarking.timed_runs import SETTLING_SCANS
from local_inn_ros.benchmarking.worlds import drive_lap_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    scan_message,
    stamped_gaussian_message,
    to_scan,
    to_stamp,
)
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.managed_node import ManagedNode
from local_inn_ros.nodes.common.qos import LATCHED
from local_inn_ros.nodes.demo.demo_probe import Stamp, stamp_of
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.localizer.model import RunnableModel
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import open_model

_RATE_HZ = 40.0
# Of the other process, which has everything to import first.
_DEADLINE_S = 120.0
_MESSAGES_OUT = 100
_BETWEEN_MESSAGES_S = 0.005

Instants = dict[Stamp, float]


class _WatchedLocalizer(LidarLocalizer):
    """Notes when each scan arrives."""

    def __init__(
        self, arrived_s: Instants, model: RunnableModel, handover: Handover, **node_arguments: Any
    ) -> None:
        super().__init__(model, handover, **node_arguments)
        self._arrived_s = arrived_s

    def create_subscription(self, *words: Any, **options: Any) -> Any:
        kind, topic, callback, *rest = words

        def note(message: LaserScan) -> None:
            self._arrived_s[fix_stamp_of(message)] = time.perf_counter()
            callback(message)

        heed = note if kind is LaserScan else callback
        return super().create_subscription(kind, topic, heed, *rest, **options)


class _WatchedEkf(Ekf):
    """Notes when each pose has been published."""

    def __init__(self, done_s: Instants, handover: Handover, **node_arguments: Any) -> None:
        super().__init__(handover, **node_arguments)
        self._done_s = done_s

    def create_lifecycle_publisher(self, *words: Any, **options: Any) -> Any:
        made: Any = super().create_lifecycle_publisher(*words, **options)
        if words[:2] == (PoseWithCovarianceStamped, "amcl_pose"):
            publish = made.publish

            def note(message: PoseWithCovarianceStamped) -> None:
                publish(message)
                # A pose may be told again: what counts is when it was told first.
                self._done_s.setdefault(stamp_of(message), time.perf_counter())

            made.publish = note
        return made


def time_nodes(bundle: Bundle, settings: BenchSettings) -> NodeTimes:
    """Feed both nodes scans at 40 Hz and odometry at 100 Hz, in real time, and watch them.

    A scan is sent one period after the stamp of its first beam, as a laser does: no time is spent
    waiting for the odometry. It waits until the one before is answered.

    Args:
        bundle: the trained model, on whose map is driven.
        settings: how long.

    Raises:
        LocalInnError: the nodes did not start, or answered too few scans.
    """
    sensor = noisy_sensor(bundle).model_copy(update={"rate_hz": _RATE_HZ})
    condition, duration_s = CONDITIONS["clean"], settings.duration_s
    drive = drive_lap_of(bundle, sensor, MOUNT, condition, SPEED_MPS, duration_s, settings.seed)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    domain = os.getpid() % 100 + 1
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    try:
        stage = _Stage(bundle, context)
        try:
            with PlayedDrive(drive, 1.0 / _RATE_HZ, domain) as played:
                stage.run_until(lambda: played.over, duration_s + _DEADLINE_S, "the drive's end")
                return stage.times(played.result(), drive)
        finally:
            stage.close()
    finally:
        rclpy.try_shutdown(context=context)


class _Stage:
    """Both nodes, as their process runs them."""

    def __init__(self, bundle: Bundle, context: Context) -> None:
        self._arrived_s: Instants = {}
        self._done_s: Instants = {}
        self._executor = MessageExecutor(context=context)
        model = RunnableModel(open_model(bundle), RunSettings(samples=USUAL_SAMPLES))
        model.warm_up()
        handover = Handover()
        # Where the robot of a bench stood at last is of no interest.
        told = {"context": context, "parameter_overrides": [Parameter("pose_file", value="")]}
        self._nodes: list[ManagedNode[Any, Any]] = [
            _WatchedLocalizer(self._arrived_s, model, handover, **told),
            _WatchedEkf(self._done_s, handover, context=context),
        ]
        for node in self._nodes:
            node.get_logger().set_level(LoggingSeverity.ERROR)
            node.start()
            self._executor.add_node(node)

    def run_until(self, holds: Callable[[], bool], patience_s: float, what: str) -> None:
        """Run the nodes until something holds.

        Raises:
            LocalInnError: it does not.
        """
        end_s = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > end_s:
                raise LocalInnError(f"the bench waited {patience_s:.0f} s for {what}, in vain")
            self._executor.spin_once(timeout_sec=0.05)

    def times(self, played: Played, drive: Drive) -> NodeTimes:
        """Return what was measured, while the poses are still listened to.

        Raises:
            LocalInnError: too few scans were answered.
        """
        answered = [stamp for stamp in played.sent if stamp in played.poses]
        known = [one for one in answered if one in self._arrived_s and one in self._done_s]
        taken = [self._done_s[one] - self._arrived_s[one] for one in known][SETTLING_SCANS:]
        if not taken:
            raise LocalInnError(
                f"the nodes answered {len(answered)} of {len(played.sent)} scans, and the first "
                f"{SETTLING_SCANS} do not count: drive for longer"
            )
        messages = [
            scan_message(scan, to_stamp(scan.stamp_s), "laser") for scan in drive.swept_scans
        ]
        return NodeTimes(
            node=TimeSpread.of(taken),
            message_in=TimeSpread.of([_seconds(to_scan, one) for one in messages]),
            message_out=TimeSpread.of(self._messages_out_s()),
            late_s=played.late_s,
            sent=len(played.sent),
            answered=len(answered),
        )

    def close(self) -> None:
        """Let go of the nodes."""
        for node in self._nodes:
            # Levels go by names, for the whole process, and outlive the nodes.
            node.get_logger().set_level(LoggingSeverity.UNSET)
        self._executor.shutdown(timeout_sec=1.0)
        for node in self._nodes:
            node.destroy_node()

    def _messages_out_s(self) -> list[float]:
        """Return the seconds of making and publishing poses that another process listens to."""
        pose = GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)
        publisher = self._nodes[0].create_publisher(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
        self.run_until(
            lambda: publisher.get_subscription_count() > 0, _DEADLINE_S, "a listener to poses"
        )

        def send(stamp: Time) -> None:
            publisher.publish(stamped_gaussian_message(pose, stamp, "map"))

        taken = []
        for number in range(_MESSAGES_OUT):
            taken.append(_seconds(send, to_stamp(float(number))))
            # One by one, as scans come.
            time.sleep(_BETWEEN_MESSAGES_S)
        return taken


def _seconds(use: Callable[[Any], object], message: Any) -> float:
    started_s = time.perf_counter()
    use(message)
    return time.perf_counter() - started_s
