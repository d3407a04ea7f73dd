# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The transforms of a bag (REP-105): where a sensor is mounted, and the way of a frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose3, compose_poses
from local_inn_ros.recordings.bag_messages import frame_name, planar, stamp_of, transform_matrix
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing.mount import Mount

# A mount that moves by more than this between two transforms, in m or rad, is not a mount.
_MOUNT_MOVES = 1e-3


@dataclass
class _Edge:
    """A frame's transforms to its parent, in the order in which they came."""

    parent: str
    stamps_s: list[float] = field(default_factory=list)
    matrices: list[NDArray[np.float64]] = field(default_factory=list)

    def is_fixed(self) -> bool:
        first = self.matrices[0]
        return all(np.max(np.abs(other - first)) < _MOUNT_MOVES for other in self.matrices[1:])

    def planar_at(self, stamps_s: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.is_fixed():
            return np.tile(planar(self.matrices[0]).to_array(), (len(stamps_s), 1))
        return self.trajectory().at(stamps_s)

    def trajectory(self) -> Trajectory:
        poses = [planar(matrix).to_array() for matrix in self.matrices]
        return Trajectory.from_unordered(self.stamps_s, np.array(poses))


class FrameTree:
    """Transforms by child frame, as tf2 keeps them."""

    def __init__(self) -> None:
        self._edges: dict[str, _Edge] = {}

    def add(self, messages: Iterable[Any]) -> None:
        """Add the transforms of TFMessages.

        Raises:
            BagError: a transform is not finite, its quaternion is zero, or a frame has two parents.
        """
        for message in messages:
            for transform in message.transforms:
                child = frame_name(transform.child_frame_id)
                parent = frame_name(transform.header.frame_id)
                edge = self._edges.setdefault(child, _Edge(parent))
                if edge.parent != parent:
                    raise BagError(
                        f"frame {child} has two parents in the bag, {edge.parent} and {parent}"
                    )
                edge.stamps_s.append(stamp_of(transform))
                matrix = transform_matrix(
                    transform.transform.translation, transform.transform.rotation
                )
                edge.matrices.append(matrix)

    def frames(self) -> list[str]:
        """Return the names of all frames, sorted."""
        return sorted(set(self._edges) | {edge.parent for edge in self._edges.values()})

    def connects(self, frame: str, other: str) -> bool:
        """Tell whether a chain of transforms leads from one frame to the other."""
        return bool(set(self._ancestry(frame)) & set(self._ancestry(other)))

    def mount(self, base: str, sensor: str) -> Mount:
        """Return how a sensor sits on the base; their frames must be connected.

        Raises:
            BagError: the sensor moves against the base.
            SensorError: the sensor is on no robot.
        """
        common = next(f for f in self._ancestry(base) if f in self._ancestry(sensor))
        base_from_sensor = self._fixed(base, common).between(self._fixed(sensor, common))
        return Mount(base_from_sensor, base, sensor)

    def way_of(self, frame: str, world: str) -> Trajectory:
        """Return the poses of a frame in one of its ancestors.

        Raises:
            BagError: ``world`` is not an ancestor, or the transforms never overlap in time.
        """
        chain = self._ancestry(frame)
        if world not in chain or frame == world:
            raise BagError(f"the bag's transforms do not lead from {world} to {frame}")
        edges = [self._edges[name] for name in chain[: chain.index(world)]]
        busiest = max(edges, key=lambda edge: len(edge.stamps_s))
        stamps = busiest.trajectory().stamps_s
        poses = np.zeros((len(stamps), 3))
        for edge in edges:
            poses = compose_poses(edge.planar_at(stamps), poses)
        known = np.all(np.isfinite(poses), axis=1)
        if not known.any():
            raise BagError(f"the transforms from {world} to {frame} never overlap in time")
        return Trajectory(stamps[known], poses[known])

    def _ancestry(self, frame: str) -> list[str]:
        """Return the frame, its parent and so on up to the root."""
        chain = [frame]
        while chain[-1] in self._edges:
            parent = self._edges[chain[-1]].parent
            if parent in chain:
                raise BagError(f"the bag's transforms run in a circle through {parent}")
            chain.append(parent)
        return chain

    def _fixed(self, frame: str, ancestor: str) -> Pose3:
        pose = Pose3.identity()
        while frame != ancestor:
            edge = self._edges[frame]
            if not edge.is_fixed():
                raise BagError(f"frame {frame} moves against {edge.parent}, so it is no mount")
            pose = Pose3.from_matrix(edge.matrices[0]) @ pose
            frame = edge.parent
        return pose
