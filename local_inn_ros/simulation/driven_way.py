# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a simulated robot was of late, for the beams of a scan that is being measured."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2, Twist2, compose_poses


class DrivenWay:
    """The last poses of a robot, and those between them, along circle arcs."""

    def __init__(self, stamp_s: float, pose: Pose2) -> None:
        """Begin where the robot is."""
        self.begin_again(stamp_s, pose)

    def add(self, stamp_s: float, pose: Pose2) -> None:
        """Take note of where the robot is at a later stamp; one that is no later adds nothing."""
        if stamp_s <= self._stamps_s[-1]:
            return
        self._stamps_s.append(stamp_s)
        self._poses.append(pose)

    def begin_again(self, stamp_s: float, pose: Pose2) -> None:
        """Take note that the robot was put there: no way leads there from where it was."""
        self._stamps_s = deque([stamp_s])
        self._poses = deque([pose])

    def forget_before(self, stamp_s: float) -> None:
        """Drop what is not needed for the stamps from here on."""
        while len(self._stamps_s) > 1 and self._stamps_s[1] <= stamp_s:
            self._stamps_s.popleft()
            self._poses.popleft()

    def at(self, stamps_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the poses (n, 3) at stamps (n,).

        Between two poses that were told the robot moves with a constant twist. Before the first
        and after the last it stands.
        """
        told_s = np.array(self._stamps_s)
        poses = np.array([pose.to_array() for pose in self._poses])
        if len(told_s) == 1:
            return np.tile(poses, (len(stamps_s), 1))
        pairs = zip(list(self._poses)[:-1], list(self._poses)[1:], strict=True)
        twists = (Twist2.reaching(start.between(end)) for start, end in pairs)
        motions = np.array([[one.ahead_m, one.left_m, one.turn_rad] for one in twists])
        last = np.clip(np.searchsorted(told_s, stamps_s, side="right") - 1, 0, len(motions) - 1)
        shares = np.clip((stamps_s - told_s[last]) / np.diff(told_s)[last], 0.0, 1.0)
        return compose_poses(poses[last], _reached(motions[last] * shares[:, None]))


def _reached(twists: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the poses (n, 3) that twists (n, 3) lead to (Exp of SE(2), see ``Twist2``)."""
    ahead, left, turn = twists.T
    sine_share = np.sinc(turn / np.pi)
    cosine_share = np.sin(0.5 * turn) * np.sinc(0.5 * turn / np.pi)
    return np.stack(
        [sine_share * ahead - cosine_share * left, cosine_share * ahead + sine_share * left, turn],
        axis=-1,
    )
