# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The transform tree (REP-105), as tf2 keeps it: what frames are to each other, and when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose3
from local_inn_ros.messages.readings import frame_name, to_seconds
from local_inn_ros.messages.unused import MessageError, Unused

# A frame that moves by no more than this against its parent, in m or rad, is fixed there.
_FIXED = 1e-3
# Between two transforms further apart than this nobody knows where the frame was.
MAX_GAP_S = 0.5
_LEAST_QUATERNION = 1e-6


class FrameError(LocalInnError):
    """Two frames that transforms do not connect, or not in a way that can be used."""


@dataclass(slots=True)
class _Edge:
    """A frame's transforms to its parent, in the order in which they came."""

    stamps_s: list[float] = field(default_factory=list)
    matrices: list[NDArray[np.float64]] = field(default_factory=list)

    def is_fixed(self) -> bool:
        if len(self.matrices) == 1:
            return True
        stacked = np.array(self.matrices)
        return bool(np.max(np.abs(stacked - stacked[0])) < _FIXED)

    def at(self, stamps_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 4, 4): interpolated as tf2 does, NaN where not known."""
        if self.is_fixed():
            return np.tile(self.matrices[0], (len(stamps_s), 1, 1))
        known_s, first = np.unique(self.stamps_s, return_index=True)
        if len(known_s) == 1:
            return _only_at(float(known_s[0]), self.matrices[first[0]], stamps_s)
        return interpolated(known_s, np.array(self.matrices)[first], stamps_s)


class FrameTree:
    """Transforms by child frame."""

    def __init__(self) -> None:
        """Begin empty."""
        self._edges: dict[str, dict[str, _Edge]] = {}

    def add(self, stamped: Any, replaces: bool = False) -> None:
        """Take in a geometry_msgs/TransformStamped.

        Args:
            stamped: the transform.
            replaces: whether all that was told of this child before holds no more.

        Raises:
            MessageError: it is not finite, or its quaternion is zero.
        """
        child, parent = frame_name(stamped.child_frame_id), frame_name(stamped.header.frame_id)
        transform = stamped.transform
        try:
            matrix = transform_matrix(transform.translation, transform.rotation)
        except MessageError as error:
            raise MessageError(f"'{parent}' to '{child}' is {error}", error.reason) from None
        if replaces or child not in self._edges:
            self._edges[child] = {}
        edge = self._edges[child].setdefault(parent, _Edge())
        edge.stamps_s.append(to_seconds(stamped.header.stamp))
        edge.matrices.append(matrix)

    def frames(self) -> list[str]:
        """Return the names of all frames, sorted."""
        parents = {parent for edges in self._edges.values() for parent in edges}
        return sorted(set(self._edges) | parents)

    def in_words(self) -> str:
        """Say which frames there are, in half a sentence."""
        return f"known frames: {', '.join(self.frames())}" if self._edges else "no transform came"

    def connects(self, frame: str, other: str) -> bool:
        """Tell whether a chain of transforms leads from one frame to the other."""
        return self._meeting(frame, other) is not None

    def fixed_pose(self, frame: str, inside: str) -> Pose3:
        """Return the pose of a frame in another that it does not move against.

        Raises:
            FrameError: nothing connects the two, or one moves against the other.
        """
        common = self._required_meeting(frame, inside)
        return self._fixed(inside, common).between(self._fixed(frame, common))

    def poses(self, frame: str, inside: str, stamps_s: ArrayLike) -> NDArray[np.float64]:
        """Return where a frame is in another (n, 4, 4) at stamps (n,); NaN where not known.

        Raises:
            FrameError: nothing connects the two.
        """
        common = self._required_meeting(frame, inside)
        stamps = np.asarray(stamps_s, dtype=np.float64)
        above = self._moving(inside, common, stamps)
        known = np.isfinite(above).all(axis=(1, 2))
        found = np.full((len(stamps), 4, 4), np.nan)
        found[known] = np.linalg.inv(above[known]) @ self._moving(frame, common, stamps)[known]
        return found

    def stamps_of(self, frame: str, inside: str) -> NDArray[np.float64]:
        """Return the stamps (n,) of the transform between two frames that is told most often.

        Raises:
            FrameError: nothing connects the two.
        """
        common = self._required_meeting(frame, inside)
        edges = [edge for end in (frame, inside) for edge in self._edges_up(end, common)]
        if not edges:
            return np.zeros(0)
        return np.unique(max(edges, key=lambda edge: len(edge.stamps_s)).stamps_s)

    def meets_below(self, frame: str, other: str, frames: Sequence[str]) -> bool:
        """Tell whether two frames are connected without passing any of the frames named."""
        common = self._meeting(frame, other)
        if common is None:
            return False
        way = [*self._names_up(frame, common), *self._names_up(other, common)]
        return not set(way).intersection(frames)

    def torn(self, *frames: str) -> str:
        """Say why the way up from frames ends, where it should not; empty where it does not."""
        for frame in frames:
            last = self._ancestry(frame)[-1]
            parents = sorted(self._edges.get(last, {}))
            if len(parents) > 1:
                return f": '{last}' has {len(parents)} parents, {' and '.join(parents)}"
            if parents:
                return f": the transforms run in a circle through '{parents[0]}'"
        return ""

    def _ancestry(self, frame: str) -> list[str]:
        """Return a frame and all above it, up to where two parents or a circle end the way."""
        chain = [frame]
        while len(edges := self._edges.get(chain[-1], {})) == 1:
            parent = next(iter(edges))
            if parent in chain:
                break
            chain.append(parent)
        return chain

    def _meeting(self, frame: str, other: str) -> str | None:
        above = self._ancestry(other)
        return next((name for name in self._ancestry(frame) if name in above), None)

    def _required_meeting(self, frame: str, other: str) -> str:
        common = self._meeting(frame, other)
        if common is None:
            raise FrameError(
                f"no transform connects '{frame}' with '{other}'{self.torn(frame, other)}; "
                f"{self.in_words()}"
            )
        return common

    def _names_up(self, frame: str, ancestor: str) -> list[str]:
        chain = self._ancestry(frame)
        return chain[: chain.index(ancestor) + 1]

    def _edges_up(self, frame: str, ancestor: str) -> list[_Edge]:
        names = self._names_up(frame, ancestor)
        return [self._edges[child][parent] for child, parent in pairwise(names)]

    def _fixed(self, frame: str, ancestor: str) -> Pose3:
        pose = Pose3.identity()
        names = self._names_up(frame, ancestor)
        for child, parent in pairwise(names):
            edge = self._edges[child][parent]
            if not edge.is_fixed():
                raise FrameError(f"frame {child} moves against {parent}, so it is no mount")
            pose = Pose3.from_matrix(edge.matrices[0]) @ pose
        return pose

    def _moving(
        self, frame: str, ancestor: str, stamps_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        found = np.tile(np.eye(4), (len(stamps_s), 1, 1))
        for edge in self._edges_up(frame, ancestor):
            found = edge.at(stamps_s) @ found
        return found


def transform_matrix(translation: Any, rotation: Any) -> NDArray[np.float64]:
    """Return the homogeneous matrix (4, 4) of a translation and a quaternion, normalised.

    Raises:
        MessageError: a number is not finite or the quaternion is zero.
    """
    quaternion = np.array([rotation.w, rotation.x, rotation.y, rotation.z], dtype=np.float64)
    offset = np.array([translation.x, translation.y, translation.z], dtype=np.float64)
    norm = float(np.linalg.norm(quaternion))
    if not (math.isfinite(norm) and np.all(np.isfinite(offset))):
        raise MessageError("a pose with numbers that are not finite", Unused.NOT_FINITE)
    if norm < _LEAST_QUATERNION:
        raise MessageError("a pose whose quaternion is zero", Unused.NO_ROTATION)
    w, x, y, z = quaternion / norm
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = offset
    return matrix


def planar(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project rigid motions (n, 4, 4) onto the plane: (n, 3) of x, y, yaw (REP-103)."""
    yaw = np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])
    return np.column_stack([matrices[:, 0, 3], matrices[:, 1, 3], yaw])


def interpolated(
    known_s: NDArray[np.float64], matrices: NDArray[np.float64], stamps_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return rigid motions (n, 4, 4) at stamps (n,), between those (k, 4, 4) that are known.

    The position goes straight and the rotation along its shortest arc, as tf2 has it. NaN stands
    outside of the known stamps (k,), which increase, and in gaps of more than ``MAX_GAP_S``.
    """
    from scipy.spatial.transform import Rotation, Slerp

    found = np.full((len(stamps_s), 4, 4), np.nan)
    after = np.searchsorted(known_s, stamps_s, side="left")
    inside = (after < len(known_s)) & (stamps_s >= known_s[0])
    at = np.minimum(after, len(known_s) - 1)
    exact = known_s[at] == stamps_s
    gap_s = known_s[at] - known_s[np.maximum(at - 1, 0)]
    good = inside & (exact | (gap_s <= MAX_GAP_S))
    wanted = stamps_s[good]
    if not len(wanted):
        return found
    motions = np.tile(np.eye(4), (len(wanted), 1, 1))
    turning = Slerp(known_s, Rotation.from_matrix(matrices[:, :3, :3]))
    motions[:, :3, :3] = turning(wanted).as_matrix()
    for axis in range(3):
        motions[:, axis, 3] = np.interp(wanted, known_s, matrices[:, axis, 3])
    found[good] = motions
    return found


def _only_at(
    known_s: float, matrix: NDArray[np.float64], stamps_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a motion (n, 4, 4) where it is known: at one instant."""
    here = (stamps_s == known_s)[:, None, None]
    return np.where(here, matrix, np.nan)
