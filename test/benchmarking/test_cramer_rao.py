# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from local_inn_ros.benchmarking.cramer_rao import (
    fisher_information,
    mapped_ranges,
    pose_bounds,
    range_jacobians,
)
from local_inn_ros.benchmarking.surface_normals import face_normals, wall_normals
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import FREE, OCCUPIED, FreeSpace, OccupancyGrid, RayCaster


def spec(beams: int, range_max_m: float = 30.0, noise_m: float = 0.01) -> LaserSpec:
    """A laser that sees all round, without a beam twice."""
    return LaserSpec(
        name="round",
        beam_count=beams,
        angle_min_rad=-math.pi + math.pi / beams,
        angle_max_rad=math.pi - math.pi / beams,
        range_min_m=0.05,
        range_max_m=range_max_m,
        noise_std_m=noise_m,
        rate_hz=40.0,
        network_beams=8,
    )


Normals = Callable[..., np.ndarray]


def information_at(
    caster: RayCaster,
    poses: ArrayLike,
    sensor: LaserSpec,
    normals: Normals = face_normals,
    measured_m: ArrayLike | None = None,
) -> np.ndarray:
    ranges = mapped_ranges(caster, poses, sensor, measured_m)
    met = normals(caster.grid, poses, sensor.beam_angles_rad(), ranges)
    return fisher_information(poses, sensor, ranges, met)


def square_room(half_m: float, origin_yaw_rad: float = 0.0) -> tuple[RayCaster, Pose2]:
    """A square room, and the pose of its middle in line with its walls."""
    cells = np.full((120, 120), OCCUPIED, dtype=np.int8)
    half = round(half_m / 0.05)
    cells[60 - half : 60 + half, 60 - half : 60 + half] = FREE
    origin = Pose2(1.0, -2.0, origin_yaw_rad)
    return RayCaster(OccupancyGrid(cells, 0.05, origin)), origin @ Pose2(3.0, 3.0, 0.0)


@pytest.mark.parametrize("origin_yaw_rad", [0.0, 0.7])
@pytest.mark.parametrize("half_m", [1.0, 2.5])
def test_in_the_middle_of_a_square_room_the_bound_is_known(
    half_m: float, origin_yaw_rad: float
) -> None:
    """From the integrals of sec^2 and of sec^2 tan^2 over the eighths of a turn."""
    caster, middle = square_room(half_m, origin_yaw_rad)
    sensor = spec(4000)
    information = information_at(caster, middle.to_array()[None], sensor)
    count, noise = sensor.beam_count, sensor.noise_std_m
    by_position = 2.0 * count / (math.pi * noise**2)
    by_yaw = 4.0 * count * half_m**2 / (3.0 * math.pi * noise**2)
    expected = np.diag([by_position, by_position, by_yaw])
    np.testing.assert_allclose(np.diag(information[0]), np.diag(expected), rtol=5e-3)
    np.testing.assert_allclose(information[0], expected, atol=5e-3 * by_position)
    bounds = pose_bounds(information)
    assert bounds.position_m[0] == pytest.approx(noise * math.sqrt(math.pi / count), rel=5e-3)
    assert bounds.yaw_rad[0] == pytest.approx(1.0 / math.sqrt(by_yaw), rel=5e-3)


def test_the_best_estimate_from_noisy_scans_spreads_as_the_bound_says() -> None:
    """Maximum likelihood over ranges that are computed here, off the middle and turned."""
    caster, middle = square_room(2.5)
    sensor = spec(180)
    local = np.array([0.8, -0.6, 0.4])
    pose = (middle @ Pose2.from_array(local)).to_array()
    angles = sensor.beam_angles_rad()

    def ranges(at: np.ndarray) -> np.ndarray:
        course = at[2] + angles
        along = np.stack([np.cos(course), np.sin(course)])
        to_wall = (np.sign(along) * 2.5 - at[:2, None]) / along
        return np.asarray(to_wall.min(axis=0))

    np.testing.assert_allclose(
        caster.cast(pose[None], angles, 30.0)[0], ranges(local), rtol=1e-5, atol=1e-5
    )
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        measured = ranges(local) + rng.normal(0.0, sensor.noise_std_m, angles.size)

        def residuals(at: np.ndarray, measured: np.ndarray = measured) -> np.ndarray:
            return ranges(at) - measured

        found.append(least_squares(residuals, local).x)
    covariance = np.cov(np.array(found).T)
    bound = np.linalg.inv(information_at(caster, pose[None], sensor)[0])
    # The deviation of a variance estimated from 400 draws is 7 %.
    np.testing.assert_allclose(np.diag(covariance), np.diag(bound), rtol=0.25)
    summed = pose_bounds(np.linalg.inv(bound)[None])
    assert math.sqrt(np.trace(covariance[:2, :2])) == pytest.approx(summed.position_m[0], rel=0.12)


def test_derivatives_are_those_of_the_ray_caster() -> None:
    """But for the few beams that cross an edge within the step."""
    grid = generate_race_track(np.random.default_rng(3)).grid
    caster = RayCaster(grid)
    poses = FreeSpace(grid, 0.3).sample(np.random.default_rng(0), 20)
    angles = np.linspace(-2.3, 2.3, 200)
    ranges = caster.cast(poses, angles, 30.0)
    exact = range_jacobians(poses, angles, ranges, face_normals(grid, poses, angles, ranges))
    step = 5e-4
    for axis in range(3):
        shift = np.eye(3)[axis] * step
        ahead, behind = (caster.cast(poses + k * shift, angles, 30.0) for k in (1.0, -1.0))
        difference = (ahead.astype(np.float64) - behind) / (2.0 * step)
        right = np.isclose(exact[..., axis], difference, rtol=0.02, atol=0.02)
        assert np.mean(right) > 0.95


def test_what_is_not_seen_tells_nothing() -> None:
    caster, middle = square_room(2.5)
    poses = middle.to_array()[None]
    blind = information_at(caster, poses, spec(180, range_max_m=2.0))
    np.testing.assert_array_equal(blind, 0.0)
    assert np.isinf(pose_bounds(blind).position_m[0])
    # A corridor: walls on two sides only, the others out of reach.
    cells = np.full((40, 1200), OCCUPIED, dtype=np.int8)
    cells[1:-1, 1:-1] = FREE
    corridor = RayCaster(OccupancyGrid(cells, 0.05, Pose2.identity()))
    information = information_at(corridor, [[30.0, 1.0, 0.3]], spec(180, range_max_m=10.0))
    assert information[0, 1, 1] > 0.0
    assert information[0, 0, 0] == pytest.approx(0.0, abs=1e-9 * information[0, 1, 1])
    bounds = pose_bounds(information)
    assert np.isinf(bounds.position_m[0])
    assert np.isinf(bounds.yaw_rad[0])


def test_more_noise_is_worse_in_proportion() -> None:
    caster, middle = square_room(1.0)
    at = (middle @ Pose2(0.3, 0.2, 0.1)).to_array()[None]
    fine, coarse = (
        pose_bounds(information_at(caster, at, spec(360, noise_m=noise))) for noise in (0.01, 0.03)
    )
    np.testing.assert_allclose(coarse.position_m, 3.0 * fine.position_m)
    np.testing.assert_allclose(coarse.yaw_rad, 3.0 * fine.yaw_rad)


def slanted_room(half_m: float, slant_rad: float) -> RayCaster:
    """A square room whose walls do not lie along the cells; its middle is the map's origin."""
    cell_m, count = 0.05, 200
    middles = (np.arange(count) + 0.5 - count / 2) * cell_m
    x, y = np.meshgrid(middles, middles)
    cosine, sine = math.cos(slant_rad), math.sin(slant_rad)
    ahead, aside = cosine * x + sine * y, cosine * y - sine * x
    inside = np.maximum(np.abs(ahead), np.abs(aside)) < half_m
    cells = np.where(inside, FREE, OCCUPIED).astype(np.int8)
    corner = Pose2(-count / 2 * cell_m, -count / 2 * cell_m, 0.0)
    return RayCaster(OccupancyGrid(cells, cell_m, corner))


@pytest.mark.parametrize("slant_rad", [0.0, 0.2, 0.45, 0.7])
def test_the_stairs_of_slanted_walls_are_levelled(slant_rad: float) -> None:
    """The bound is that of the room with straight walls, where faces claim to know more."""
    half_m, sensor = 3.0, spec(4000)
    caster, middle = slanted_room(half_m, slant_rad), np.array([[0.0, 0.0, 0.3]])
    walls = pose_bounds(information_at(caster, middle, sensor, wall_normals))
    faces = pose_bounds(information_at(caster, middle, sensor, face_normals))
    count, noise = sensor.beam_count, sensor.noise_std_m
    straight_m = noise * math.sqrt(math.pi / count)
    straight_rad = math.sqrt(3.0 * math.pi * noise**2 / (4.0 * count * half_m**2))
    assert walls.position_m[0] == pytest.approx(straight_m, rel=0.08)
    # Corners, which tell most of the heading, are rounded a little or taken for cells' faces.
    assert 0.7 * straight_rad < walls.yaw_rad[0] < 1.12 * straight_rad
    assert walls.yaw_rad[0] > faces.yaw_rad[0]
    assert faces.position_m[0] < (1.0 - 0.5 * slant_rad) * straight_m + 1e-6


def test_what_unmapped_things_stop_tells_nothing() -> None:
    caster, middle = square_room(2.5)
    sensor, poses = spec(360), middle.to_array()[None]
    ranges = mapped_ranges(caster, poses, sensor)
    noise = np.random.default_rng(0).normal(0.0, sensor.noise_std_m, ranges.shape)
    measured = ranges + noise
    np.testing.assert_array_equal(mapped_ranges(caster, poses, sensor, measured), ranges)
    measured[:, :120] *= 0.5
    measured[:, 120:180] = np.inf
    seen = mapped_ranges(caster, poses, sensor, measured)
    assert np.isinf(seen[:, :180]).all()
    np.testing.assert_array_equal(seen[:, 180:], ranges[:, 180:])
    free, blocked = (
        pose_bounds(information_at(caster, poses, sensor, measured_m=given))
        for given in (None, measured)
    )
    assert blocked.position_m[0] > 1.2 * free.position_m[0]
