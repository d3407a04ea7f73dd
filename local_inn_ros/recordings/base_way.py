# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the base was at any instant of a recording, or why that is not known well enough."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.recordings.trajectory import Trajectory


class LeftOut(Enum):
    """Why a reading is not learned from, by the words that it is counted under."""

    NOT_FOUND = "the robot had not found itself yet"
    LOST = "the laser was lost there"
    AWAY = "no scan that could be used is near in time, or no odometry"
    UNCERTAIN = "its pose is uncertain"
    NO_REFERENCE = "the reference has no pose there"
    ALIKE = "the camera had moved since the one before"


class BaseWay(Protocol):
    """Where the base was."""

    def at(self, stamp_s: float) -> GaussianPose2 | LeftOut:
        """Return the base in the map frame at an instant, or why it is not known."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceWay:
    """Where the base was by a reference, which is taken for exact (see ``BaseWay``).

    Attributes:
        path: poses of the base in the map frame.
    """

    path: Trajectory

    def at(self, stamp_s: float) -> GaussianPose2 | LeftOut:
        """Return the base at an instant, or why it is not known (see ``BaseWay``)."""
        pose = self.path.at([stamp_s])[0]
        if not np.isfinite(pose).all():
            return LeftOut.NO_REFERENCE
        return GaussianPose2(Pose2.from_array(pose), np.zeros((3, 3)))
