# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The short way of a fix to a filter that lives in the same process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from builtin_interfaces.msg import Time

from local_inn_ros.geometry import GaussianPose2


@dataclass(frozen=True, slots=True, eq=False)
class HandedFix:
    """What a message of a fix topic says, and when its sender knew it.

    Attributes:
        stamp: of the scan.
        frame: that the pose is in.
        measurement: the pose.
        odometry_s: stamp of the newest odometry that the sender has heard; None where none was.
        supported: whether the scan speaks for the pose (see ``Measurement``), which is published
            on a topic of its own (``support_topic``).
    """

    stamp: Time
    frame: str
    measurement: GaussianPose2
    odometry_s: float | None
    supported: bool = False


Taker = Callable[[HandedFix], bool]
"""Uses a fix at once, or says that it does not: then it is to come as a message."""


class Handover:
    """Hands fixes from localizers to a filter, by the topic on which they are published as well.

    Given to the nodes by whoever runs them in one thread; a node of its own process has none.
    """

    def __init__(self) -> None:
        """Begin with nobody who takes anything."""
        self._takers: dict[str, Taker] = {}

    def listen(self, topic: str, take: Taker) -> None:
        """Have the fixes of a topic handed over.

        Args:
            topic: its full name, after remapping.
            take: uses them.
        """
        self._takers[topic] = take

    def leave(self, topic: str) -> None:
        """Have no more fixes of a topic handed over."""
        self._takers.pop(topic, None)

    def offer(self, topic: str, fix: HandedFix) -> bool:
        """Hand a fix over, before it is published.

        Args:
            topic: where it is published, in full, after remapping.
            fix: the fix.

        Returns:
            Whether it was taken: then whoever took it does not heed the message.
        """
        take = self._takers.get(topic)
        return take is not None and take(fix)
