# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How localizers of one robot work together: whose word counts, and what one has the other check.

One of them defers to the other, as a camera does to a laser. While the other has readings, it is
the other's to call the robot lost and to say where it is; who defers searches meanwhile too, and
offers the places that it finds. The other looks at them beside those of its own, and its readings
decide. Where the other's readings stop, who deferred decides by itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseArray
from std_msgs.msg import Bool

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.messages.readings import check_frame
from local_inn_ros.nodes.common.conversions import (
    MessageError,
    pose_array_message,
    to_pose,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE

READINGS_COME = "readings come"
"""What a localizer says of itself in its diagnostics: whether it had readings since the last."""
# Diagnostics come once a second: who has said nothing for so long is not there.
_SILENT_S = 2.5
# A place that was offered is looked at for so long.
_FRESH_S = 6.0
# How far off it may be; it is aligned by who checks it.
_OFF_M, _OFF_RAD = 0.25, math.radians(10.0)


class Senior:
    """The localizer that another defers to."""

    def __init__(self, entities: Entities, name: str) -> None:
        """Listen to it.

        Args:
            entities: makes the subscriptions.
            name: of its node.

        Raises:
            ParameterError: no node can be called so.
        """
        self._name = entities.full_name(name)
        self._heard_s = -math.inf
        self.lost = False
        entities.subscription(
            DiagnosticArray, "/diagnostics", self._on_diagnostics, RELIABLE, also_inactive=True
        )
        entities.subscription(Bool, f"{name}/lost", self._on_lost, LATCHED, also_inactive=True)

    @property
    def works(self) -> bool:
        """Whether it has readings."""
        return time.monotonic() - self._heard_s < _SILENT_S

    def _on_lost(self, message: Bool) -> None:
        self.lost = bool(message.data)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if f"/{status.name}" == self._name:
                told = {pair.key: pair.value for pair in status.values}
                if told.get(READINGS_COME) == str(True):
                    self._heard_s = time.monotonic()


class Candidates:
    """Places that other localizers offer, carried on by the odometry."""

    def __init__(
        self,
        entities: Entities,
        topics: Sequence[str],
        map_frame: str,
        odometry_at: Callable[[float], Pose2 | None],
        refuse: Callable[[str, MessageError], None],
    ) -> None:
        """Listen.

        Args:
            entities: makes the subscriptions.
            topics: where they are offered (PoseArray).
            map_frame: frame that they are in.
            odometry_at: tells the base in the odometry frame at an instant; None where not known.
            refuse: told of messages that cannot be used.
        """
        self._map_frame = map_frame
        self._odometry_at = odometry_at
        self._refuse = refuse
        self._heard_s = -math.inf
        self._then = Pose2.identity()
        self._places: tuple[Pose2, ...] = ()
        for topic in topics:
            entities.subscription(PoseArray, topic, self._heed, RELIABLE)

    def places(self, odometry: Pose2 | None) -> tuple[GaussianPose2, ...]:
        """Return those that are fresh, for a base that is at ``odometry`` now."""
        if odometry is None or time.monotonic() - self._heard_s > _FRESH_S:
            return ()
        motion = self._then.between(odometry)
        return tuple(
            GaussianPose2.from_deviations(one @ motion, _OFF_M, _OFF_M, _OFF_RAD)
            for one in self._places
        )

    def forget(self) -> None:
        """Forget them: the odometry of before has nothing to do with what comes."""
        self._places = ()

    def _heed(self, message: PoseArray) -> None:
        try:
            check_frame("candidate", message.header.frame_id, self._map_frame)
            places = tuple(to_pose(pose) for pose in message.poses)
        except MessageError as error:
            self._refuse("candidate", error)
            return
        then = self._odometry_at(to_seconds(message.header.stamp))
        if then is not None:
            self._heard_s, self._then, self._places = time.monotonic(), then, places


class Offer:
    """`~/candidates`: places for another localizer to check."""

    def __init__(self, entities: Entities, map_frame: str) -> None:
        """Offer the topic."""
        self._map_frame = map_frame
        self._publisher = entities.publisher(PoseArray, "~/candidates", RELIABLE)

    def publish(self, places: Sequence[GaussianPose2], stamp_s: float) -> None:
        """Offer places of the base at an instant."""
        poses = np.array([one.mean.to_array() for one in places]).reshape(-1, 3)
        self._publisher.publish(pose_array_message(poses, to_stamp(stamp_s), self._map_frame))
