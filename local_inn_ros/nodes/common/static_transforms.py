# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where sensors are mounted, from what `/tf_static` has told so far."""

from __future__ import annotations

from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.messages.frame_tree import FrameTree
from local_inn_ros.nodes.common.conversions import MessageError, frame_name
from local_inn_ros.sensing.mount import Mount


class TransformError(LocalInnError):
    """Two frames that static transforms do not connect, or not in a way that can be used."""


class StaticTransforms:
    """The static part of the transform tree, by child frame as tf2 keeps it."""

    def __init__(self) -> None:
        """Know no transform yet."""
        self.tree = FrameTree()
        # How often transforms came: what was looked up before may be out of date.
        self.changes = 0

    def add(self, message: TFMessage) -> None:
        """Take in transforms; the newest of a child frame holds.

        Raises:
            TransformError: some are not finite, or have a quaternion of zero; the others hold.
        """
        self.changes += 1
        wrong = []
        for stamped in message.transforms:
            try:
                self.tree.add(stamped, replaces=True)
            except MessageError as error:
                wrong.append(str(error))
        if wrong:
            raise TransformError("; ".join(wrong))

    def mount(self, base_frame: str, sensor_frame: str) -> Mount:
        """Return how a sensor sits on the base.

        Raises:
            TransformError: nothing connects the two. A missing mount is never taken as the
                identity.
            SensorError: the sensor is on no robot.
        """
        base, sensor = frame_name(base_frame), frame_name(sensor_frame)
        if not sensor:
            raise TransformError(
                "the scan does not say in which frame it is: its driver must fill in "
                "header.frame_id"
            )
        if base == sensor or self.tree.connects(base, sensor):
            return Mount(self.tree.fixed_pose(sensor, base), base, sensor)
        raise TransformError(
            f"no static transform leads from '{base}' to '{sensor}': publish the sensor's "
            f"mount on /tf_static (robot_state_publisher or static_transform_publisher do), "
            f"or set base_frame_id; {self._known()}"
        )

    def _known(self) -> str:
        names = self.tree.frames()
        return (
            f"known frames: {', '.join(names)}" if names else "no static transform has come at all"
        )
