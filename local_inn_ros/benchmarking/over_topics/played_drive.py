# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drive that is played by a process of its own, as a robot's drivers are."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType

import rclpy
from rclpy.context import Context

from local_inn_ros.benchmarking.over_topics.drive_player import DrivePlayer
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.demo.demo_probe import Stamp

_DEADLINE_S = 60.0
# Waiting for less turns in circles.
_LEAST_WAIT_S = 1e-4
# The last poses come as fast as all others.
_LAST_POSES_S = 2.0
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a drive.

    Attributes:
        sent: stamps of the fixes of the scans that were published, in their order.
        poses: stamps of the poses that were heard.
        late_s: how much later than it was due a message was sent, at the most.
    """

    sent: tuple[Stamp, ...]
    poses: frozenset[Stamp]
    late_s: float


class PlayedDrive:
    """Plays a drive beside this process, and listens to the poses until the `with` block ends."""

    def __init__(self, drive: Drive, scan_delay_s: float, domain: int) -> None:
        """Start the process; it begins when somebody listens to all that it has to say.

        Args:
            drive: what is played.
            scan_delay_s: how long after its stamp each scan is sent.
            domain: the ROS domain.
        """
        # A fork of a process with DDS in it does not work.
        fresh = multiprocessing.get_context("spawn")
        self._here, there = fresh.Pipe()
        self._process = fresh.Process(
            target=_play, args=(drive, scan_delay_s, domain, there), daemon=True
        )
        self._process.start()
        there.close()

    def __enter__(self) -> PlayedDrive:
        """Return the drive itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the process end."""
        self._here.close()
        self._process.join(_PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()

    @property
    def over(self) -> bool:
        """Whether there is a result, or will never be one."""
        return self._here.poll() or not self._process.is_alive()

    def result(self) -> Played:
        """Return what became of it, once it is over.

        Raises:
            LocalInnError: the process waited for something in vain, or ended.
        """
        try:
            played = self._here.recv()
        except EOFError:
            raise LocalInnError("the process that played the drive has ended") from None
        if isinstance(played, str):
            raise LocalInnError(played)
        assert isinstance(played, Played)
        return played


def _play(drive: Drive, scan_delay_s: float, domain: int, there: Connection) -> None:
    """Play a drive, tell what became of it, and stay until the other side has closed."""
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    player = DrivePlayer(drive, scan_delay_s, context=context)
    executor = MessageExecutor(context=context)
    executor.add_node(player)
    try:
        there.send(_played(player, executor))
    except LocalInnError as error:
        there.send(str(error))
    while not there.poll():
        executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    player.destroy_node()
    rclpy.try_shutdown(context=context)


def _played(player: DrivePlayer, executor: MessageExecutor) -> Played:
    def wait(holds: Callable[[], bool], patience_s: float) -> bool:
        end_s = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > end_s:
                return False
            executor.spin_once(timeout_sec=0.05)
        return True

    def insist(holds: Callable[[], bool], what: str) -> None:
        if not wait(holds, _DEADLINE_S):
            raise LocalInnError(f"the bench waited {_DEADLINE_S:.0f} s for {what}, in vain")

    insist(player.heard, "the nodes to listen")
    player.tell_start()
    insist(lambda: bool(player.poses), "the filter to begin")
    player.begin()
    while not player.over:
        left_s = player.seconds_to_next()
        # On a machine that does not keep up, scans in a row would wait for each other.
        if left_s <= 0.0 and player.answered:
            player.publish_next()
        else:
            executor.spin_once(timeout_sec=max(left_s, _LEAST_WAIT_S))
    wait(lambda: player.poses.issuperset(player.sent), _LAST_POSES_S)
    return Played(tuple(player.sent), frozenset(player.poses), player.late_s)
