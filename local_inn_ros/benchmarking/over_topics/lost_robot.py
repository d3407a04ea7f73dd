# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What it costs a localization to be lost, and how soon the robot is found, over real topics.

Both nodes run in this process and one thread, as ``localization`` runs them; the simulator and who
tells the wrong poses have processes of their own. The time of a scan is that of the callback that
locates it, on the thread that all callbacks share.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.context import Context
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.parameter import Parameter
from sensor_msgs.msg import LaserScan

from local_inn_ros.benchmarking.over_topics.lost_probe import KINDS, LostProbe, LostTrial
from local_inn_ros.benchmarking.rates import share_interval
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.background import share_interpreter
from local_inn_ros.nodes.common.child_process import ChildProcess
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.managed_node import ManagedNode
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer

# A robot is to be found again within this.
SOON_S = 5.0
_COMPARED_S = 5.0
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class LocatedScan:
    """What the callback took that located a scan.

    Attributes:
        at_s: when it was over (`time.time`).
        spent_s: real time.
        own_s: processor time of the thread.
    """

    at_s: float
    spent_s: float
    own_s: float


class _TimedLocalizer(LidarLocalizer):
    """Notes when the callback that located a scan was over, and how long it took."""

    def __init__(self, handover: Handover, **node_arguments: Any) -> None:
        self.located: list[LocatedScan] = []
        super().__init__(handover=handover, **node_arguments)

    def create_subscription(self, *words: Any, **options: Any) -> Any:
        kind, topic, callback, *rest = words

        def note(message: Any) -> None:
            before, own_s, started_s = self._fixes(), time.thread_time(), time.perf_counter()
            callback(message)
            spent_s, own_s = time.perf_counter() - started_s, time.thread_time() - own_s
            if self._fixes() > before:
                self.located.append(LocatedScan(time.time(), spent_s, own_s))

        heed = note if kind in (LaserScan, OdometryMessage) else callback
        return super().create_subscription(kind, topic, heed, *rest, **options)

    def _fixes(self) -> int:
        return self.statistics().get("fix", 0)


@dataclass(frozen=True, slots=True)
class LostRow:
    """What all trials of a kind came to.

    Attributes:
        kind: how the robot was made lost; "localized" where it was not.
        trials: how many.
        soon: share of the robots that were found within 5 s.
        soon_interval: where that lies with 95 % confidence (Wilson).
        found_s: median, 95th percentile and the largest time until the robot was found.
        scans: how many were located meanwhile.
        scan_ms: median, 99th percentile and maximum of what one took on the localizing thread.
        scan_processor_ms: the same of that thread's own processor time: other work on the machine,
            and waiting for the interpreter, do not count.
        odometry: share of the odometry's readings that the filter answered.
        transform_age_ms: median, 99th percentile and maximum of the age of a transform.
    """

    kind: str
    trials: int
    soon: float
    soon_interval: tuple[float, float]
    found_s: tuple[float, float, float]
    scans: int
    scan_ms: tuple[float, float, float]
    scan_processor_ms: tuple[float, float, float]
    odometry: float
    transform_age_ms: tuple[float, float, float]

    @staticmethod
    def of(trials: Sequence[LostTrial], located: Sequence[LocatedScan]) -> LostRow:
        """Count trials of a kind, at least one.

        Args:
            trials: as they were seen from outside.
            located: all scans, in the order of time.
        """
        ends_s = [one.at_s for one in located]
        scans: list[LocatedScan] = []
        for one in trials:
            first = bisect_left(ends_s, one.began_s)
            last = bisect_left(ends_s, one.began_s + one.lasted_s)
            scans += located[first:last]
        found_s = [one.found_s for one in trials]
        soon = sum(each <= SOON_S for each in found_s)
        interval = share_interval(soon, len(trials))
        ages_s = [age for one in trials for age in one.transform_age_s]
        odometry = sum(one.odometry for one in trials)
        return LostRow(
            kind=trials[0].kind,
            trials=len(trials),
            soon=soon / len(trials),
            soon_interval=(interval.low, interval.high),
            found_s=_spread(found_s, 1.0, 95),
            scans=len(scans),
            scan_ms=_spread([one.spent_s for one in scans], 1e3, 99),
            scan_processor_ms=_spread([one.own_s for one in scans], 1e3, 99),
            odometry=sum(one.answered for one in trials) / max(odometry, 1),
            transform_age_ms=_spread(ages_s, 1e3, 99),
        )


def _spread(values: Sequence[float], unit: float, percent: float) -> tuple[float, float, float]:
    if not values:
        return (float("nan"),) * 3
    scaled = unit * np.array(values)
    high = float(np.percentile(scaled, percent, method="higher"))
    return float(np.median(scaled)), high, float(scaled.max())


def lose(bundle: Path, trials: int, speed_mps: float, seed: int, log: Path) -> list[LostRow]:
    """Drive, and make the robot lost in each way so many times.

    Raises:
        LocalInnError: a process did not start or answer.
    """
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    share_interpreter()
    domain = os.getpid() % 100 + 1
    driven = {"bundle": bundle.resolve(), "seed": seed, "speed_mps": float(speed_mps)}
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    try:
        with ChildProcess("demo.simulator", driven, domain, log) as simulator:
            seen, located = _run(bundle, context, domain, trials, seed, simulator)
    finally:
        rclpy.try_shutdown(context=context)
    kinds = dict.fromkeys(one.kind for one in seen)
    return [LostRow.of([one for one in seen if one.kind == kind], located) for kind in kinds]


def _run(
    bundle: Path, context: Context, domain: int, trials: int, seed: int, simulator: ChildProcess
) -> tuple[list[LostTrial], list[LocatedScan]]:
    handover = Handover()
    told = [Parameter("pose_file", value=""), Parameter("bundle", value=str(bundle.resolve()))]
    localizer = _TimedLocalizer(handover, context=context, parameter_overrides=told)
    nodes: list[ManagedNode[Any, Any]] = [localizer, Ekf(handover, context=context)]
    executor = MessageExecutor(context=context)
    for node in nodes:
        node.get_logger().set_level(LoggingSeverity.FATAL)
        node.start()
        executor.add_node(node)
    # As the nodes' own process does.
    gc.collect()
    gc.freeze()
    # A fork of a process with DDS in it does not work.
    fresh = multiprocessing.get_context("spawn")
    here, there = fresh.Pipe()
    probe = fresh.Process(target=_probe, args=(bundle, domain, trials, seed, there), daemon=True)
    probe.start()
    there.close()
    try:
        while probe.is_alive() and not here.poll():
            simulator.check()
            # Rather long: what is asked here between two messages is not what is measured.
            for _ in range(100):
                executor.spin_once(timeout_sec=0.05)
        answer = here.recv()
    except EOFError:
        raise LocalInnError("the process that told the poses has ended") from None
    finally:
        probe.join(_PATIENCE_S)
        probe.kill()
        for node in nodes:
            # Levels go by names, for the whole process, and outlive the nodes.
            node.get_logger().set_level(LoggingSeverity.UNSET)
        executor.shutdown(timeout_sec=1.0)
        for node in nodes:
            node.destroy_node()
    if isinstance(answer, str):
        raise LocalInnError(answer)
    return answer, localizer.located


def _probe(bundle: Path, domain: int, trials: int, seed: int, there: Connection) -> None:
    """Carry out the trials, and tell what was seen."""
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    probe = LostProbe(Bundle.load(bundle).grid, seed, context=context)
    tell: Callable[[object], None] = there.send
    try:
        probe.begin()
        seen = [probe.localized(_COMPARED_S)]
        seen += [probe.trial(kind) for _ in range(trials) for kind in KINDS]
        tell(seen)
    except LocalInnError as error:
        tell(str(error))
    probe.close()
    rclpy.try_shutdown(context=context)
