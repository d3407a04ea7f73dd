# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose filter in space, where height, roll and pitch are not the ground's and the mount's."""

from __future__ import annotations

from local_inn_ros.filtering.settings import FilterSettings
from local_inn_ros.filtering.spatial_space import SpatialSpace
from local_inn_ros.filtering.state_filter import StateFilter
from local_inn_ros.geometry import GaussianPose3, Pose3


class SpatialPoseFilter(StateFilter[Pose3, GaussianPose3]):
    """The filter of a robot that moves in space: six degrees of freedom.

    It is told ``Odometry3``, and measurements of ``GaussianPose3``.
    """

    def __init__(self, settings: FilterSettings | None = None) -> None:
        """Begin without a pose: ``reset`` gives one."""
        super().__init__(SpatialSpace, settings or FilterSettings())
