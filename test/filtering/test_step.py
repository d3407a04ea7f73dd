# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter's two steps against filterpy, which computes the same from the same Jacobians."""

import math
from dataclasses import replace

import numpy as np
import pytest
from filterpy.kalman import ExtendedKalmanFilter  # type: ignore[import-untyped]
from numpy.typing import NDArray

from local_inn_ros.filtering.belief import Belief, Refusals, SharedError
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, scaled_motion
from local_inn_ros.filtering.planar_space import PlanarSpace
from local_inn_ros.filtering.settings import FilterSettings, SourceSettings
from local_inn_ros.filtering.step import FilterStep
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.geometry.symmetric_root import symmetric_root

NOISE, SCALES = MotionNoise(), ScaleNoise()
SHARED = 0.8
DURATION_S = 0.02
SPACE = PlanarSpace(NOISE)


def step_of(**source: float) -> FilterStep:
    told = SourceSettings(**{"shared_share": SHARED, "shared_length_m": 0.5, **source})
    return FilterStep(SPACE, FilterSettings(NOISE, SCALES, source=told))


def state_of(belief: Belief) -> NDArray[np.float64]:
    return np.concatenate([belief.pose.to_array(), belief.scales])


def random_belief(rng: np.random.Generator) -> Belief:
    root = rng.normal(size=(5, 5)) * [0.1, 0.1, 0.05, 0.1, 0.05]
    pose = Pose2.from_array(rng.uniform(-3.0, 3.0, 3))
    refused = int(rng.integers(3))
    refusals = {"camera": Refusals(refused, refused, Pose2.identity(), np.eye(3))}
    return Belief(
        pose,
        tuple((rng.normal(size=2) * 0.1).tolist()),
        root.T @ root,
        0.1 * rng.normal(size=(3, 2)),
        {"laser": SharedError(0.02 * rng.normal(size=(5, 3)), pose)},
        refusals if refused else {},
    )


def random_fix(rng: np.random.Generator, belief: Belief) -> Measurement:
    root = rng.normal(size=(3, 3)) * [0.05, 0.05, 0.02]
    offset = rng.normal(size=3) * [0.05, 0.05, 0.02]
    mean = Pose2.from_array(belief.pose.to_array() + offset)
    return Measurement(GaussianPose2(mean, root.T @ root + 1e-6 * np.eye(3)), 0.0, "laser")


def moved(state: NDArray[np.float64], increment: Pose2) -> NDArray[np.float64]:
    """Where a state goes, by the definition of the motion alone."""
    pose = Pose2.from_array(state[:3]) @ scaled_motion(increment, state[3:].tolist())
    return np.concatenate([pose.to_array(), SCALES.kept(DURATION_S) * state[3:]])


def slopes(state: NDArray[np.float64], increment: Pose2) -> NDArray[np.float64]:
    """The derivative (5, 5) of ``moved``, by differences."""
    columns = []
    for axis in range(5):
        step = 1e-6 * np.eye(5)[axis]
        difference = moved(state + step, increment) - moved(state - step, increment)
        difference[2] = wrap_angle(difference[2])
        columns.append(difference / 2e-6)
    return np.column_stack(columns)


@pytest.mark.parametrize("seed", range(8))
def test_a_prediction_is_filterpys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    belief = random_belief(rng)
    increment = Pose2(*(rng.normal(size=3) * [0.2, 0.05, 0.1]).tolist())
    found = step_of().predict(belief, increment, DURATION_S)

    motion = scaled_motion(increment, belief.scales)
    yaw = belief.pose.yaw + 0.5 * motion.yaw
    turn = np.eye(3)
    turn[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    noise = (1 + belief.contradictions) * NOISE.body_covariance(motion, DURATION_S)
    kalman = ExtendedKalmanFilter(dim_x=5, dim_z=3)
    before = state_of(belief)
    kalman.x, kalman.P, kalman.F = before, belief.covariance, slopes(before, increment)
    kalman.Q = np.zeros((5, 5))
    kalman.Q[:3, :3] = turn @ noise @ turn.T
    kalman.Q[3:, 3:] = (1.0 - SCALES.kept(DURATION_S) ** 2) * SCALES.covariance()
    kalman.predict()
    assert state_of(found) == pytest.approx(moved(before, increment), abs=1e-12)
    assert found.covariance == pytest.approx(kalman.P, rel=1e-6, abs=1e-9)
    shared = belief.shared["laser"].derivative
    assert found.shared["laser"].derivative == pytest.approx(kalman.F @ shared, abs=1e-9)
    assert found.refusals == belief.refusals


def kalman_with_shared(belief: Belief, fix: Measurement) -> ExtendedKalmanFilter:
    """Filterpy's filter of the state and the shared numbers, which it may only consider.

    Those of the belief are in its error with the sign turned: its error is what was estimated
    less what is true.
    """
    error = belief.shared.get("laser")
    shared = np.zeros((5, 3)) if error is None else error.derivative
    alike = math.sqrt(SHARED) * symmetric_root(fix.pose.covariance)
    kalman = ExtendedKalmanFilter(dim_x=8, dim_z=3)
    kalman.x = np.concatenate([state_of(belief), np.zeros(3)])
    kalman.P = np.block([[belief.total_covariance(), -shared], [-shared.T, np.eye(3)]])
    kalman.update(
        fix.pose.mean.to_array(),
        HJacobian=lambda state: np.hstack([np.eye(3, 5), alike]),
        Hx=lambda state: state[:3],
        R=(1.0 - SHARED) * fix.pose.covariance,
        residual=lambda a, b: np.array([*(a - b)[:2], wrap_angle((a - b)[2])]),
    )
    return kalman


@pytest.mark.parametrize("seed", range(8))
def test_a_first_correction_is_filterpys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # What fixes share makes no difference to the first of them.
    belief = replace(random_belief(rng), shared={})
    fix = random_fix(rng, belief)
    found, fusion = step_of(gate_probability=1.0 - 1e-12).update(belief, fix)
    assert fusion.accepted
    kalman = kalman_with_shared(belief, fix)
    expected = kalman.x[:5].copy()
    expected[2] = wrap_angle(expected[2])
    assert state_of(found) == pytest.approx(expected, abs=1e-10)
    assert found.total_covariance() == pytest.approx(kalman.P[:5, :5], rel=1e-8, abs=1e-12)
    assert fusion.squared_mahalanobis == pytest.approx(kalman.mahalanobis**2, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_the_difference_is_measured_by_the_covariance_that_filterpy_has(seed: int) -> None:
    rng = np.random.default_rng(seed)
    belief = random_belief(rng)
    fix = random_fix(rng, belief)
    _, fusion = step_of().update(belief, fix)
    kalman = kalman_with_shared(belief, fix)
    assert fusion.squared_mahalanobis == pytest.approx(kalman.mahalanobis**2, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_a_correction_leaves_the_covariance_that_its_gain_leaves(seed: int) -> None:
    """Joseph's form of state and shared numbers together, written out in full."""
    rng = np.random.default_rng(seed)
    belief = random_belief(rng)
    fix = random_fix(rng, belief)
    found, fusion = step_of(gate_probability=1.0 - 1e-12).update(belief, fix)
    assert fusion.accepted
    spread, shared = fix.pose.covariance, belief.shared["laser"].derivative
    alike = math.sqrt(SHARED) * symmetric_root(spread)
    total = belief.total_covariance()
    gain = total[:, :3] @ np.linalg.inv(total[:3, :3] + spread)
    before = np.block([[total, -shared], [-shared.T, np.eye(3)]])
    left = np.eye(8)
    left[:5] -= gain @ np.hstack([np.eye(3, 5), alike])
    after = left @ before @ left.T
    after[:5, :5] += (1.0 - SHARED) * gain @ spread @ gain.T
    assert found.total_covariance() == pytest.approx(after[:5, :5], rel=1e-9, abs=1e-12)
    assert -found.shared["laser"].derivative == pytest.approx(after[:5, 5:], rel=1e-9, abs=1e-12)
    # The gain is that of filterpy's own filter of the state alone.
    plain, _ = step_of(shared_share=0.0).update(replace(belief, covariance=total, shared={}), fix)
    assert state_of(found) == pytest.approx(state_of(plain), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_shared_elsewhere_is_an_error_like_any_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    belief = random_belief(rng)
    shared = belief.shared["laser"]
    far = replace(belief, shared={"laser": replace(shared, anchor=Pose2(50.0, 0.0, 0.0))})
    alone = replace(belief, covariance=belief.total_covariance(), shared={})
    fix = random_fix(rng, belief)
    step = step_of(gate_probability=1.0 - 1e-12)
    one, two = step.update(far, fix), step.update(alone, fix)
    assert one[1].squared_mahalanobis == pytest.approx(two[1].squared_mahalanobis, rel=1e-9)
    assert one[0].covariance == pytest.approx(two[0].covariance, abs=1e-12)


@pytest.mark.parametrize("variances", [(1e-8, 1e-8, 1e-8), (1e-4, 0.01, 1e-3), (1e-8, 1e-4, 1e5)])
@pytest.mark.parametrize("seed", range(4))
def test_whitening_is_the_inverse_also_of_what_is_hardly_known(
    variances: tuple[float, float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    covariance = (turn * variances) @ turn.T
    covariance = 0.5 * (covariance + covariance.T)
    whitening = SPACE.whitening(covariance)
    assert np.triu(whitening, 1) == pytest.approx(0.0)
    assert whitening @ covariance @ whitening.T == pytest.approx(np.eye(3), abs=1e-3)


@pytest.mark.parametrize(
    "covariance", [np.zeros((3, 3)), np.diag([1.0, 1.0, 0.0]), np.diag([1.0, -1.0, 1.0])]
)
def test_certainties_are_not_divided_by(covariance: NDArray[np.float64]) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        SPACE.whitening(covariance)
