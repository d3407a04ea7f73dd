# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fixes come to the filter: as messages, or handed over in its process; each once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovarianceStamped

from local_inn_ros.filtering.odometry_buffer import TIME_JUMP_S
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.messages.readings import check_frame
from local_inn_ros.nodes.common.conversions import (
    MessageError,
    frame_name,
    to_gaussian,
    to_seconds,
)
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.handover import HandedFix, Handover
from local_inn_ros.nodes.common.numeric_faults import NumericFaults
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.nodes.common.support import SupportHeard
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters

# More messages than wait to be heard.
_REMEMBERED = 64


class FixIntake:
    """Hears all fix topics, and takes what is handed over of them."""

    def __init__(
        self,
        entities: Entities,
        handover: Handover,
        told: EkfParameters,
        faults: NumericFaults,
        odometry_s: Callable[[], float | None],
        fuse: Callable[[str, GaussianPose2, Time, bool], None],
        refuse: Callable[[str, MessageError], None],
    ) -> None:
        """Listen.

        Args:
            entities: makes the subscriptions.
            handover: leads to localizers in this process, where there are any.
            told: the topics, and the frame of the map.
            faults: lets the node outlive what the numbers of a fix lead to.
            odometry_s: tells the stamp of the newest odometry; None where there is none.
            fuse: uses a fix: its topic, its pose in the map frame, its stamp, and whether what the
                sensor saw supports it (``Measurement``).
            refuse: told of messages that cannot be used.
        """
        self._entities = entities
        self._map_frame = told.global_frame_id
        self._faults = faults
        self._odometry_s = odometry_s
        self._fuse = fuse
        self._refuse = refuse
        for topic in told.fix_topics:
            self._listen(handover, topic)

    def _listen(self, handover: Handover, topic: str) -> None:
        # The scans whose messages are still to come.
        handed: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        name = self._entities.full_name(topic)
        # Heard first: it was published first.
        support = SupportHeard(self._entities, name)

        def take(fix: HandedFix) -> bool:
            taken = self._entities.active and self._take(topic, fix)
            if taken:
                handed.append((fix.stamp.sec, fix.stamp.nanosec))
            return taken

        def heed(message: PoseWithCovarianceStamped) -> None:
            stamp = (message.header.stamp.sec, message.header.stamp.nanosec)
            supported = support.take(stamp)
            # Once: two lasers may share both the topic and the stamp.
            if stamp in handed:
                handed.remove(stamp)
                return
            with self._faults.outlived("fix"):
                self._heed(topic, message, supported)

        self._entities.subscription(PoseWithCovarianceStamped, topic, heed, RELIABLE)
        handover.listen(name, take)
        self._entities.on_close(lambda: handover.leave(name))

    def _heed(self, topic: str, message: PoseWithCovarianceStamped, supported: bool) -> None:
        """Use a message."""
        try:
            check_frame("fix", message.header.frame_id, self._map_frame)
            pose = to_gaussian(message.pose)
        except MessageError as error:
            self._refuse("fix", error)
            return
        self._fuse(topic, pose, message.header.stamp, supported)

    def _take(self, topic: str, fix: HandedFix) -> bool:
        """Use what is handed over, unless its message would find other odometry here."""
        newest_s = self._odometry_s()
        if newest_s is None or fix.odometry_s is None:
            return False
        reached = to_seconds(fix.stamp) <= newest_s <= fix.odometry_s + TIME_JUMP_S
        # A frame that is not the map's is told of when the message comes.
        if not self._is_on_map(fix.frame) or not (reached or newest_s == fix.odometry_s):
            return False
        with self._faults.outlived("fix"):
            self._fuse(topic, fix.measurement, fix.stamp, fix.supported)
        return True

    def _is_on_map(self, frame: str) -> bool:
        return frame_name(frame) == frame_name(self._map_frame)
