# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compiled algebra of matrices (3, 3), against numpy's."""

import numpy as np
import pytest

from local_inn_ros.geometry.compiled import (
    eigen_of_symmetric,
    inverse_of_definite,
    is_definite,
    moved,
    product,
    turned,
)

SEEDS = range(20)


def definite(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3)) * 10.0 ** rng.uniform(-3, 3, 3)
    return root.T @ root


@pytest.mark.parametrize("seed", SEEDS)
def test_a_definite_matrix_is_inverted(seed: int) -> None:
    matrix = definite(seed)
    scale = np.sqrt(np.diag(matrix))
    found = inverse_of_definite(matrix) * np.outer(scale, scale)
    expected = np.linalg.inv(matrix / np.outer(scale, scale))
    assert found == pytest.approx(expected, rel=1e-6)
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_definite_is_told_by_eigenvalues(seed: int) -> None:
    matrix = definite(seed)
    smallest = np.linalg.eigvalsh(matrix)[0]
    assert is_definite(matrix, 0.9 * smallest)
    assert not is_definite(matrix, 1.1 * smallest)
    assert not is_definite(np.full((3, 3), np.nan), 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_products_are_those_of_numpy(seed: int) -> None:
    first, second = np.random.default_rng(seed).normal(size=(2, 3, 3))
    assert product(first, second) == pytest.approx(first @ second)
    assert turned(first, second) == pytest.approx(second @ first @ second.T)
    assert moved(first, second[0]) == pytest.approx(first @ second[0])


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_symmetric_matrix_is_what_its_eigenvectors_make_of_it(seed: int, rank: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, rank)) * 10.0 ** rng.uniform(-3, 3, rank)
    matrix = root @ root.T - 0.5 * (seed % 2) * np.eye(3)
    values, vectors = eigen_of_symmetric(matrix)
    scale = max(np.abs(matrix).max(), 1e-30)
    assert vectors.T @ vectors == pytest.approx(np.eye(3), abs=1e-12)
    assert vectors * values @ vectors.T == pytest.approx(matrix, abs=1e-12 * scale)
    assert np.sort(values) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-12 * scale)
