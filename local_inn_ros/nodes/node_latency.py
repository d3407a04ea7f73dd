# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long both nodes take from a scan's arrival to the pose, in one process, over real topics."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sized
from functools import partial
from typing import Any

import rclpy
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import LaserScan

from local_inn_ros.engines import Bundle
from local_inn_ros.engines.choice import EngineChoice, open_engine
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.accuracy_job import MOUNT, noisy_sensor
from local_inn_ros.evaluation.bench import SPEED_MPS, BenchSettings
from local_inn_ros.evaluation.bench_report import USUAL_SAMPLES, NodeTimes
from local_inn_ros.evaluation.drive_conditions import CONDITIONS
from local_inn_ros.evaluation.simulated_drive import Drive, drive_lap
from local_inn_ros.evaluation.time_spread import TimeSpread
from local_inn_ros.evaluation.timed_runs import SETTLING_SCANS
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.refiner_choice import RefinerChoice
from local_inn_ros.nodes.conversions import stamped_gaussian_message, to_scan, to_stamp
from local_inn_ros.nodes.demo_probe import Stamp, stamp_of
from local_inn_ros.nodes.drive_player import DrivePlayer
from local_inn_ros.nodes.ekf import Ekf
from local_inn_ros.nodes.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.managed_node import ManagedNode
from local_inn_ros.nodes.model import Model
from local_inn_ros.nodes.qos import RELIABLE

_RATE_HZ = 40.0
_DEADLINE_S = 20.0
# Without any wait, waiting for a pose would turn in circles.
_LEAST_WAIT_S = 1e-3
# The last poses come as fast as all others.
_LAST_POSES_S = 2.0
_MESSAGES_OUT = 200

Instants = dict[Stamp, float]


class _WatchedLocalizer(LidarLocalizer):
    """Notes when each scan arrives."""

    def __init__(self, arrived_s: Instants, model: Model, **node_arguments: Any) -> None:
        super().__init__(model, **node_arguments)
        self._arrived_s = arrived_s

    def create_subscription(self, *words: Any, **options: Any) -> Any:
        kind, topic, callback, *rest = words

        def note(message: LaserScan) -> None:
            self._arrived_s[stamp_of(message)] = time.perf_counter()
            callback(message)

        heed = note if kind is LaserScan else callback
        return super().create_subscription(kind, topic, heed, *rest, **options)


class _WatchedEkf(Ekf):
    """Notes when all that a fix changes is published."""

    def __init__(self, done_s: Instants, **node_arguments: Any) -> None:
        super().__init__(**node_arguments)
        self._done_s = done_s

    def create_subscription(self, *words: Any, **options: Any) -> Any:
        kind, topic, callback, *rest = words

        def note(message: PoseWithCovarianceStamped) -> None:
            callback(message)
            self._done_s[stamp_of(message)] = time.perf_counter()

        # The base class listens, too, before there are parameters.
        pose = kind is PoseWithCovarianceStamped
        heed = note if pose and topic in self.parameters.now.fix_topics else callback
        return super().create_subscription(kind, topic, heed, *rest, **options)


def time_nodes(bundle: Bundle, settings: BenchSettings) -> NodeTimes:
    """Feed both nodes scans at 40 Hz and odometry at 100 Hz, in real time, and watch them.

    All is on topics; one thread runs the nodes, as their process does, and feeds them in between.
    A scan is sent one period after its stamp, as a laser does that stamps its first beam: no time
    is spent waiting for the odometry. It waits until the one before is answered.

    Args:
        bundle: the trained model, on whose map is driven.
        settings: how long.

    Raises:
        LocalInnError: the nodes did not start, or answered too few scans.
    """
    sensor = noisy_sensor(bundle).model_copy(update={"rate_hz": _RATE_HZ})
    condition, duration_s = CONDITIONS["clean"], settings.duration_s
    drive = drive_lap(bundle.grid, sensor, MOUNT, condition, SPEED_MPS, duration_s, settings.seed)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    context = Context()
    rclpy.init(context=context, domain_id=os.getpid() % 100 + 1)
    try:
        stage = _Stage(bundle, drive, context)
        try:
            stage.play()
            return stage.times()
        finally:
            stage.close()
    finally:
        rclpy.try_shutdown(context=context)


class _Stage:
    """Both nodes, and what feeds them."""

    def __init__(self, bundle: Bundle, drive: Drive, context: Context) -> None:
        self._context = context
        self._arrived_s: Instants = {}
        self._done_s: Instants = {}
        self._executor = SingleThreadedExecutor(context=context)
        engine = open_engine(bundle, EngineChoice.COMPILED)
        model = Model(bundle, engine, RefinerChoice.FIELD, USUAL_SAMPLES)
        model.warm_up()
        # Where the robot of a bench stood at last is of no interest.
        told = {"context": context, "parameter_overrides": [Parameter("pose_file", value="")]}
        self.player = DrivePlayer(drive, 1.0 / _RATE_HZ, context=context)
        localizer = _WatchedLocalizer(self._arrived_s, model, **told)
        self._nodes: list[Node] = [
            localizer,
            _WatchedEkf(self._done_s, context=context),
            self.player,
        ]
        for node in self._nodes:
            node.get_logger().set_level(LoggingSeverity.ERROR)
            if isinstance(node, ManagedNode):
                node.start()
            self._executor.add_node(node)

    def play(self) -> None:
        """Drive off, and hear the poses."""
        player = self.player
        self._insist(player.heard, "the nodes to listen")
        player.tell_start()
        self._insist(lambda: bool(player.poses), "the filter to begin")
        player.begin()
        while not player.over:
            left_s = player.seconds_to_next()
            # On a machine that does not keep up, scans in a row would wait for each other.
            if left_s <= 0.0 and player.answered:
                player.publish_next()
            self._executor.spin_once(timeout_sec=max(left_s, _LEAST_WAIT_S))
        self._wait(lambda: player.poses.issuperset(player.sent), _LAST_POSES_S)

    def times(self) -> NodeTimes:
        """Return what was measured.

        Raises:
            LocalInnError: too few scans were answered.
        """
        player = self.player
        answered = [stamp for stamp in player.sent if stamp in player.poses]
        known = [one for one in answered if one in self._arrived_s and one in self._done_s]
        taken = [self._done_s[one] - self._arrived_s[one] for one in known][SETTLING_SCANS:]
        if not taken:
            raise LocalInnError(
                f"the nodes answered {len(answered)} of {len(player.sent)} scans, and the first "
                f"{SETTLING_SCANS} do not count: drive for longer"
            )
        return NodeTimes(
            node=TimeSpread.of(taken),
            message_in=TimeSpread.of([_seconds(to_scan, one) for one in player.scan_messages()]),
            message_out=TimeSpread.of(self._messages_out_s()),
            late_s=player.late_s,
            sent=len(player.sent),
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
        """Return the seconds of making and publishing poses that somebody listens to."""
        pose = GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)
        player = self.player
        heard: list[PoseWithCovarianceStamped] = []
        kind, topic = PoseWithCovarianceStamped, "bench_pose"
        publisher = player.create_publisher(kind, topic, RELIABLE)
        player.create_subscription(kind, topic, heard.append, RELIABLE)
        self._insist(lambda: publisher.get_subscription_count() > 0, f"a listener on {topic}")

        def send(stamp: Time) -> None:
            publisher.publish(stamped_gaussian_message(pose, stamp, "map"))

        taken = []
        for number in range(_MESSAGES_OUT):
            taken.append(_seconds(send, to_stamp(float(number))))
            self._insist(partial(_longer, heard, number), "a pose to arrive")
        return taken

    def _insist(self, holds: Callable[[], bool], what: str) -> None:
        if not self._wait(holds, _DEADLINE_S):
            raise LocalInnError(f"the bench waited {_DEADLINE_S:.0f} s for {what}, in vain")

    def _wait(self, holds: Callable[[], bool], patience_s: float) -> bool:
        end_s = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > end_s:
                return False
            self._executor.spin_once(timeout_sec=0.05)
        return True


def _longer(heard: Sized, count: int) -> bool:
    return len(heard) > count


def _seconds(use: Callable[[Any], object], message: Any) -> float:
    started_s = time.perf_counter()
    use(message)
    return time.perf_counter() - started_s
