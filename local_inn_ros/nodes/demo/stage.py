# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a demo is watched: a probe among processes of nodes, spun until something holds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor

from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.child_process import ChildProcess
from local_inn_ros.nodes.common.ros_start import start_ros
from local_inn_ros.nodes.demo.demo_probe import DemoProbe

# Compiling what is compiled when it first runs takes its time on a machine that is new to it: the
# start goes on as long as somebody works. Who works takes so much of the processor in so long.
_STANDSTILL_S = 60.0
_LEAST_WORK_S = 3.0
_SAID_EVERY_S = 30.0

ProbeT = TypeVar("ProbeT", bound=DemoProbe)


class Stage(Generic[ProbeT]):
    """The probe, spun until something holds, while the processes are alive.

    Attributes:
        probe: watches from outside.
    """

    def __init__(
        self,
        domain: int,
        probe: Callable[[Context], ProbeT],
        simulator: ChildProcess,
        localization: Sequence[ChildProcess],
    ) -> None:
        """Set up the probe.

        Args:
            domain: ROS domain of all.
            probe: makes it.
            simulator: the robot.
            localization: what localizes it.
        """
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = Context()
        start_ros(context=self._context, domain_id=domain)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._simulator, self._localization = simulator, tuple(localization)
        self.probe = probe(self._context)
        self._executor.add_node(self.probe)

    def __enter__(self) -> Stage[ProbeT]:
        """Return the stage itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Clear it."""
        self._executor.shutdown(timeout_sec=1.0)
        self.probe.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def wait_until(self, holds: Callable[[], bool], deadline_s: float) -> bool:
        """Spin until something holds; tell whether it did before the deadline."""
        end_s = time.monotonic() + deadline_s
        while not holds():
            if time.monotonic() > end_s:
                return False
            for process in (self._simulator, *self._localization):
                process.check()
            self._executor.spin_once(timeout_sec=0.05)
        return True

    def insist(self, holds: Callable[[], bool], deadline_s: float, what: str) -> None:
        """Spin until something holds.

        Raises:
            LocalInnError: it did not before the deadline.
        """
        if not self.wait_until(holds, deadline_s):
            raise LocalInnError(f"the demo waited {deadline_s:.0f} s for {what}, in vain")

    def wait_for_start(self, say: Callable[[str], None]) -> None:
        """Spin until simulator and localization are at work.

        There is no other limit: who is not at work yet has to do something about it.

        Raises:
            LocalInnError: they do nothing any more, or a process has ended.
        """
        probe = self.probe
        began_s = worked_s = time.monotonic()
        work_s = 0.0
        while not self.wait_until(lambda: probe.drives and probe.localizes, _SAID_EVERY_S):
            late = [self._simulator] if not probe.drives else []
            late += [] if probe.localizes else self._localization
            now_s, done_s = time.monotonic(), sum(process.processor_s() for process in late)
            if abs(done_s - work_s) >= _LEAST_WORK_S:
                worked_s, work_s = now_s, done_s
            elif now_s - worked_s >= _STANDSTILL_S:
                raise LocalInnError(
                    f"simulator and localization did not start: for {_STANDSTILL_S:.0f} s they did "
                    "nothing; see their logs"
                )
            say(f"starting since {now_s - began_s:.0f} s: what is new to this machine is compiled")

    def spin_for(self, seconds: float) -> None:
        """Let time pass."""
        self.wait_until(lambda: False, seconds)
