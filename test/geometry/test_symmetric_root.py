# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.geometry.symmetric_root import symmetric_root


def turned(variances: list[float], seed: int) -> np.ndarray:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    covariance = (turn * variances) @ turn.T
    symmetric: np.ndarray = 0.5 * (covariance + covariance.T)
    return symmetric


@given(st.lists(st.floats(1e-8, 1e6), min_size=3, max_size=3), st.integers(0, 10_000))
def test_its_square_is_the_covariance(variances: list[float], seed: int) -> None:
    covariance = turned(variances, seed)
    root = symmetric_root(covariance)
    assert root == pytest.approx(root.T, abs=1e-14 * max(variances) ** 0.5)
    assert root @ root == pytest.approx(covariance, abs=1e-14 * max(variances))
    # Of all roots it is the one without negative eigenvalues.
    assert np.linalg.eigvalsh(root)[0] > -1e-12 * max(variances) ** 0.5


@given(st.integers(0, 10_000))
def test_it_turns_as_the_covariance_turns(seed: int) -> None:
    covariance = turned([4e-4, 1e-4, 1e-5], seed)
    turn, _ = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(3, 3)))
    expected = turn @ symmetric_root(covariance) @ turn.T
    assert symmetric_root(turn @ covariance @ turn.T) == pytest.approx(expected, abs=1e-12)


def test_what_is_certain_stays_so() -> None:
    assert not symmetric_root(np.zeros((3, 3))).any()
    one = symmetric_root(np.diag([4.0, 0.0, 1e-300]))
    assert one == pytest.approx(np.diag([2.0, 0.0, 1e-150]), rel=1e-12)
    # In one direction only, across the axes.
    line = np.array([1.0, 2.0, -2.0])
    assert symmetric_root(np.outer(line, line)) == pytest.approx(np.outer(line, line) / 3.0)
    assert np.isfinite(symmetric_root(np.diag([1.0, 1.0, -1e-18]))).all()
