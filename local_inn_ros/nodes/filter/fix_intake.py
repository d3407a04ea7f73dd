# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fixes come to the filter: as messages, or handed over in its process; each once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from geometry_msgs.msg import PoseWithCovarianceStamped

from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.handover import HandedFix, Handover
from local_inn_ros.nodes.common.qos import RELIABLE

# More messages than wait to be heard.
_REMEMBERED = 64


class FixIntake:
    """Hears all fix topics, and takes what is handed over of them."""

    def __init__(
        self,
        entities: Entities,
        handover: Handover,
        topics: Sequence[str],
        heed: Callable[[str, PoseWithCovarianceStamped], None],
        take: Callable[[str, HandedFix], bool],
    ) -> None:
        """Listen.

        Args:
            entities: makes the subscriptions.
            handover: leads to localizers in this process, where there are any.
            topics: of fixes.
            heed: uses a message of a topic.
            take: uses what is handed over of a topic while the node is active, or leaves it to the
                message.
        """
        self._entities = entities
        self._take = take
        self._heed = heed
        for topic in topics:
            self._listen(handover, topic)

    def _listen(self, handover: Handover, topic: str) -> None:
        # The scans whose messages are still to come.
        handed: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

        def take(fix: HandedFix) -> bool:
            taken = self._entities.active and self._take(topic, fix)
            if taken:
                handed.append((fix.stamp.sec, fix.stamp.nanosec))
            return taken

        def heed(message: PoseWithCovarianceStamped) -> None:
            stamp = message.header.stamp
            # Once: two lasers may share both the topic and the stamp.
            if (stamp.sec, stamp.nanosec) in handed:
                handed.remove((stamp.sec, stamp.nanosec))
            else:
                self._heed(topic, message)

        self._entities.subscription(PoseWithCovarianceStamped, topic, heed, RELIABLE)
        name = self._entities.node.resolve_topic_name(topic)
        handover.listen(name, take)
        self._entities.on_close(lambda: handover.leave(name))
