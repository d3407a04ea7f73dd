# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every Jacobian of the filter in space, against differences; its noise is the plane's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numerical_derivatives import numerical_jacobian
from numpy.typing import NDArray
from space_helpers import LEANING, random_gaussian

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, scaled_motion
from local_inn_ros.filtering.planar_space import PlanarSpace
from local_inn_ros.filtering.spatial_space import SpatialSpace
from local_inn_ros.geometry import GaussianPose3, Pose2, Pose3, Twist3

NOISE = MotionNoise(0.05, 0.03, 0.04, 0.06, 0.02, 0.01, 0.005)
SPACE = SpatialSpace(NOISE)
PLANE = np.ix_([0, 1, 5], [0, 1, 5])


def random_motion(seed: int, way_m: float = 0.3, turn_rad: float = 0.4) -> Pose3:
    rng = np.random.default_rng(seed)
    sizes = np.repeat([way_m, turn_rad], 3)
    return Twist3.from_array(sizes * rng.normal(size=6)).to_pose()


def offset_between(origin: Pose3, pose: Pose3) -> NDArray[np.float64]:
    return Twist3.reaching(origin.between(pose)).to_array()


@pytest.mark.parametrize("seed", range(8))
def test_the_motions_derivative_is_that_of_the_motion(seed: int) -> None:
    increment = random_motion(seed)
    scales = (0.1, -0.05)
    moved, jacobian, _ = SPACE.moved(LEANING, scales, increment, 0.1)

    def after(errors: NDArray[np.float64]) -> NDArray[np.float64]:
        before = SPACE.shifted(LEANING, errors[:6])
        wrong = (scales[0] + errors[6], scales[1] + errors[7])
        return offset_between(moved, SPACE.moved(before, wrong, increment, 0.1)[0])

    assert jacobian == pytest.approx(numerical_jacobian(after, np.zeros(8)), abs=1e-8)


@pytest.mark.parametrize("seed", range(8))
def test_a_measured_poses_covariance_is_seen_from_what_is_believed(seed: int) -> None:
    measured = random_gaussian(LEANING @ random_motion(seed), seed)
    offset, covariance = SPACE.seen(LEANING, measured)
    assert SPACE.shifted(LEANING, offset).distance_to(measured.mean) < 1e-12
    jacobian = numerical_jacobian(
        lambda xi: offset_between(LEANING, SPACE.shifted(measured.mean, xi)), np.zeros(6)
    )
    assert covariance == pytest.approx(jacobian @ measured.covariance @ jacobian.T, abs=1e-11)


@pytest.mark.parametrize("seed", range(8))
def test_an_error_is_seen_from_where_a_correction_led(seed: int) -> None:
    step = offset_between(Pose3.identity(), random_motion(seed))
    corrected = SPACE.shifted(LEANING, step)
    jacobian = numerical_jacobian(
        lambda more: offset_between(corrected, SPACE.shifted(LEANING, step + more)), np.zeros(6)
    )
    assert SPACE.from_shifted(step) == pytest.approx(jacobian, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_root_is_one_and_belongs_to_the_axes_of_the_map(seed: int) -> None:
    covariance = random_gaussian(LEANING, seed).covariance
    root = SPACE.root(LEANING, covariance)
    assert root @ root.T == pytest.approx(covariance, abs=1e-12)
    # A robot that turns on the spot, with a sensor whose errors are those of the map.
    turned = LEANING @ Pose3.from_roll_pitch_yaw(np.zeros(3), 0.2, -0.4, 1.0)
    into = np.kron(np.eye(2), turned.rotation.T @ LEANING.rotation)
    assert SPACE.root(turned, into @ covariance @ into.T) == pytest.approx(into @ root, abs=1e-9)


def test_whitening_is_the_inverse_of_the_covariance() -> None:
    covariance = random_gaussian(LEANING, 3).covariance
    whitening = SPACE.whitening(covariance)
    assert whitening @ covariance @ whitening.T == pytest.approx(np.eye(6), abs=1e-8)
    with pytest.raises(np.linalg.LinAlgError):
        SPACE.whitening(np.diag([1.0, 1.0, 1.0, 1.0, 1.0, 0.0]))


@pytest.mark.parametrize("scales", [(0.0, 0.0), (0.2, -0.3)])
@pytest.mark.parametrize(
    "increment", [Pose2(0.3, 0.05, 0.4), Pose2(-0.2, 0.0, 0.0), Pose2(0.0, 0.0, -1.0)]
)
def test_planar_motion_is_that_of_the_plane(increment: Pose2, scales: tuple[float, float]) -> None:
    pose = Pose2(1.0, -2.0, 0.7)
    plane = PlanarSpace(NOISE)
    moved, jacobian, noise = plane.moved(pose, scales, increment, 0.1)
    found, in_space, about = SPACE.moved(
        Pose3.from_pose2(pose), scales, Pose3.from_pose2(increment), 0.1
    )
    assert found.to_pose2().to_array() == pytest.approx(moved.to_array(), abs=1e-12)
    assert moved == pose @ scaled_motion(increment, scales)
    # From the axes of the body into those of the map.
    into_map = np.kron(np.eye(2), found.rotation)
    assert (into_map @ about @ into_map.T)[PLANE] == pytest.approx(noise, abs=1e-12)
    from_map = np.eye(8)
    from_map[:6, :6] = np.kron(np.eye(2), Pose3.from_pose2(pose).rotation.T)
    both = (into_map @ in_space @ from_map)[np.ix_([0, 1, 5], [0, 1, 5, 6, 7])]
    assert both == pytest.approx(jacobian, abs=1e-12)


def test_numbers_beyond_all_measure_are_not_computed_with() -> None:
    assert SPACE.is_usable(LEANING)
    assert not SPACE.is_usable(Pose3(np.eye(3), [0.0, 1e300, 0.0]))
    assert not SPACE.is_usable(Pose3.from_rigid_motion(np.eye(3), np.array([0.0, math.nan, 0.0])))


def test_a_fix_in_space_knows_what_it_saw() -> None:
    level = GaussianPose3.from_deviations(LEANING, [0.1, 0.1, 1e3, 0.01, 0.01, 0.01])
    fix = Measurement(level, 0.0, "camera")
    assert fix.observed_count() == len(fix.observed_directions()) == 5
    assert fix.observed_directions()[:, 2] == pytest.approx(0.0)
