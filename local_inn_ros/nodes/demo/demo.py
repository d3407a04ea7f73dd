# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated robot drives, is kidnapped and is found again, all over real DDS topics."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import numpy as np
from rclpy.context import Context
from rich.console import Console
from std_srvs.srv import Trigger

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.nodes.common.child_process import NO_TEXT, ChildProcess
from local_inn_ros.nodes.demo.demo_probe import DemoProbe, Estimate
from local_inn_ros.nodes.demo.demo_report import DemoReport, Kidnap, lap_score, write_report
from local_inn_ros.nodes.demo.stage import Stage
from local_inn_ros.world import ClosedPath, plan_lap

# From when all are at work.
_READY_DEADLINE_S = 60.0
_POSE_DEADLINE_S = 30.0
_FOUND_DEADLINE_S = 20.0
_ANSWER_DEADLINE_S = 20.0
# The filter gets so long to settle from a pose that is off by a hand's breadth.
_SETTLING_S = 1.0
_INITIAL_DEVIATION_M = 0.1
_INITIAL_DEVIATION_RAD = math.radians(5.0)
# The pose is right where it is off by no more than this, and found where so many in a row are.
_RIGHT_M = 0.5
_RIGHT_RAD = math.radians(10.0)
_IN_A_ROW = 10
_AFTERWARDS_S = 4.0


def run_demo(bundle_path: Path, out: Path, seed: int, speed_mps: float = 5.0) -> DemoReport:
    """Drive a lap, pick the robot up, put it down elsewhere, and see it find itself.

    Simulator and localization run in processes of their own; what is measured is what any other
    node would see. Writes `report.json`, `demo.png` and the processes' logs.

    Args:
        bundle_path: the trained model, with the map that is driven on.
        out: folder of what is written.
        seed: of all that is random.
        speed_mps: speed on the lap, where its bends allow it.

    Raises:
        LocalInnError: the bundle cannot be used, or a process ended or did not answer.
    """
    bundle = Bundle.load(bundle_path)
    out.mkdir(parents=True, exist_ok=True)
    domain = os.getpid() % 100 + 1
    bundle_told = {"bundle": bundle_path.resolve()}
    # Where another demo ended is of no interest.
    told = {**bundle_told, "pose_file": NO_TEXT}
    driven = {**bundle_told, "seed": seed, "speed_mps": float(speed_mps)}
    with (
        ChildProcess("demo.simulator", driven, domain, out / "simulator.log") as simulator,
        ChildProcess("localization", told, domain, out / "localization.log") as localization,
        Stage(domain, _probe, simulator, [localization]) as stage,
    ):
        return _Demo(stage, bundle, out, seed, speed_mps).run()


class _Demo:
    """The acts, in their order."""

    def __init__(
        self, stage: Stage[DemoProbe], bundle: Bundle, out: Path, seed: int, speed_mps: float
    ) -> None:
        self._stage = stage
        self._probe = stage.probe
        self._bundle = bundle
        self._out = out
        self._speed_mps = speed_mps
        self._rng = np.random.default_rng(seed)
        self._lap = ClosedPath.through(plan_lap(bundle.grid))
        self._console = Console()

    def run(self) -> DemoReport:
        lap_m = len(self._lap.points) * self._lap.step_m
        self._say("starting the simulator and the localization")
        self._start()
        self._say(f"driving a lap of {lap_m:.0f} m at {self._speed_mps:g} m/s")
        first = self._drive(lap_m)
        lap, stages_s = self._probe.run_since(first), self._probe.stages_s()
        if len(lap.stamps_s) < 2:
            raise LocalInnError("the localization told no poses on the lap; see its log")
        self._say("picking the robot up and putting it down elsewhere")
        kidnap = self._kidnap()
        report = DemoReport(
            score=lap_score(lap, stages_s),
            kidnap=kidnap,
            rate_hz=float((len(lap.stamps_s) - 1) / (lap.stamps_s[-1] - lap.stamps_s[0])),
            scan_rate_hz=self._bundle.description.laser.rate_hz,
            speed_mps=self._speed_mps,
            bundle=self._bundle.path.name,
            out=self._out,
        )
        write_report(report, self._bundle.grid, lap)
        return report

    def _start(self) -> None:
        """Wait for everybody, and tell roughly where the robot is."""
        probe = self._probe
        self._stage.wait_for_start(self._say)
        self._stage.insist(probe.ready, _READY_DEADLINE_S, "simulator and localization to meet")
        deviations = (_INITIAL_DEVIATION_M, _INITIAL_DEVIATION_M, _INITIAL_DEVIATION_RAD)
        assert probe.truth is not None
        rough = probe.truth @ Pose2.from_array(self._rng.normal(0.0, deviations))
        probe.tell_initial_pose(GaussianPose2.from_deviations(rough, *deviations))
        self._stage.insist(lambda: len(probe.estimates) > 0, _POSE_DEADLINE_S, "a first pose")
        self._stage.spin_for(_SETTLING_S)

    def _drive(self, lap_m: float) -> int:
        """Drive once round, and return the number of the first estimate of the lap."""
        probe = self._probe
        first, start_m = len(probe.estimates), probe.path_m
        probe.stages_ms.clear()
        self._stage.insist(lambda: probe.path_m - start_m > lap_m, 60.0 + 2.0 * lap_m, "the lap")
        return first

    def _kidnap(self) -> Kidnap:
        """Put the robot down elsewhere, and wait until it has noticed and found itself."""
        probe, put_down_s = self._probe, time.monotonic()
        probe.put_down(self._elsewhere())
        if not self._stage.wait_until(self._is_wrong, _POSE_DEADLINE_S):
            waited_s = time.monotonic() - put_down_s
            return Kidnap(False, waited_s, None, "not called: the pose did not become wrong")
        noticed = self._stage.wait_until(lambda: probe.lost, _FOUND_DEADLINE_S)
        noticed_s = time.monotonic() - put_down_s if noticed else None
        found = self._stage.wait_until(self._is_right, _FOUND_DEADLINE_S)
        seconds = time.monotonic() - put_down_s
        self._stage.spin_for(_AFTERWARDS_S)
        recovered = found and self._is_right()
        self._say("calling relocalize, to hear what it says")
        return Kidnap(recovered, seconds, noticed_s, self._relocalize())

    def _elsewhere(self) -> Pose2:
        """Return a pose on the lap, at least a third of it from where the robot is."""
        truth, count = self._probe.truth, len(self._lap.points)
        assert truth is not None
        here = self._lap.nearest(truth.x, truth.y)
        there = self._lap.pose((here + int(self._rng.uniform(0.33, 0.67) * count)) % count)
        return Pose2(there.x, there.y, wrap_angle(there.yaw + self._rng.uniform(-0.5, 0.5)))

    def _relocalize(self) -> str:
        """Return the sentence that the service answers; what was measured by now is kept anyhow."""
        future = self._probe.relocalize()
        if not self._stage.wait_until(future.done, _ANSWER_DEADLINE_S):
            return f"no answer within {_ANSWER_DEADLINE_S:.0f} s"
        response: Trigger.Response = future.result()
        return str(response.message).split("\n")[0]

    def _is_right(self) -> bool:
        """Tell whether the last poses were right, all of them."""
        last = self._probe.estimates[-_IN_A_ROW:]
        return len(last) == _IN_A_ROW and all(map(_is_right, last))

    def _is_wrong(self) -> bool:
        """Tell whether the last poses were wrong, all of them."""
        return not any(map(_is_right, self._probe.estimates[-_IN_A_ROW:]))

    def _say(self, what: str) -> None:
        self._console.print(f"[dim]demo:[/] {what}", highlight=False)


def _probe(context: Context) -> DemoProbe:
    return DemoProbe(context=context)


def _is_right(one: Estimate) -> bool:
    return one.distance_m() < _RIGHT_M and one.turn_rad() < _RIGHT_RAD
