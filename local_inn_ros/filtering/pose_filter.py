# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter of a planar robot, with what it is told and what it answers."""

from __future__ import annotations

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.planar_space import PlanarSpace
from local_inn_ros.filtering.settings import FilterSettings, SourceSettings
from local_inn_ros.filtering.stamped import Stamped, StampedPose
from local_inn_ros.filtering.state_filter import StateFilter
from local_inn_ros.filtering.step import Fusion
from local_inn_ros.geometry import GaussianPose2, Pose2

__all__ = [
    "FilterSettings",
    "Fusion",
    "Measurement",
    "PoseFilter",
    "SourceSettings",
    "Stamped",
    "StampedPose",
    "StateFilter",
]


class PoseFilter(StateFilter[Pose2, GaussianPose2]):
    """The filter of a planar robot: x, y and yaw."""

    def __init__(self, settings: FilterSettings | None = None) -> None:
        """Begin without a pose: ``reset`` gives one."""
        super().__init__(PlanarSpace, settings or FilterSettings())
