# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One prediction or one correction of the pose filter.

The state is the pose and the scales of distance and turn: slip and a turn rate read too large last
longer than one reading, so they are estimated beside the pose (an augmented state; Probabilistic
Robotics, section 7.4, has the pose alone).

Products are written ``a.dot(b)`` here: for matrices this small ``a @ b`` takes half as long again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.belief import Belief, Refusals, Rival, SharedError
from local_inn_ros.filtering.innovation import Innovation, compare, gain_of
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import ScaleNoise
from local_inn_ros.filtering.motion_scales import MotionScales
from local_inn_ros.filtering.rivals import AGREEING, Rivals
from local_inn_ros.filtering.settings import FilterSettings
from local_inn_ros.filtering.source import Source
from local_inn_ros.filtering.state_space import GaussianT, PoseT, StateSpace
from local_inn_ros.filtering.usual_scale import UsualScale


@dataclass(frozen=True, slots=True)
class Fusion:
    """What became of a fix.

    Attributes:
        accepted: whether the filter used it.
        squared_mahalanobis: squared distance from the pose predicted, in units of the covariance
            that the difference of the two has: for right fixes chi-square, with as many degrees
            of freedom as directions were observed. NaN where there was nothing to compare with.
        reason: why it was refused; empty where it was not.
        gave_way: whether the filter was wrong, as this fix and refused ones before it agree: it
            goes on from where they see the robot.
    """

    accepted: bool
    squared_mahalanobis: float
    reason: str = ""
    gave_way: bool = False

    @staticmethod
    def refused(reason: str) -> Fusion:
        """Return the answer to a fix that was not even compared."""
        return Fusion(False, float("nan"), reason)


class FilterStep(Generic[PoseT, GaussianT]):
    """The extended Kalman filter's two steps, from one belief to the next."""

    def __init__(self, space: StateSpace[PoseT, GaussianT], settings: FilterSettings) -> None:
        """Set up.

        Args:
            space: of the poses.
            settings: of the filter.
        """
        self._space = space
        self._scale_noise: ScaleNoise = settings.scale_noise
        self._scale_covariance = settings.scale_noise.covariance()
        # A scale that is said to be certain stays as it is: nothing can be told of it.
        deviations = settings.scale_noise.distance_deviation, settings.scale_noise.turn_deviation
        self._per_scale_variance = tuple(1.0 / one**2 if one > 0.0 else 0.0 for one in deviations)
        self._identity = np.eye(space.dof + 2)
        self._nothing_since = np.zeros((space.dof, 2))
        self._pose = slice(0, space.dof)
        self._scales = slice(space.dof, space.dof + 2)
        self._others = Source(settings.source, space.dof)
        self._sources = {name: Source(told, space.dof) for name, told in settings.sources.items()}
        self._rivals = Rivals[PoseT, GaussianT](space, self._joined)

    def begin(self, pose: GaussianT) -> Belief[PoseT]:
        """Return the belief that is just this pose, with scales of which nothing is known yet."""
        covariance = np.zeros_like(self._identity)
        covariance[self._pose, self._pose] = pose.covariance
        covariance[self._scales, self._scales] = self._scale_covariance
        return Belief(pose.mean, (0.0, 0.0), covariance, self._nothing_since)

    def pose_of(self, belief: Belief[PoseT]) -> GaussianT:
        """Return mean and covariance of the pose that is believed."""
        return self._space.gaussian(belief.pose, belief.total_covariance()[self._pose, self._pose])

    def scales_of(self, belief: Belief[PoseT]) -> MotionScales:
        """Return the scales that are believed, with their deviations."""
        first = self._scales.start
        variances = belief.covariance[first, first], belief.covariance[first + 1, first + 1]
        return MotionScales(*belief.scales, *(math.sqrt(one) for one in variances))

    def predict(self, belief: Belief[PoseT], increment: PoseT, duration_s: float) -> Belief[PoseT]:
        """Move a belief by an odometry increment, given in the axes of the body."""
        pose, scales = self._pose, self._scales
        moved, jacobian, noise = self._space.moved(
            belief.pose, belief.scales, increment, duration_s
        )
        kept = self._scale_noise.kept(duration_s)
        transition = kept * self._identity
        transition[pose] = jacobian
        covariance = transition.dot(belief.covariance).dot(transition.T)
        if belief.refusals:
            # Fixes refused one after another tell that the odometry is worse than it should be.
            noise = (1 + belief.contradictions) * noise
        covariance[pose, pose] += noise
        covariance[scales, scales] += (1.0 - kept**2) * self._scale_covariance
        distance_scale, turn_scale = belief.scales
        usual_distance, usual_turn = (usual.mean for usual in belief.usual_scales)
        return Belief(
            moved,
            (
                usual_distance + kept * (distance_scale - usual_distance),
                usual_turn + kept * (turn_scale - usual_turn),
            ),
            _symmetric(covariance),
            jacobian[:, pose].dot(belief.since_fix) + jacobian[:, scales],
            {
                name: SharedError(transition.dot(error.derivative), error.anchor)
                for name, error in belief.shared.items()
            },
            belief.refusals,
            {
                name: Rival(self.predict(rival.belief, increment, duration_s), rival.agreeing)
                for name, rival in belief.rivals.items()
            },
            self._usual_after(belief, duration_s),
        )

    def _usual_after(
        self, belief: Belief[PoseT], duration_s: float
    ) -> tuple[UsualScale, UsualScale]:
        """Return what is usual of the scales, with what is known of them by now."""
        spells, first = duration_s / self._scale_noise.time_s, self._scales.start
        distance, turn = (
            usual.after(scale, 1.0 - belief.covariance.item(k, k) * per_variance, spells)
            for usual, scale, per_variance, k in zip(
                belief.usual_scales,
                belief.scales,
                self._per_scale_variance,
                (first, first + 1),
                strict=True,
            )
        )
        return distance, turn

    def update(
        self, belief: Belief[PoseT], measurement: Measurement[GaussianT]
    ) -> tuple[Belief[PoseT], Fusion]:
        """Correct a belief by a measured pose, unless the gate refuses it.

        A fix that is too far from what was predicted gets a second chance: slip may have jumped.
        Fixes that are refused one after another, and agree with each other, win in the end.
        """
        gate = self._source(measurement.source).gate(measurement.observed_count())
        try:
            corrected, distance = self._gated(belief, measurement, gate)
        except np.linalg.LinAlgError:
            # Both are certain in some direction: there is nothing to correct, and no scale.
            return belief, Fusion.refused("the covariances are singular")
        if corrected is not None:
            if belief.rivals:
                rivals = self._rivals.after_accepted(belief.rivals, measurement)
                corrected = replace(corrected, rivals=rivals)
            return corrected, Fusion(True, distance)
        if math.isnan(distance):
            return belief, Fusion.refused("its numbers cannot be compared with anything")
        rival = self._rivals.after_refused(belief, measurement)
        if rival is not None and rival.agreeing >= AGREEING:
            return rival.belief, Fusion(True, distance, gave_way=True)
        refused = self._refused(belief, measurement)
        if rival is not None:
            refused = replace(refused, rivals={**belief.rivals, measurement.source: rival})
        reason = f"squared Mahalanobis distance {distance:.1f} > {gate:.1f}"
        return refused, Fusion(False, distance, reason)

    def _gated(
        self, belief: Belief[PoseT], measurement: Measurement[GaussianT], gate: float
    ) -> tuple[Belief[PoseT] | None, float]:
        """Return the belief after a fix, None where the gate refuses it, and how far off it was.

        Raises:
            LinAlgError: both are certain in some direction.
        """
        source = self._source(measurement.source)
        seen = compare(belief, measurement, source, self._space)
        distance = seen.squared_distance
        if not distance <= gate:
            seen = compare(self._slipped(belief), measurement, source, self._space)
        if not seen.squared_distance <= gate:
            return None, distance
        return self._corrected(belief, measurement, source, seen), distance

    def _joined(
        self, belief: Belief[PoseT], measurement: Measurement[GaussianT]
    ) -> Belief[PoseT] | None:
        """Return the belief after a fix; None where the gate refuses it, at the first chance."""
        source = self._source(measurement.source)
        try:
            seen = compare(belief, measurement, source, self._space)
            if seen.squared_distance <= source.gate(measurement.observed_count()):
                return self._corrected(belief, measurement, source, seen)
        except np.linalg.LinAlgError:
            pass
        return None

    def _source(self, name: str) -> Source:
        return self._sources.get(name, self._others)

    def _corrected(
        self,
        belief: Belief[PoseT],
        measurement: Measurement[GaussianT],
        source: Source,
        seen: Innovation[PoseT],
    ) -> Belief[PoseT]:
        """Return the belief after a fix, in Joseph's form: it holds for any gain."""
        gain = gain_of(seen, self._space)
        left = self._identity.copy()
        left[:, self._pose] -= gain
        step = gain.dot(seen.offset)
        turned = self._space.from_shifted(step[self._pose])
        if turned is not None:
            # Errors are in the axes of the body, and these have turned.
            left[self._pose] = turned @ left[self._pose]
            gain = np.vstack([turned @ gain[self._pose], gain[self._scales]])
        covariance = left.dot(seen.own).dot(left.T)
        shared = belief.shared
        if len(shared) > (measurement.source in shared):
            shared = {
                name: SharedError(left @ error.derivative, error.anchor)
                for name, error in shared.items()
            }
        if seen.alike is None:
            covariance += gain @ seen.spread @ gain.T
        else:
            by_fix = gain.dot(seen.alike)
            covariance += source.own_per_shared * by_fix.dot(by_fix.T)
            derivative = by_fix if seen.shared is None else left.dot(seen.shared) + by_fix
            shared = {**shared, measurement.source: SharedError(derivative, seen.anchor)}
        distance_scale, turn_scale = belief.scales
        by_distance, by_turn = step[self._scales].tolist()
        return Belief(
            self._space.shifted(belief.pose, step[self._pose]),
            (distance_scale + by_distance, turn_scale + by_turn),
            _symmetric(covariance),
            self._nothing_since,
            shared,
            self._still_refused(belief, measurement) if belief.refusals else belief.refusals,
            usual_scales=belief.usual_scales,
        )

    def _refused(self, belief: Belief[PoseT], measurement: Measurement[GaussianT]) -> Belief[PoseT]:
        """Return the belief after a fix that the gate refused."""
        before = belief.refusals.get(measurement.source)
        in_a_row, unopposed = (0, 0) if before is None else (before.in_a_row, before.unopposed)
        measured = measurement.pose
        refusals = Refusals(
            in_a_row + 1,
            unopposed + 1,
            measured.mean @ belief.pose.inverse(),
            measured.covariance,
        )
        return replace(belief, refusals={**belief.refusals, measurement.source: refusals})

    def _still_refused(
        self, belief: Belief[PoseT], accepted: Measurement[GaussianT]
    ) -> dict[str, Refusals[PoseT]]:
        """Return what is left of the refusals once a fix is accepted.

        It takes back those of its own source. Those of another count no longer against the pose
        where the two sources cannot both be right.
        """
        left = {}
        for name, refused in belief.refusals.items():
            if name != accepted.source:
                told = refused.correction @ belief.pose
                offset, spread = self._space.seen(told, accepted.pose)
                white = self._space.whitening(refused.covariance + spread) @ offset
                contradicted = float(white @ white) > self._source(name).gate(self._space.dof)
                left[name] = replace(refused, unopposed=0) if contradicted else refused
        return left

    def _slipped(self, belief: Belief[PoseT]) -> Belief[PoseT]:
        """Return the belief of one who thinks that a spell of slip began with the last fix.

        Slip wanders, but it also jumps, which no wandering foresees: the scales since the last
        fix may have been any.
        """
        spread = np.vstack([belief.since_fix, np.eye(2)])
        jump = spread @ self._scale_covariance @ spread.T
        return replace(belief, covariance=belief.covariance + jump)


def _symmetric(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    symmetric: NDArray[np.float64] = 0.5 * (matrix + matrix.T)
    return symmetric
