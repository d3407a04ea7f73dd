# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses over time, and the pose at any time between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2, interpolate_poses

# Between two poses further apart than this nobody knows where the robot was.
MAX_GAP_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """Poses of one frame in another, in the order of time.

    Attributes:
        stamps_s: (n,) strictly increasing, n >= 1.
        poses: (n, 3) of (x m, y m, yaw rad).
    """

    stamps_s: NDArray[np.float64]
    poses: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the shapes and the order.

        Raises:
            ValueError: shapes do not fit, nothing is there, or stamps do not increase.
        """
        count = len(self.stamps_s)
        if count == 0 or self.stamps_s.shape != (count,) or self.poses.shape != (count, 3):
            raise ValueError(
                f"a trajectory needs stamps (n,) and poses (n, 3), n >= 1, got "
                f"{self.stamps_s.shape} and {self.poses.shape}"
            )
        if np.any(np.diff(self.stamps_s) <= 0.0):
            raise ValueError("the stamps of a trajectory must increase")

    @staticmethod
    def from_unordered(stamps_s: ArrayLike, poses: ArrayLike) -> Trajectory:
        """Sort poses (n, 3) by their stamps (n,); of several with one stamp the first stays."""
        stamps = np.asarray(stamps_s, dtype=np.float64)
        unique, first = np.unique(stamps, return_index=True)
        return Trajectory(unique, np.asarray(poses, dtype=np.float64)[first])

    def at(self, stamps_s: ArrayLike, max_gap_s: float = MAX_GAP_S) -> NDArray[np.float64]:
        """Return the poses (k, 3) at stamps (k,), interpolated on SE(2).

        Between two poses the frame moves with a constant twist. NaN stands wherever a stamp lies
        outside the trajectory, or between two poses that are more than ``max_gap_s`` apart.
        """
        wanted = np.asarray(stamps_s, dtype=np.float64)
        after = np.searchsorted(self.stamps_s, wanted, side="left")
        inside = after < len(self.stamps_s)
        exact = inside.copy()
        exact[inside] = self.stamps_s[after[inside]] == wanted[inside]
        between = inside & ~exact & (after > 0)
        result = np.full((len(wanted), 3), np.nan)
        result[exact] = self.poses[after[exact]]
        for i in np.flatnonzero(between):
            left, right = after[i] - 1, after[i]
            gap_s = self.stamps_s[right] - self.stamps_s[left]
            if gap_s <= max_gap_s:
                start, end = map(Pose2.from_array, self.poses[[left, right]])
                share = float((wanted[i] - self.stamps_s[left]) / gap_s)
                result[i] = interpolate_poses(start, end, share).to_array()
        return result

    def path_m(self) -> float:
        """Return the length of the way."""
        return float(np.sum(np.hypot(*np.diff(self.poses[:, :2], axis=0).T)))
