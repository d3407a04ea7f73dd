# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One prediction or one correction of the pose filter.

The state is (x, y, yaw, distance scale, turn scale): slip and a turn rate read too large last
longer than one reading, so they are estimated beside the pose (an augmented state; Probabilistic
Robotics, section 7.4, has the pose alone).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.motion_model import (
    MotionNoise,
    ScaleNoise,
    motion_jacobian,
    scaled_motion,
)
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.geometry.symmetric_root import symmetric_root

_POSE = slice(0, 3)
_SCALES = slice(3, 5)
_IDENTITY = np.eye(5)


@dataclass(frozen=True, slots=True)
class Fusion:
    """What became of a fix.

    Attributes:
        accepted: whether the filter used it.
        squared_mahalanobis: squared distance from the pose predicted, in units of both
            covariances together; chi-square with 3 degrees of freedom for right fixes. NaN where
            there was nothing to compare with.
        reason: why it was refused; empty where it was not.
    """

    accepted: bool
    squared_mahalanobis: float
    reason: str = ""

    @staticmethod
    def refused(reason: str) -> Fusion:
        """Return the answer to a fix that was not even compared."""
        return Fusion(False, float("nan"), reason)


def _nothing_since() -> NDArray[np.float64]:
    return np.zeros((3, 2))


def _nothing_shared() -> NDArray[np.float64]:
    return np.zeros((5, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What the filter believes at an instant.

    Attributes:
        state: (5,) of x, y, yaw in the map frame, and of the scales: by which shares the true
            distances and turns are larger than the odometry says.
        covariance: (5, 5), symmetric, positive semi-definite, of what one fix does not share with
            the next.
        refusals: fixes refused in a row up to here.
        since_fix: (3, 2) derivative of the pose by scales that have held since the last fix.
        shared: (5, 3) derivative of the state by three numbers of unit variance that stand for
            what fixes have wrong alike, such as the error of the map hereabouts.
    """

    state: NDArray[np.float64]
    covariance: NDArray[np.float64]
    refusals: int = 0
    since_fix: NDArray[np.float64] = field(default_factory=_nothing_since)
    shared: NDArray[np.float64] = field(default_factory=_nothing_shared)

    def to_pose(self) -> Pose2:
        """Return the mean of the pose."""
        x, y, yaw, _, _ = self.state.tolist()
        return Pose2(x, y, yaw)

    def to_gaussian(self) -> GaussianPose2:
        """Return mean and covariance of the pose."""
        return GaussianPose2(self.to_pose(), self.total_covariance()[_POSE, _POSE])

    def total_covariance(self) -> NDArray[np.float64]:
        """Return (5, 5) of the state, with what fixes share."""
        total: NDArray[np.float64] = self.covariance + self.shared @ self.shared.T
        return total


class FilterStep:
    """The extended Kalman filter's two steps, from one belief to the next."""

    def __init__(
        self, noise: MotionNoise, scale_noise: ScaleNoise, shared_share: float, gate: float
    ) -> None:
        """Set up.

        Args:
            noise: how fast the odometry's error grows.
            scale_noise: how the odometry's scales wander.
            shared_share: share of a fix's variance that is the same in the next one.
            gate: fixes with a larger squared Mahalanobis distance are refused.
        """
        self._noise = noise
        self._scale_noise = scale_noise
        self._shared_share = shared_share
        self._gate = gate
        self._scale_covariance = scale_noise.covariance()

    def begin(self, pose: GaussianPose2) -> Belief:
        """Return the belief that is just this pose, with scales of which nothing is known yet."""
        covariance = np.zeros((5, 5))
        covariance[_POSE, _POSE] = pose.covariance
        covariance[_SCALES, _SCALES] = self._scale_covariance
        return Belief(np.concatenate([pose.mean.to_array(), np.zeros(2)]), covariance)

    def predict(self, belief: Belief, increment: Pose2, duration_s: float) -> Belief:
        """Move a belief by an odometry increment, given in the axes of the body."""
        x, y, yaw, *scales = belief.state.tolist()
        pose = Pose2(x, y, yaw)
        motion = scaled_motion(increment, scales)
        kept = self._scale_noise.kept(duration_s)
        transition = kept * _IDENTITY
        transition[_POSE] = jacobian = motion_jacobian(pose, increment, scales)
        covariance = transition @ belief.covariance @ transition.T
        # Half way through the turn is where it arises on average.
        noise = self._noise.map_covariance(motion, duration_s, pose.yaw + 0.5 * motion.yaw)
        # Fixes refused one after another tell that the odometry is worse than it should be.
        covariance[_POSE, _POSE] += (1 + belief.refusals) * noise
        covariance[_SCALES, _SCALES] += (1.0 - kept**2) * self._scale_covariance
        moved, (distance_scale, turn_scale) = pose @ motion, scales
        return Belief(
            np.array([moved.x, moved.y, moved.yaw, kept * distance_scale, kept * turn_scale]),
            _symmetric(covariance),
            belief.refusals,
            jacobian[:, _POSE] @ belief.since_fix + jacobian[:, _SCALES],
            transition @ belief.shared,
        )

    def update(self, belief: Belief, measurement: GaussianPose2) -> tuple[Belief, Fusion]:
        """Correct a belief by a measured pose, unless the gate refuses it.

        A fix that is too far from what was predicted gets a second chance: slip may have jumped.

        What fixes have wrong alike is not averaged away, however many come: it is carried along
        apart, as an error that is considered and not estimated (Schmidt, Application of
        State-Space Methods to Navigation Problems, 1966).
        """
        try:
            seen = _Innovation.of(belief, measurement)
            if not seen.squared_distance <= self._gate:
                slipped = self._slipped(belief)
                nearer = _Innovation.of(slipped, measurement)
                if nearer.squared_distance <= self._gate:
                    belief, seen = slipped, nearer
        except np.linalg.LinAlgError:
            # Both are certain in some direction: there is nothing to correct, and no scale.
            return belief, Fusion.refused("the covariances are singular")
        distance = seen.squared_distance
        if not distance <= self._gate:
            refused = replace(belief, refusals=belief.refusals + 1)
            return refused, Fusion(
                False, distance, f"squared Mahalanobis distance {distance:.1f} > {self._gate:.1f}"
            )
        gain, spread, share = seen.gain, measurement.covariance, self._shared_share
        state = belief.state + gain @ seen.offset
        state[2] = wrap_angle(float(state[2]))
        kept = _IDENTITY.copy()
        kept[:, _POSE] -= gain
        own = (1.0 - share) * (gain @ spread @ gain.T)
        alike = math.sqrt(share) * (gain @ symmetric_root(spread))
        corrected = Belief(
            state,
            _symmetric(kept @ belief.covariance @ kept.T + own),
            shared=kept @ belief.shared + alike,
        )
        return corrected, Fusion(True, distance)

    def _slipped(self, belief: Belief) -> Belief:
        """Return the belief of one who thinks that a spell of slip began with the last fix.

        Slip wanders, but it also jumps, which no wandering foresees: the scales since the last
        fix may have been any.
        """
        spread = np.vstack([belief.since_fix, np.eye(2)])
        jump = spread @ self._scale_covariance @ spread.T
        return replace(belief, covariance=belief.covariance + jump)


@dataclass(frozen=True, slots=True, eq=False)
class _Innovation:
    """A measured pose beside the one believed.

    Attributes:
        offset: (3,) from what is believed to what is measured.
        squared_distance: squared Mahalanobis distance of the two.
        gain: (5, 3) Kalman gain.
    """

    offset: NDArray[np.float64]
    squared_distance: float
    gain: NDArray[np.float64]

    @staticmethod
    def of(belief: Belief, measurement: GaussianPose2) -> _Innovation:
        """Compare the two.

        Raises:
            LinAlgError: both are certain in some direction.
        """
        mean, covariance = measurement.mean, belief.total_covariance()
        x, y, yaw = belief.state[_POSE].tolist()
        offset = np.array([mean.x - x, mean.y - y, wrap_angle(mean.yaw - yaw)])
        whitening = _whitening(covariance[_POSE, _POSE] + measurement.covariance)
        white = whitening @ offset
        gain = (covariance[:, _POSE] @ whitening.T) @ whitening
        return _Innovation(offset, float(white @ white), gain)


def _whitening(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lower triangle W (3, 3) with ``W.T @ W`` the inverse of a covariance (3, 3).

    It is the inverse of the Cholesky factor, in plain numbers: for nine of them, a library takes
    longer to be called than to count.

    Raises:
        LinAlgError: the covariance is certain in some direction.
    """
    (a, _, _), (b, d, _), (c, e, f) = covariance.tolist()
    try:
        first = 1.0 / math.sqrt(a)
        b, c = b * first, c * first
        second = 1.0 / math.sqrt(d - b * b)
        e = (e - b * c) * second
        third = 1.0 / math.sqrt(f - c * c - e * e)
    except (ValueError, ZeroDivisionError):
        raise np.linalg.LinAlgError("the covariance is not positive definite") from None
    below = -b * first * second
    return np.array(
        [
            [first, 0.0, 0.0],
            [below, second, 0.0],
            [-(c * first + e * below) * third, -e * second * third, third],
        ]
    )


def _symmetric(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    symmetric: NDArray[np.float64] = 0.5 * (matrix + matrix.T)
    return symmetric
