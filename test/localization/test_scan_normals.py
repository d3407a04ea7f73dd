# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which way the surfaces of a scan face."""

from __future__ import annotations

import math

import numpy as np
import pytest

from local_inn_ros.localization.alignment.refiner import at_most
from local_inn_ros.localization.alignment.scan_normals import scan_normals

NOISE_M = 0.01


def wall(bearing_rad: float, rng: np.random.Generator, half: float = 0.5) -> np.ndarray:
    """End points on a straight wall 2 m away, whose normal has this bearing."""
    angles = bearing_rad + np.arange(-half, half, math.radians(0.25))
    ranges = 2.0 / np.cos(angles - bearing_rad) + rng.normal(0.0, NOISE_M, len(angles))
    return np.column_stack([ranges * np.cos(angles), ranges * np.sin(angles)])


@pytest.mark.parametrize("bearing_rad", [0.0, 0.05, 0.4, 1.6, -2.9])
def test_the_error_of_a_normal_is_as_large_as_told(bearing_rad: float) -> None:
    rng = np.random.default_rng(1)
    found = np.concatenate([scan_normals(wall(bearing_rad, rng), NOISE_M, 4) for _ in range(20)])
    off = found[:, 1] * math.cos(bearing_rad) - found[:, 0] * math.sin(bearing_rad)
    squared = off**2 / found[:, 2]
    assert (found[:, 2] > 0.0).mean() > 0.99
    assert 0.7 < squared.mean() < 1.3


def test_every_so_manieth_point_has_a_normal_from_all() -> None:
    points = wall(0.3, np.random.default_rng(2))
    every, some = scan_normals(points, NOISE_M, 1), scan_normals(points, NOISE_M, 5)
    assert some == pytest.approx(every[::5])


def test_each_side_of_a_corner_has_its_own_normal() -> None:
    side = np.arange(-1.0, 0.0, 0.02)
    points = np.concatenate(
        [np.column_stack([side, np.full(50, 1.0)]), np.column_stack([np.zeros(50), -side])]
    )
    found = scan_normals(points, NOISE_M, 1)
    assert np.abs(found[:45, 1]) == pytest.approx(1.0, abs=0.005)
    assert np.abs(found[55:, 0]) == pytest.approx(1.0, abs=0.005)


def test_what_is_of_no_one_surface_has_none() -> None:
    rng = np.random.default_rng(3)
    leaves = rng.uniform([3.0, -1.0], [5.0, 1.0], (200, 2))
    assert (scan_normals(leaves, NOISE_M, 1)[:, 2] > 0.0).mean() < 0.1
    assert (scan_normals(leaves[:3], NOISE_M, 1) == 0.0).all()


def test_nobody_knows_more_than_the_surfaces_tell() -> None:
    along = np.array([math.cos(0.3), math.sin(0.3), 0.0])
    aside = np.array([-math.sin(0.3), math.cos(0.3), 0.0])
    claimed = 1e6 * np.outer(along, along) + 50.0 * np.outer(aside, aside)
    most = 4.0 * np.outer(along, along) + 900.0 * np.outer(aside, aside)
    bounded = at_most(claimed, most)
    assert along @ bounded @ along == pytest.approx(4.0)
    assert aside @ bounded @ aside == pytest.approx(50.0)
    assert at_most(claimed, None) is claimed
