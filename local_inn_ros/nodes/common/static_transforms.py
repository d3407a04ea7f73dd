# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where sensors are mounted, from what `/tf_static` has told so far."""

from __future__ import annotations

from dataclasses import dataclass

from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose3
from local_inn_ros.nodes.common.conversions import frame_name
from local_inn_ros.recordings.bag_messages import transform_matrix
from local_inn_ros.sensing.mount import Mount


class TransformError(LocalInnError):
    """Two frames that static transforms do not connect, or not in a way that can be used."""


@dataclass(frozen=True, slots=True, eq=False)
class _Edge:
    parent: str
    parent_from_child: Pose3


class StaticTransforms:
    """The static part of the transform tree, by child frame as tf2 keeps it."""

    def __init__(self) -> None:
        self._edges: dict[str, _Edge] = {}

    def add(self, message: TFMessage) -> None:
        """Take in transforms; the newest of a child frame holds.

        Raises:
            TransformError: some are not finite, or have a quaternion of zero; the others hold.
        """
        wrong = []
        for stamped in message.transforms:
            transform = stamped.transform
            child, parent = frame_name(stamped.child_frame_id), frame_name(stamped.header.frame_id)
            try:
                matrix = transform_matrix(transform.translation, transform.rotation)
            except LocalInnError as error:
                wrong.append(f"'{parent}' to '{child}' is {error}")
            else:
                self._edges[child] = _Edge(parent, Pose3.from_matrix(matrix))
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
        from_base, from_sensor = self._ancestry(base), self._ancestry(sensor)
        common = next((frame for frame in from_sensor if frame in from_base), None)
        if common is None:
            raise TransformError(
                f"no static transform leads from '{base}' to '{sensor}': publish the sensor's "
                f"mount on /tf_static (robot_state_publisher or static_transform_publisher do), "
                f"or set base_frame_id; {self._known()}"
            )
        return Mount(from_base[common].between(from_sensor[common]), base, sensor)

    def _ancestry(self, frame: str) -> dict[str, Pose3]:
        """Return the frame and all above it, each with its transform from the frame."""
        pose = Pose3.identity()
        found = {frame: pose}
        while (edge := self._edges.get(frame)) is not None and edge.parent not in found:
            pose = edge.parent_from_child @ pose
            frame = edge.parent
            found[frame] = pose
        return found

    def _known(self) -> str:
        if not self._edges:
            return "no static transform has come at all"
        names = sorted(set(self._edges) | {edge.parent for edge in self._edges.values()})
        return f"known frames: {', '.join(names)}"
