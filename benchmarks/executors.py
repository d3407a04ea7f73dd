# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What rclpy's executors cost beside the nodes' own, under the messages that the nodes get.

A process publishes scans of 1,080 beams at 40 Hz and odometry at 100 Hz over DDS. Another hears
them in a node that has a timer at 10 Hz beside, and notes how long each was on its way: from before
it was published until its callback began, by the one monotonic clock of the machine. Callbacks do
nothing else, so what differs is the executor. The executors take turns, in a process of their own
each time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from map_bundles import ROOT
from nav_msgs.msg import Odometry
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import LaserScan

from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.qos import SENSOR

# No test takes it, and the soak benchmark does not run at the same time.
_DOMAIN = 101
_BEAMS = 1080
_SCAN_RATE_HZ, _ODOMETRY_RATE_HZ, _TIMER_RATE_HZ = 40.0, 100.0, 10.0
# Until discovery is over and everything has run once.
_WARM_UP_S = 2.0
_START_DEADLINE_S = 120.0
_LONGEST_S = 600.0
_NS = 1_000_000_000
EXECUTORS = ("message", "single_threaded", "events")


@dataclass(frozen=True)
class Heard:
    """What one process heard after its warm-up.

    Attributes:
        seconds: measured.
        cpu_s: processor time of the whole process in that time, DDS's threads included.
        scans_ms: how long each scan was on its way.
        odometry_ms: and each odometry message.
        timer_calls: how often the timer was heeded.
    """

    seconds: float
    cpu_s: float
    scans_ms: list[float]
    odometry_ms: list[float]
    timer_calls: int


@dataclass
class _Listener:
    """Notes what arrives, from the end of the warm-up until a future is set."""

    node: Node
    over: Future[None]
    seconds: float
    scans_ms: list[float] = field(default_factory=list)
    odometry_ms: list[float] = field(default_factory=list)
    timer_calls: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    cpu_s: float = 0.0
    first_s: float | None = None

    def connect(self) -> None:
        """Listen to both topics, and tick."""
        self.node.create_subscription(LaserScan, "scan", self._on_scan, SENSOR)
        self.node.create_subscription(Odometry, "odom", self._on_odometry, SENSOR)
        self.node.create_timer(1.0 / _TIMER_RATE_HZ, self._on_timer)

    def heard(self) -> Heard:
        """Return all of it."""
        seconds = self.ended_s - self.began_s
        return Heard(seconds, self.cpu_s, self.scans_ms, self.odometry_ms, self.timer_calls)

    def _on_scan(self, message: LaserScan) -> None:
        if self.began_s:
            self.scans_ms.append(_on_its_way_ms(message))
        elif self.first_s is None:
            self.first_s = time.monotonic()

    def _on_odometry(self, message: Odometry) -> None:
        if self.began_s:
            self.odometry_ms.append(_on_its_way_ms(message))

    def _on_timer(self) -> None:
        now_s = time.monotonic()
        if self.first_s is None or self.over.done():
            return
        if not self.began_s:
            if now_s > self.first_s + _WARM_UP_S:
                self.began_s, self.cpu_s = now_s, time.process_time()
            return
        self.timer_calls += 1
        if now_s > self.began_s + self.seconds:
            self.ended_s, self.cpu_s = now_s, time.process_time() - self.cpu_s
            self.over.set_result(None)


def _on_its_way_ms(message: Any) -> float:
    stamp = message.header.stamp
    return (time.monotonic_ns() - stamp.sec * _NS - stamp.nanosec) * 1e-6


def _make(kind: str) -> Executor:
    if kind == "message":
        return MessageExecutor()
    if kind == "single_threaded":
        return SingleThreadedExecutor()
    # Not in Humble's rclpy.
    from rclpy.experimental.events_executor import EventsExecutor

    return EventsExecutor()


def listen(kind: str, seconds: float) -> Heard:
    """Spin one executor until enough was heard."""
    rclpy.init(domain_id=_DOMAIN)
    node = Node("listener")
    executor = _make(kind)
    executor.add_node(node)
    over: Future[None] = Future(executor=executor)
    listener = _Listener(node, over, seconds)
    listener.connect()
    if isinstance(executor, MessageExecutor):
        while not over.done():
            executor.spin_once()
    elif kind == "events":
        # Without a limit, that of rclpy 7.1.6 and 9.1.2 spins for good and does nothing.
        executor.spin_until_future_complete(over, _LONGEST_S)
    else:
        executor.spin_until_future_complete(over)
    executor.shutdown(1.0)
    node.destroy_node()
    rclpy.try_shutdown()
    return listener.heard()


class _Talker(Node):
    """Publishes both topics, each message stamped with when it was."""

    def __init__(self) -> None:
        super().__init__("talker")
        self._scans = self.create_publisher(LaserScan, "scan", SENSOR)
        self._odometry = self.create_publisher(Odometry, "odom", SENSOR)
        self._scan = LaserScan(ranges=array("f", np.linspace(0.5, 9.5, _BEAMS)))
        self._reading = Odometry(child_frame_id="base_link")

    def talk_while(self, process: subprocess.Popen[str]) -> None:
        """Publish until a process has ended.

        Raises:
            LocalInnError: nobody listens.
        """
        due = {"scan": time.monotonic(), "odom": time.monotonic()}
        deadline_s = time.monotonic() + _START_DEADLINE_S
        while process.poll() is None:
            which = min(due, key=lambda name: due[name])
            time.sleep(max(due[which] - time.monotonic(), 0.0))
            if which == "scan":
                _publish(self._scans, self._scan)
                due[which] += 1.0 / _SCAN_RATE_HZ
            else:
                _publish(self._odometry, self._reading)
                due[which] += 1.0 / _ODOMETRY_RATE_HZ
            if self._scans.get_subscription_count() > 0:
                deadline_s = np.inf
            elif time.monotonic() > deadline_s:
                process.kill()
                raise LocalInnError(f"nobody has listened for {_START_DEADLINE_S:.0f} s")


def _publish(publisher: Any, message: Any) -> None:
    stamp = message.header.stamp
    stamp.sec, stamp.nanosec = divmod(time.monotonic_ns(), _NS)
    publisher.publish(message)


def _run(talker: _Talker, kind: str, seconds: float) -> Heard:
    command = [sys.executable, __file__, "--listen", kind, "--seconds", str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    talker.talk_while(process)
    said, _ = process.communicate()
    if process.returncode != 0:
        raise LocalInnError(f"the process with executor '{kind}' ended with {process.returncode}")
    return Heard(**json.loads(said.splitlines()[-1]))


def figures(runs: list[Heard]) -> dict[str, float]:
    """Return what the runs of one executor come to: of each figure the median over the runs."""
    per_run = [
        {
            "scan_p50_ms": float(np.percentile(run.scans_ms, 50)),
            "scan_p99_ms": float(np.percentile(run.scans_ms, 99)),
            "odometry_p50_ms": float(np.percentile(run.odometry_ms, 50)),
            "odometry_p99_ms": float(np.percentile(run.odometry_ms, 99)),
            "cpu_share": run.cpu_s / run.seconds,
            "scans_hz": len(run.scans_ms) / run.seconds,
            "odometry_hz": len(run.odometry_ms) / run.seconds,
            "timer_hz": run.timer_calls / run.seconds,
        }
        for run in runs
    ]
    return {key: float(np.median([run[key] for run in per_run])) for key in per_run[0]}


def markdown(rows: dict[str, dict[str, float]]) -> str:
    """Return the figures as a table."""
    lines = [
        "| executor | scan p50 ms | p99 | odometry p50 ms | p99 | processor, of one core |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for kind, row in rows.items():
        times = (row[f"{what}_p{of}_ms"] for what in ("scan", "odometry") for of in (50, 99))
        cells = " | ".join(f"{each:.2f}" for each in times)
        lines.append(f"| `{kind}` | {cells} | {row['cpu_share']:.1%} |")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="turns of each executor")
    parser.add_argument("--seconds", type=float, default=15.0, help="measured in each turn")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "executors.json")
    # How it starts the process that listens.
    parser.add_argument("--listen", choices=EXECUTORS, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Measure, print a table and write the file."""
    options = _options()
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    if options.listen is not None:
        print(json.dumps(asdict(listen(options.listen, options.seconds))))
        return 0
    rclpy.init(domain_id=_DOMAIN)
    talker = _Talker()
    runs: dict[str, list[Heard]] = {kind: [] for kind in EXECUTORS}
    try:
        for number in range(options.rounds):
            for kind in np.roll(EXECUTORS, number).tolist():
                runs[kind].append(_run(talker, kind, options.seconds))
                print(f"round {number + 1}: {kind}", file=sys.stderr)
    except LocalInnError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        talker.destroy_node()
        rclpy.try_shutdown()
    rows = {kind: figures(heard) for kind, heard in runs.items()}
    each = {kind: [figures([one]) for one in heard] for kind, heard in runs.items()}
    print(markdown(rows))
    write_json(options.out, {"rows": rows, "runs": each})
    return 0


if __name__ == "__main__":
    sys.exit(main())
