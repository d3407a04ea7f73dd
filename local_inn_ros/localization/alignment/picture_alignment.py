# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's pose at which what is drawn is most like what is seen: render and compare.

Gauss-Newton of brightness, pixel by pixel (Lucas and Kanade, 1981; Baker and Matthews,
Lucas-Kanade 20 Years On, 2004, with gain and offset of the light as unknowns of part 3), robust by
iteratively reweighted least squares with Student's distribution. What draws is asked alone: it
need not tell depths or derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, inverse_right_jacobian, log_motions
from local_inn_ros.geometry.se3_step import stepped

Drawn = Callable[[NDArray[np.float64]], NDArray[np.float32]]
"""From poses (k, 4, 4) of the camera in the map frame to the pictures (k, rows, cols) that are
expected there."""

# Degrees of freedom of Student's distribution: what of a picture is wrong is far wrong.
_FREEDOM = 1.0
# Of a picture that is normalized, how far gain and offset of the light may be from 1 and 0: what
# covers a part of it changes both.
_LIGHT_DEVIATION = 0.3
_MAD = 1.4826
_MOST_STEPS = 12
# As a pose nears, so does what is drawn: the deviations are measured anew so many times.
_ROUNDS = 2
# A step is the last that is shorter, in metres and radians.
_SETTLED = 1e-4
_DAMPING, _MOST_DAMPING = 1e-3, 1e3
_LEAST_INFORMATION = 1e-6


@dataclass(frozen=True, slots=True)
class PictureErrors:
    """Where the differences between seen and drawn pictures come from.

    Attributes:
        deviation: robust standard deviation of what is drawn, in units of its brightness.
        shared: pixels that have their error in common: so many tell as much as one.
        reach_m: steps of the differences that derivatives are taken from.
        reach_rad: likewise of turns.
    """

    deviation: float
    shared: float
    reach_m: float
    reach_rad: float


@dataclass(frozen=True, slots=True, eq=False)
class PictureAligned:
    """Where a picture was most likely taken.

    Attributes:
        pose: of the camera in the map frame.
        gain: how much less the picture disagrees there than at the start, in nats; 0 where it
            stayed, for nothing better was found.
        spread: robust deviation of what is seen from what is drawn there, in the light that fits
            best.
        steps: that were taken.
    """

    pose: Pose3
    gain: float
    spread: float
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """How seen and drawn compare at one pose: normal equations, and what they are solved for."""

    information: NDArray[np.float64]
    gradient: NDArray[np.float64]
    cost: float


def align_picture(
    seen: NDArray[np.floating],
    drawn: Drawn,
    errors: PictureErrors,
    start: GaussianPose3,
) -> PictureAligned:
    """Find the pose at which what is drawn is most like what is seen, near where it is believed.

    Args:
        seen: (rows, cols) as what is drawn is normalized.
        drawn: asks what draws.
        errors: of what it draws.
        start: of the camera in the map frame, with a covariance: a belief.
    """
    comparison = _Comparison(seen, drawn, errors, start)
    pose, steps = start.mean, 0
    for _ in range(_ROUNDS):
        pose, more = comparison.settled(pose)
        steps += more
    before, after = (comparison.cost(one) for one in (start.mean, pose))
    if not after < before:
        pose, after = start.mean, before
    return PictureAligned(pose, before - after, comparison.spread(pose), steps)


class _Comparison:
    """One picture and what is believed of it."""

    def __init__(
        self,
        seen: NDArray[np.floating],
        drawn: Drawn,
        errors: PictureErrors,
        believed: GaussianPose3,
    ) -> None:
        self._seen = np.asarray(seen, np.float64).ravel()
        self._drawn, self._errors, self._believed = drawn, errors, believed
        self._belief = np.asarray(np.linalg.inv(believed.covariance), np.float64)
        reaches = np.repeat([errors.reach_m, errors.reach_rad], 3)
        ways = np.concatenate([np.zeros((1, 6)), np.diag(reaches), -np.diag(reaches)])
        self._ring, self._spans = exp_twists(ways), 2.0 * reaches

    def settled(self, start: Pose3) -> tuple[Pose3, int]:
        """Descend from a pose; return where that ends, and the steps."""
        pose, damping, steps = start, _DAMPING, 0
        # What is calibrated, or more where a pose is off.
        deviation = max(self.spread(start), self._errors.deviation)
        at = self._compared(pose, deviation)
        for _ in range(_MOST_STEPS):
            damped = at.information + damping * np.diag(np.diag(at.information))
            step = -np.linalg.solve(damped + _LEAST_INFORMATION * np.eye(6), at.gradient)
            moved = stepped(pose, np.asarray(step, np.float64))
            tried = self._compared(moved, deviation)
            if tried.cost < at.cost:
                pose, at, damping, steps = moved, tried, 0.2 * damping, steps + 1
            else:
                damping *= 10.0
            if np.abs(step).max() < _SETTLED or damping > _MOST_DAMPING:
                break
        return pose, steps

    def cost(self, pose: Pose3) -> float:
        """Return how much a picture disagrees with a pose, in nats, but for a constant."""
        return self._compared(pose, self._errors.deviation).cost

    def spread(self, pose: Pose3) -> float:
        """Return the robust deviation of what is seen from what is drawn at a pose."""
        drawn = self._drawn(pose.to_matrix()[None]).ravel().astype(np.float64)
        light, _, _ = _in_its_light(self._seen, drawn, self._errors.deviation)
        return _MAD * float(np.median(np.abs(light[0] * drawn + light[1] - self._seen)))

    def _compared(self, pose: Pose3, deviation: float) -> _Compared:
        poses, seen = pose.to_matrix() @ self._ring, self._seen
        drawn = self._drawn(poses).reshape(len(poses), -1).astype(np.float64)
        slopes = ((drawn[1:7] - drawn[7:]) / self._spans[:, None]).T
        light, weights, told = _in_its_light(seen, drawn[0], deviation)
        columns = np.column_stack([light[0] * slopes, drawn[0], np.ones(len(seen))])
        scaled = columns * (weights / deviation**2)[:, None]
        normal = scaled.T @ columns
        normal[6:, 6:] += np.eye(2) / _LIGHT_DEVIATION**2
        pull = scaled.T @ (light[0] * drawn[0] + light[1] - seen)
        pull[6:] += (light - [1.0, 0.0]) / _LIGHT_DEVIATION**2
        # What the light explains as well is not told of the pose.
        mixed = np.linalg.solve(normal[6:, 6:], normal[6:, :6])
        off = log_motions(self._believed.mean.between(pose).to_matrix())
        turn = inverse_right_jacobian(off)
        shared = self._errors.shared
        return _Compared(
            (normal[:6, :6] - normal[:6, 6:] @ mixed) / shared + turn.T @ self._belief @ turn,
            (pull[:6] - mixed.T @ pull[6:]) / shared + turn.T @ self._belief @ off,
            told / shared + 0.5 * float(off @ self._belief @ off),
        )


def _in_its_light(
    seen: NDArray[np.float64], drawn: NDArray[np.float64], deviation: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Fit gain and offset of the light to pixels (n,).

    Returns:
        Gain and offset (2,), weights (n,) of the pixels, and the cost.
    """
    light = np.array([1.0, 0.0])
    columns = np.column_stack([drawn, np.ones(len(drawn))])
    believed = np.eye(2) / _LIGHT_DEVIATION**2
    for _ in range(4):
        off = np.square((seen - columns @ light) / deviation)
        weights = (_FREEDOM + 1.0) / (_FREEDOM + off)
        scaled = columns * (weights / deviation**2)[:, None]
        light = np.linalg.solve(
            scaled.T @ columns + believed, scaled.T @ seen + believed @ [1.0, 0.0]
        )
    off = np.square((seen - columns @ light) / deviation)
    weights = (_FREEDOM + 1.0) / (_FREEDOM + off)
    told = 0.5 * (_FREEDOM + 1.0) * float(np.log1p(off / _FREEDOM).sum())
    told += 0.5 * float(np.square((light - [1.0, 0.0]) / _LIGHT_DEVIATION).sum())
    return light, weights, told
