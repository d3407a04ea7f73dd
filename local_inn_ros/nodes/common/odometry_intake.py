# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Odometry as it comes over a topic, taken to the frames that a node works in."""

from __future__ import annotations

from collections.abc import Callable

from nav_msgs.msg import Odometry as OdometryMessage

from local_inn_ros.messages.placing import OdometryPlace, odometry_place
from local_inn_ros.messages.readings import check_stamp, to_odometry
from local_inn_ros.nodes.common.static_transforms import StaticTransforms
from local_inn_ros.sensing import Odometry


class OdometryIntake:
    """Reads odometry of the robot's base, or of what static transforms connect with it."""

    def __init__(
        self,
        transforms: StaticTransforms,
        odom_frame: str,
        base_frame: str,
        now_s: Callable[[], float],
        warn: Callable[[str], object],
    ) -> None:
        """Read nothing yet.

        Args:
            transforms: what `/tf_static` has told.
            odom_frame: the frame that readings are given in; where empty, the first that comes.
            base_frame: the base that they are given of.
            now_s: tells the node's time.
            warn: told of frames that are empty, once.
        """
        self._transforms = transforms
        self._odom_frame = odom_frame
        self._base_frame = base_frame
        self._now_s = now_s
        self._warn = warn
        self._places: dict[tuple[str, str], OdometryPlace | None] = {}
        self._told_empty = False
        self._seen = transforms.changes

    @property
    def odom_frame(self) -> str:
        """The frame that readings are given in; empty before the first."""
        return self._odom_frame

    def read(self, message: OdometryMessage) -> Odometry:
        """Read a message.

        Raises:
            MessageError: it cannot be used, or nothing connects its frames with the node's.
        """
        frames = (message.header.frame_id, message.child_frame_id)
        reading = to_odometry(message)
        if reading.stamp_s <= 0.0:
            check_stamp(reading.stamp_s, self._now_s())
        place = self._place_of(frames)
        return reading if place is None else place.placed(message)

    def _place_of(self, frames: tuple[str, str]) -> OdometryPlace | None:
        if self._seen != self._transforms.changes:
            self._seen = self._transforms.changes
            self._places.clear()
        if frames not in self._places:
            self._odom_frame = self._odom_frame or frames[0]
            own = (self._odom_frame, self._base_frame)
            self._places[frames] = odometry_place(self._transforms.tree, frames, own)
            self._tell_empty(frames, own)
        return self._places[frames]

    def _tell_empty(self, frames: tuple[str, str], own: tuple[str, str]) -> None:
        empty = [
            f"{name} is empty: taken for '{one}'"
            for name, said, one in zip(("frame_id", "child_frame_id"), frames, own, strict=True)
            if not said
        ]
        if empty and not self._told_empty:
            self._told_empty = True
            self._warn(f"odometry: {', '.join(empty)}")
