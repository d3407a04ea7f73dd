# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well a pose can be told at best from a whole drive, odometry included.

The posterior Cramer-Rao bound (Tichavsky, Muravchik and Nehorai, Posterior Cramer-Rao bounds for
discrete-time nonlinear filtering, 1998): the covariance of a Kalman filter that is linearized at
the true poses, whose odometry errs as the filter's motion model has it, and whose scans tell what
their surfaces allow (``cramer_rao.fisher_information``). Which way these face is asked of the
world that is driven in, by beams beside each beam: no map of cells has a part in it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.cramer_rao import fisher_information, range_jacobians
from local_inn_ros.benchmarking.surface_normals import beam_directions
from local_inn_ros.filtering.motion_model import (
    MotionNoise,
    ScaleNoise,
    in_map_axes,
    motion_jacobian,
)
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.simulation.sensors import Caster
from local_inn_ros.world import LikelihoodField

# Two beams this far to both sides of one meet the same surface, or there is an edge between them.
_BESIDE_RAD = 1e-4
# Of the distance of their ends; at an edge it is far more.
_LARGEST_TANGENT = 50.0
_AT_A_TIME = 100


def scan_information(
    caster: Caster, poses: NDArray[np.float64], sensor: LaserSpec
) -> NDArray[np.float64]:
    """Return the information (n, 3, 3) on (x, y, yaw) of scans at sensor poses (n, 3).

    A beam at an edge tells nothing: which side it meets is no smooth function of the pose.
    """
    told = []
    for part in _some_at_a_time(poses):
        ranges, normals = surfaces_met(caster, part, sensor)
        told.append(fisher_information(part, sensor, ranges, normals))
    return np.concatenate(told)


def mapped_information(
    caster: Caster, poses: NDArray[np.float64], sensor: LaserSpec, field: LikelihoodField
) -> NDArray[np.float64]:
    """Return the same (n, 3, 3) for whom each cell of the map has its wall off by some error.

    The error is one number for all beams of a scan that end in a cell, across the wall there, and
    another one in the next cell; its deviation is that of the map's field at the true walls. From
    scan to scan it is taken for independent, though the same cells are seen again: where a robot is
    slow, the true figure is larger.

    Args:
        caster: the world.
        poses: (n, 3) of the sensor.
        sensor: beams and noise.
        field: of the map that the estimator knows.
    """
    angles, noise = sensor.beam_angles_rad(), sensor.noise_std_m**2
    seen: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]] = []
    off: list[NDArray[np.float64]] = []
    for part in _some_at_a_time(poses):
        ranges, normals = surfaces_met(caster, part, sensor)
        jacobians = range_jacobians(part, angles, ranges, normals)
        beams = beam_directions(part, angles)
        slants = 1.0 / np.sum(normals * beams, axis=-1)
        for k, pose in enumerate(part):
            met = np.isfinite(ranges[k])
            ends = pose[:2] + ranges[k, met, None] * beams[k, met]
            off.append(field.evaluate(ends).distances_m)
            _, cells = np.unique(field.grid.world_to_cell(ends), axis=0, return_inverse=True)
            seen.append((jacobians[k, met], slants[k, met], cells.reshape(-1)))
    variance = float(np.var(np.concatenate(off)))
    return np.array([_with_shared_errors(*one, noise, variance) for one in seen])


def _with_shared_errors(
    jacobians: NDArray[np.float64],
    slants: NDArray[np.float64],
    cells: NDArray[np.intp],
    noise: float,
    variance: float,
) -> NDArray[np.float64]:
    """Return information (3, 3) of beams (k) whose ranges share an error within each cell.

    The covariance of those of one cell is noise I + variance s s', s their slants, whose inverse
    is known (Sherman and Morrison).
    """
    count = int(cells.max(initial=-1)) + 1
    by_cell: NDArray[np.float64] = np.zeros((count, 3))
    np.add.at(by_cell, cells, jacobians * slants[:, None])
    squares = np.bincount(cells, slants * slants, count)
    lost = variance / (noise * (noise + variance * squares))
    information: NDArray[np.float64] = jacobians.T @ jacobians / noise
    information -= (by_cell.T * lost) @ by_cell
    return information


def surfaces_met(
    caster: Caster, poses: NDArray[np.float64], sensor: LaserSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ranges (n, b) of the beams and the normals (n, b, 2) of what they meet.

    Ranges are inf where nothing is met, or an edge.
    """
    angles = sensor.beam_angles_rad()
    ranges, left, right = (
        caster.cast(poses, angles + aside, sensor.range_max_m).astype(np.float64)
        for aside in (0.0, _BESIDE_RAD, -_BESIDE_RAD)
    )
    met = np.isfinite(ranges + left + right)
    turn = (np.where(met, left, 0.0) - np.where(met, right, 0.0)) / (2.0 * _BESIDE_RAD)
    smooth = met & (np.abs(turn) < _LARGEST_TANGENT * ranges)
    ranges = np.where(smooth, ranges, np.inf)
    # A surface that meets a beam of range r with dr/dangle = turn has the normal
    # r u - turn a, u being the beam and a its left.
    along = beam_directions(poses, angles)
    aside_of = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    seen = np.isfinite(ranges)[..., None]
    normals = np.where(
        seen,
        np.where(seen, ranges[..., None], 1.0) * along
        - np.where(seen, turn[..., None], 0.0) * aside_of,
        along,
    )
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return ranges, normals


def _some_at_a_time(poses: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return poses (n, 3) in parts whose beams fit into memory."""
    return np.array_split(poses, max(1, math.ceil(len(poses) / _AT_A_TIME)))


def sequence_bound(
    stamps_s: NDArray[np.float64],
    poses: NDArray[np.float64],
    information: NDArray[np.float64],
    start: NDArray[np.float64],
    noise: MotionNoise | None = None,
    scales: ScaleNoise | None = None,
) -> NDArray[np.float64]:
    """Return the least covariances (n, 3, 3) after each scan, in the axes of the body.

    Args:
        stamps_s: (n,) of the scans.
        poses: (n, 3) true poses of the base then, the laser on its origin.
        information: (n, 3, 3) of each scan (``scan_information``).
        start: (3, 3) covariance of the pose that the drive begins with, in the axes of the map.
        noise: of the odometry; the filter's default where left out.
        scales: of the odometry; the filter's default where left out.
    """
    noise, scales = noise or MotionNoise(), scales or ScaleNoise()
    settled = scales.covariance()
    covariance: NDArray[np.float64] = np.zeros((5, 5))
    covariance[:3, :3], covariance[3:, 3:] = start, settled
    bounds: NDArray[np.float64] = np.empty((len(poses), 3, 3))
    for k, pose in enumerate(map(Pose2.from_array, poses)):
        if k:
            before = Pose2.from_array(poses[k - 1])
            duration_s = float(stamps_s[k] - stamps_s[k - 1])
            way, kept = before.between(pose), scales.kept(duration_s)
            transition = kept * np.eye(5)
            transition[:3] = motion_jacobian(before, way, (0.0, 0.0))
            covariance = transition @ covariance @ transition.T
            covariance[:3, :3] += noise.map_covariance(way, duration_s, before.yaw + 0.5 * way.yaw)
            covariance[3:, 3:] += (1.0 - kept**2) * settled
        told = np.zeros((5, 5))
        told[:3, :3] = information[k]
        covariance = np.asarray(np.linalg.inv(np.linalg.inv(covariance) + told), dtype=np.float64)
        bounds[k] = in_map_axes(covariance[:3, :3], -pose.yaw)
    return bounds
