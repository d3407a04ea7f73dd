# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Algebra in plain numbers, against numpy's, and the same compiled."""

from __future__ import annotations

import math

import numpy as np
import pytest

from local_inn_ros.geometry import Pose2, angles, compiled, small_matrices, turning
from local_inn_ros.geometry.small_matrices import (
    diagonalized,
    eliminated,
    inverse,
    squared_length,
    whitening,
)
from local_inn_ros.geometry.turning import swung, turned_by

SEEDS = range(10)
UPPER = np.triu_indices(3)
LOWER = np.tril_indices(3)


def definite(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3)) * rng.uniform(0.1, 10.0, 3)
    return root.T @ root + 0.01 * np.eye(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_elimination_takes_a_matrix_apart(seed: int) -> None:
    matrix = definite(seed)
    first, second, third, low_1, low_2, low_21 = eliminated(*matrix[UPPER].tolist())
    lower = np.array([[1.0, 0.0, 0.0], [low_1, 1.0, 0.0], [low_2, low_21, 1.0]])
    assert lower @ np.diag([first, second, third]) @ lower.T == pytest.approx(matrix, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_elimination_is_for_is_as_by_numpy(seed: int) -> None:
    matrix, vector = definite(seed), np.random.default_rng(seed).normal(size=3)
    parts, inverted = eliminated(*matrix[UPPER].tolist()), np.linalg.inv(matrix)
    assert squared_length(*parts, *vector.tolist()) == pytest.approx(vector @ inverted @ vector)
    assert inverse(*parts) == pytest.approx(inverted[UPPER], rel=1e-9)
    white = np.linalg.inv(np.linalg.cholesky(matrix))
    assert whitening(*parts) == pytest.approx(white[LOWER], rel=1e-9)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_eigenvectors_make_the_matrix_and_stand_upright_on_each_other(seed: int, rank: int) -> None:
    root = np.random.default_rng(seed).normal(size=(3, rank))
    matrix = root @ root.T
    values, *vectors = diagonalized(*matrix[UPPER].tolist())
    axes = np.column_stack(vectors)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-14)
    assert axes @ np.diag(values) @ axes.T == pytest.approx(matrix, abs=1e-13)


def test_the_smallest_eigenvalue_keeps_its_digits() -> None:
    # Scaled so, a covariance in metres and radians is known to as many digits as it is told with.
    scale, unit = np.array([1e-6, 1.0, 1e6]), definite(3)
    matrix = unit * np.outer(scale, scale)
    found, _, _, _ = diagonalized(*matrix[UPPER].tolist())
    determinant = np.linalg.det(unit) * np.prod(scale) ** 2
    assert math.prod(found) == pytest.approx(determinant, rel=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.4, -2.5])
def test_a_vector_is_turned_the_same_alone_and_among_others(angle: float) -> None:
    x, y = np.array([0.3, -1.0]), np.array([2.0, 0.5])
    expected = np.exp(1j * angle) * (x + 1j * y)
    many = turned_by(np.cos([angle, angle]), np.sin([angle, angle]), x, y)
    assert np.array(many) == pytest.approx(np.array([expected.real, expected.imag]))
    one = turned_by(math.cos(angle), math.sin(angle), 0.3, 2.0)
    assert one == pytest.approx((expected[0].real, expected[0].imag))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_off_a_body_swings_with_it(seed: int) -> None:
    covariance, rng = definite(seed), np.random.default_rng(seed)
    body, place = (Pose2.from_array(rng.normal(size=3)) for _ in range(2))
    step, columns = 1e-6, []
    for axis in np.eye(3):
        ends = [Pose2.from_array(body.to_array() + sign * step * axis) for sign in (1.0, -1.0)]
        ahead, behind = ((end @ place).to_array() for end in ends)
        columns.append((ahead - behind) / (2.0 * step))
    jacobian = np.column_stack(columns)
    x, y = turned_by(math.cos(body.yaw), math.sin(body.yaw), place.x, place.y)
    found = swung(*covariance[UPPER].tolist(), x, y)
    expected = jacobian @ covariance @ jacobian.T
    assert found == pytest.approx(expected[UPPER], rel=1e-6, abs=1e-6 * expected.max())


@pytest.mark.parametrize("seed", SEEDS)
def test_compiled_it_says_the_same(seed: int) -> None:
    six = definite(seed)[UPPER].tolist()
    assert compiled.eliminated(*six) == pytest.approx(small_matrices.eliminated(*six), rel=1e-14)
    parts = small_matrices.eliminated(*six)
    assert compiled.inverse(*parts) == pytest.approx(small_matrices.inverse(*parts), rel=1e-13)
    found, expected = compiled.diagonalized(*six), small_matrices.diagonalized(*six)
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-12, abs=1e-13)
    assert compiled.swung(*six, 0.3, 0.2) == pytest.approx(turning.swung(*six, 0.3, 0.2), rel=1e-13)
    for angle in (0.0, math.pi, -math.pi, 20.0 * seed - 100.0, -math.pi - 1e-16):
        assert compiled.wrap_angle(angle) == angles.wrap_angle(angle)
