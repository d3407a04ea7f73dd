# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which fixes their scans speak for, told beside the messages of a fix topic.

A pose with covariance has no field for it. So whoever publishes fixes publishes, just before such
a one, a header with its stamp; a filter that has not heard of it takes the fix as one of which
nothing is known.
"""

from __future__ import annotations

from collections import deque

from std_msgs.msg import Header

from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.qos import RELIABLE

# More messages than wait to be heard.
_REMEMBERED = 64


def support_topic(fix_topic: str) -> str:
    """Return where it is told of a fix topic, given by its full name after remapping."""
    return f"{fix_topic}/supported"


class SupportHeard:
    """Remembers the stamps of the supported fixes of a topic, each until it is asked for."""

    def __init__(self, entities: Entities, fix_topic: str) -> None:
        """Listen.

        Args:
            entities: makes the subscription.
            fix_topic: its full name after remapping.
        """
        self._stamps: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        entities.subscription(Header, support_topic(fix_topic), self._heed, RELIABLE)

    def _heed(self, header: Header) -> None:
        self._stamps.append((header.stamp.sec, header.stamp.nanosec))

    def take(self, stamp: tuple[int, int]) -> bool:
        """Tell whether a fix of this stamp is supported, once for each that is.

        Args:
            stamp: seconds and nanoseconds.
        """
        if stamp not in self._stamps:
            return False
        self._stamps.remove(stamp)
        return True
