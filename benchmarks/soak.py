# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The localization under its full load: scans missed, memory's slope, processor time, latency.

The process `localization` runs as on a robot. Another process replays a lap in real time, over
DDS: the bundle's laser (1,080 beams at 40 Hz in the shipped one), odometry and TF at 100 Hz, the
mount and the map. Measured is from outside: poses by the stamps of their scans, memory and
processor time from /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import rclpy
from map_bundles import ROOT, shipped_bundle
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from soak_figures import (
    Latency,
    Slope,
    Usage,
    cpu_share,
    enough_for_a_slope,
    latency,
    memory_slope,
    missed,
    read_usage,
)
from soak_lap import record_lap
from soak_robot import SoakRobot

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import progress_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.nodes.common.child_process import NO_TEXT, ChildProcess

# Neither tests nor the demo take it.
_DOMAIN = 101
_SHORT_S = 300.0
# Until buffers have grown to their size and everything has run once.
_WARM_UP_S = 30.0
_SAMPLE_PERIOD_S = 1.0
_START_DEADLINE_S = 120.0
# Poses may still be on their way when the last scan was sent.
_LAST_POSES_S = 1.0
_PER_HOUR = 3600.0

_MOST_MB_PER_H = 1.0
_MOST_CPU_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Soak:
    """What was measured after the warm-up.

    Attributes:
        hours: measured, in real time.
        scans: sent in that time.
        missed_scans: those that no pose of `amcl_pose` came for.
        missed_fixes: those that no fix of the localizer came for.
        rss_mb: memory at the end.
        rss_slope: how fast it grew; None where the time was too short to tell.
        cpu_share: processor time of the whole process, of one core.
        latency_ms: from a scan's stamp until its pose arrived.
        late_ms: how much later than its stamp a scan was sent: the feeding process held up.
        error_mean_m: mean distance of the poses from the truth.
        error_max_m: the largest.
    """

    hours: float
    scans: int
    missed_scans: int
    missed_fixes: int
    rss_mb: float
    rss_slope: Slope | None
    cpu_share: float
    latency_ms: Latency
    late_ms: Latency
    error_mean_m: float
    error_max_m: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures with the keys of the benchmark's file."""
        slope = self.rss_slope
        interval = None if slope is None else [slope.low_per_hour, slope.high_per_hour]
        return {
            "hours": self.hours,
            "missed_scans": self.missed_scans,
            "rss_slope_mb_per_h": None if slope is None else slope.per_hour,
            "rss_slope_interval_mb_per_h": interval,
            "cpu_share": self.cpu_share,
            "scans": self.scans,
            "missed_fixes": self.missed_fixes,
            "rss_mb": self.rss_mb,
            "latency_ms": asdict(self.latency_ms),
            "feed_late_ms": asdict(self.late_ms),
            "error_m": {"mean": self.error_mean_m, "max": self.error_max_m},
        }


class _Stage:
    """The robot and the process that it talks to."""

    def __init__(self, robot: SoakRobot, context: Context, process: ChildProcess) -> None:
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(robot)
        self._robot = robot
        self._process = process
        self._samples: list[Usage] = []

    def wait_until(self, holds: Callable[[], object], what: str, driving: bool) -> None:
        """Spin until something holds.

        Raises:
            LocalInnError: it does not before the deadline, or the process ended.
        """
        deadline_s = time.monotonic() + _START_DEADLINE_S
        while not holds():
            if time.monotonic() > deadline_s:
                raise LocalInnError(f"waited {_START_DEADLINE_S:.0f} s for {what}, in vain")
            self._process.check()
            if driving:
                self._step()
            else:
                self._executor.spin_once(timeout_sec=0.05)

    def drive(self, seconds: float, watch: Callable[[float], object]) -> list[Usage]:
        """Feed the process for a time and return what it had used, second by second."""
        start_s = time.monotonic()
        samples = [read_usage(self._process.pid, start_s)]
        while (now_s := time.monotonic()) < start_s + seconds:
            if now_s >= samples[-1].time_s + _SAMPLE_PERIOD_S:
                self._process.check()
                samples.append(read_usage(self._process.pid, now_s))
                watch(now_s - start_s)
            self._step()
        samples.append(read_usage(self._process.pid, now_s))
        return samples

    def listen(self, seconds: float) -> None:
        """Hear what still comes, without feeding."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        """Take the executor down."""
        self._executor.shutdown(timeout_sec=1.0)

    def _step(self) -> None:
        # What has come is heard while there is time, and what is due goes out on time.
        self._executor.spin_once(timeout_sec=max(self._robot.seconds_to_next(), 0.0))
        self._robot.publish_due()


def soak(given: argparse.Namespace) -> Soak:
    """Start the process, feed it, and measure.

    Raises:
        LocalInnError: the bundle cannot be used, or the process ended or told no pose.
    """
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    bundle = Bundle.load(given.bundle)
    lap = record_lap(bundle, given.speed, given.seed)
    context = Context()
    rclpy.init(context=context, domain_id=given.domain)
    robot = SoakRobot(lap, bundle.grid, context=context)
    told = {"bundle": given.bundle.resolve(), "pose_file": NO_TEXT}
    log = given.out.with_name("soak.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with ChildProcess("localization", told, given.domain, log) as process:
        stage = _Stage(robot, context, process)
        try:
            return _measured(stage, robot, given)
        finally:
            stage.close()
            robot.destroy_node()
            rclpy.try_shutdown(context=context)


def _measured(stage: _Stage, robot: SoakRobot, given: argparse.Namespace) -> Soak:
    stage.wait_until(robot.heard, "the localization to listen", driving=False)
    robot.begin()
    robot.tell_pose()
    stage.wait_until(lambda: robot.errors_m, "a pose of a scan", driving=True)
    with progress_bar() as bar:
        task = bar.add_task("warming up", total=round(given.warm_up))
        stage.drive(given.warm_up, lambda passed_s: bar.update(task, completed=round(passed_s)))
        bar.reset(task, description="measuring, seconds", total=round(given.seconds))
        before = len(robot.scans_sent)
        samples = stage.drive(
            given.seconds, lambda passed_s: bar.update(task, completed=round(passed_s))
        )
    stage.listen(_LAST_POSES_S)
    sent = list(robot.scans_sent)[before:]
    answered = [stamp for stamp in sent if stamp in robot.poses]
    if not answered:
        raise LocalInnError(f"no pose came at all; the nodes say: {robot.words}")
    errors_m = [robot.errors_m[stamp] for stamp in answered]
    return Soak(
        hours=(samples[-1].time_s - samples[0].time_s) / _PER_HOUR,
        scans=len(sent),
        missed_scans=len(missed(sent, robot.poses)),
        missed_fixes=len(missed(sent, robot.fixes)),
        rss_mb=samples[-1].rss_mb,
        rss_slope=memory_slope(samples) if enough_for_a_slope(samples) else None,
        cpu_share=cpu_share(samples),
        latency_ms=latency(robot.poses[stamp] - 1e-9 * stamp for stamp in answered),
        late_ms=latency(robot.late_s[stamp] for stamp in sent),
        error_mean_m=sum(errors_m) / len(errors_m),
        error_max_m=max(errors_m),
    )


def markdown(soak: Soak) -> str:
    """Return the figures as a Markdown table, beside the bar where there is one."""
    slope, spent, late = soak.rss_slope, soak.latency_ms, soak.late_ms
    grown = "too short to tell"
    if slope is not None:
        grown = (
            f"{slope.per_hour:.2f} MB/h (95 %: {slope.low_per_hour:.2f} to "
            f"{slope.high_per_hour:.2f})"
        )
    rows = [
        ("measured", f"{soak.hours:.3f} h, {soak.scans:,} scans", ""),
        ("scans without a pose", f"{soak.missed_scans}", "0"),
        ("scans without a fix", f"{soak.missed_fixes}", ""),
        ("memory", f"{soak.rss_mb:.1f} MB", ""),
        ("memory's slope", grown, f"< {_MOST_MB_PER_H:g} MB/h"),
        ("processor, of one core", f"{soak.cpu_share:.1%}", f"< {_MOST_CPU_SHARE:.0%}"),
        (
            "scan's stamp to pose",
            f"p50 {spent.p50:.1f}, p95 {spent.p95:.1f}, p99 {spent.p99:.1f}, "
            f"max {spent.max:.1f} ms",
            "",
        ),
        ("scans sent late", f"p50 {late.p50:.1f}, p99 {late.p99:.1f}, max {late.max:.1f} ms", ""),
        (
            "error of the poses",
            f"mean {100 * soak.error_mean_m:.1f}, max {100 * soak.error_max_m:.1f} cm",
            "",
        ),
    ]
    lines = ["| both nodes in one process | measured | wanted |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {name} | {value} | {bar} |" for name, value, bar in rows])


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--hours", type=float, default=_SHORT_S / _PER_HOUR, help="measured [five minutes]")
    add("--warm-up", type=float, default=_WARM_UP_S, help=f"seconds before [{_WARM_UP_S:g}]")
    add("--bundle", type=Path, default=shipped_bundle(), help="[the shipped one]")
    add("--speed", type=float, default=3.0, help="m/s on the lap [3]")
    add("--seed", type=int, default=0, help="of all that is random on the lap [0]")
    add("--domain", type=int, default=_DOMAIN, help=f"ROS domain, free of others [{_DOMAIN}]")
    add("--out", type=Path, default=ROOT / "build" / "bench" / "soak.json", help="figures, JSON")
    given = parser.parse_args()
    if not given.hours > 0.0 or given.warm_up < 0.0 or not given.speed > 0.0 or given.seed < 0:
        parser.error("--hours and --speed must be positive, --warm-up and --seed not negative")
    given.seconds = _PER_HOUR * given.hours
    return given


def main() -> None:
    """Measure, print and write."""
    given = options()
    measured = soak(given)
    write_json(given.out, measured.to_json())
    print(markdown(measured))
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
