# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the pose filter believes at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.state_space import PoseT
from local_inn_ros.filtering.usual_scale import UsualScale


@dataclass(frozen=True, slots=True, eq=False)
class Refusals(Generic[PoseT]):
    """Fixes of one source that were refused, one after another.

    Attributes:
        in_a_row: how many, since one of this source was accepted.
        unopposed: how many, since a fix of any source was accepted that contradicts them.
        correction: what the last one would have moved the map by: left of a pose believed, it
            makes the pose that the source tells, wherever the robot has gone since.
        covariance: (d, d) of the last one.
    """

    in_a_row: int
    unopposed: int
    correction: PoseT
    covariance: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SharedError(Generic[PoseT]):
    """What the fixes of one source have wrong alike, such as the error of the map hereabouts.

    Attributes:
        derivative: (d + 2, d) of the error of the state by d numbers of unit variance.
        anchor: where these numbers were the ones of the place.
    """

    derivative: NDArray[np.float64]
    anchor: PoseT


@dataclass(frozen=True, slots=True, eq=False)
class Rival(Generic[PoseT]):
    """What would be believed if the refused fixes of one source were right.

    Attributes:
        belief: that; it has no rivals itself.
        agreeing: how many refused fixes it is made of.
    """

    belief: Belief[PoseT]
    agreeing: int


@dataclass(frozen=True, slots=True, eq=False)
class Belief(Generic[PoseT]):
    """What the filter believes at an instant.

    The state is the pose, with d degrees of freedom, and the scales of distance and turn.

    Attributes:
        pose: the mean of the pose, in the map frame.
        scales: by which shares the true distances and turns are larger than the odometry says.
        covariance: (d + 2, d + 2), symmetric, positive semi-definite, of what is not shared.
        since_fix: (d, 2) derivative of the pose by scales that have held since the last fix.
        shared: what fixes have wrong alike, by the name of their source.
        refusals: of the sources whose last fix was refused, by name.
        rivals: of the sources whose refused fixes agree with each other, by name.
        usual_scales: what the scales return to where nothing tells of them.
    """

    pose: PoseT
    scales: tuple[float, float]
    covariance: NDArray[np.float64]
    since_fix: NDArray[np.float64]
    shared: Mapping[str, SharedError[PoseT]] = field(default_factory=dict)
    refusals: Mapping[str, Refusals[PoseT]] = field(default_factory=dict)
    rivals: Mapping[str, Rival[PoseT]] = field(default_factory=dict)
    usual_scales: tuple[UsualScale, UsualScale] = (UsualScale(), UsualScale())

    @property
    def contradictions(self) -> int:
        """How many fixes of one source, in a row, speak against the pose, and none against them.

        A source that is broken is contradicted by another that is right; one that sees little,
        such as a compass beside a laser, contradicts nobody.
        """
        if not self.refusals:
            return 0
        return max(refused.unopposed for refused in self.refusals.values())

    def total_covariance(self) -> NDArray[np.float64]:
        """Return (d + 2, d + 2) of the state, with what fixes share."""
        total = self.covariance
        for error in self.shared.values():
            total = total + error.derivative.dot(error.derivative.T)
        return total
