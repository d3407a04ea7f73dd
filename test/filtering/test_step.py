# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter's two steps against filterpy, which computes the same from the same Jacobians."""

import math
from dataclasses import replace

import numpy as np
import pytest
from filterpy.kalman import ExtendedKalmanFilter  # type: ignore[import-untyped]

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, scaled_motion
from local_inn_ros.filtering.step import Belief, FilterStep, _whitening
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle

NOISE, SCALES = MotionNoise(), ScaleNoise()
SHARED = 0.8
DURATION_S = 0.02


def random_belief(rng: np.random.Generator) -> Belief:
    root = rng.normal(size=(5, 5)) * [0.1, 0.1, 0.05, 0.1, 0.05]
    state = np.concatenate([rng.uniform(-3.0, 3.0, 3), rng.normal(size=2) * 0.1])
    return Belief(
        state,
        root.T @ root,
        int(rng.integers(3)),
        0.1 * rng.normal(size=(3, 2)),
        0.01 * rng.normal(size=(5, 3)),
    )


def moved(state: np.ndarray, increment: Pose2) -> np.ndarray:
    """Where a state goes, by the definition of the motion alone."""
    pose = Pose2.from_array(state[:3]) @ scaled_motion(increment, state[3:].tolist())
    return np.concatenate([pose.to_array(), SCALES.kept(DURATION_S) * state[3:]])


def slopes(state: np.ndarray, increment: Pose2) -> np.ndarray:
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
    found = FilterStep(NOISE, SCALES, SHARED, 16.0).predict(belief, increment, DURATION_S)

    motion = scaled_motion(increment, belief.state[3:].tolist())
    yaw = belief.state[2] + 0.5 * motion.yaw
    turn = np.eye(3)
    turn[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    noise = (1 + belief.refusals) * NOISE.body_covariance(motion, DURATION_S)
    kalman = ExtendedKalmanFilter(dim_x=5, dim_z=3)
    kalman.x, kalman.P, kalman.F = belief.state, belief.covariance, slopes(belief.state, increment)
    kalman.Q = np.zeros((5, 5))
    kalman.Q[:3, :3] = turn @ noise @ turn.T
    kalman.Q[3:, 3:] = (1.0 - SCALES.kept(DURATION_S) ** 2) * SCALES.covariance()
    kalman.predict()
    assert found.state == pytest.approx(moved(belief.state, increment), abs=1e-12)
    assert found.covariance == pytest.approx(kalman.P, rel=1e-6, abs=1e-9)
    assert found.shared == pytest.approx(kalman.F @ belief.shared, abs=1e-9)
    assert found.refusals == belief.refusals


@pytest.mark.parametrize("seed", range(8))
def test_a_correction_is_filterpys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # What fixes share is no part of filterpy's filter: this is the first of them.
    belief = replace(random_belief(rng), shared=np.zeros((5, 3)))
    root = rng.normal(size=(3, 3)) * [0.05, 0.05, 0.02]
    offset = rng.normal(size=3) * [0.05, 0.05, 0.02]
    mean = Pose2.from_array(belief.state[:3] + offset)
    measurement = GaussianPose2(mean, root.T @ root + 1e-6 * np.eye(3))
    found, fusion = FilterStep(NOISE, SCALES, SHARED, 1e6).update(belief, measurement)
    assert fusion.accepted

    kalman = ExtendedKalmanFilter(dim_x=5, dim_z=3)
    kalman.x, kalman.P = belief.state.copy(), belief.covariance
    kalman.update(
        mean.to_array(),
        HJacobian=lambda state: np.eye(3, 5),
        Hx=lambda state: state[:3],
        R=measurement.covariance,
        residual=lambda a, b: np.array([*(a - b)[:2], wrap_angle((a - b)[2])]),
    )
    expected = kalman.x.copy()
    expected[2] = wrap_angle(expected[2])
    assert found.state == pytest.approx(expected, abs=1e-10)
    assert found.total_covariance() == pytest.approx(kalman.P, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("variances", [(1e-8, 1e-8, 1e-8), (1e-4, 0.01, 1e-3), (1e-8, 1e-4, 1e5)])
@pytest.mark.parametrize("seed", range(4))
def test_whitening_is_the_inverse_also_of_what_is_hardly_known(
    variances: tuple[float, float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    covariance = (turn * variances) @ turn.T
    covariance = 0.5 * (covariance + covariance.T)
    whitening = _whitening(covariance)
    assert np.triu(whitening, 1) == pytest.approx(0.0)
    assert whitening @ covariance @ whitening.T == pytest.approx(np.eye(3), abs=1e-3)


@pytest.mark.parametrize(
    "covariance", [np.zeros((3, 3)), np.diag([1.0, 1.0, 0.0]), np.diag([1.0, -1.0, 1.0])]
)
def test_certainties_are_not_divided_by(covariance: np.ndarray) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        _whitening(covariance)
