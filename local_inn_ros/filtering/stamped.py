# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pose with the instant that it is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from local_inn_ros.filtering.state_space import GaussianT
from local_inn_ros.geometry import GaussianPose2


# Without slots: a class of a certain type, as below, notes its type in what it makes.
@dataclass(frozen=True)
class Stamped(Generic[GaussianT]):
    """A pose of the base in the map frame at an instant."""

    stamp_s: float
    pose: GaussianT


StampedPose = Stamped[GaussianPose2]
"""The same of a planar robot."""
