# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well a single scan can tell a pose at best: the Cramer-Rao bound.

Censi, On achievable accuracy for range-finder localization (ICRA 2007): a beam of length r that
meets a surface at an angle beta from its normal n changes by -n / cos(beta) per metre of the
sensor's way, and by r tan(beta) per radian of its turn. With independent noise of one deviation,
the squares of these derivatives add up to the Fisher information on the pose, and no unbiased
estimate from that scan alone has a smaller covariance than its inverse.

The surfaces are the faces of the map's occupied cells, which are what the ray caster meets: the
bound is that of the simulated world, stairs of slanted walls included. It is local: the jumps of a
beam from one edge to another tell nothing in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import wrap_angles
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.world import OccupancyGrid, RayCaster

# Single precision leaves ranges this far off a face, in cells; nearer than that to two faces at
# once, a beam has met a corner.
_CORNER_CELLS = 1e-3
# Relative to the largest eigenvalue; what is below it is rounding.
_NO_INFORMATION = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PoseBounds:
    """The least deviations that an unbiased estimate from one scan can have.

    Attributes:
        position_m: (n,) root of the sum of the variances of x and y; inf where the scan leaves a
            direction open.
        yaw_rad: (n,) of the heading; inf as well there.
    """

    position_m: NDArray[np.float64]
    yaw_rad: NDArray[np.float64]


def range_jacobians(
    grid: OccupancyGrid, poses: ArrayLike, angles_rad: ArrayLike, ranges_m: ArrayLike
) -> NDArray[np.float64]:
    """Differentiate what a ray caster measures by the pose that it measures from.

    Args:
        grid: the map.
        poses: (n, 3) sensor poses (x, y, yaw) in the map frame.
        angles_rad: (b,) beam angles in the sensor frame.
        ranges_m: (n, b) what ``RayCaster.cast`` says of them.

    Returns:
        (n, b, 3) derivatives of each range by x, y (m per m, along the map's axes) and yaw (m per
        rad); 0 where the range is not finite, or 0.
    """
    sensors = np.asarray(poses, dtype=np.float64)
    ranges = np.asarray(ranges_m, dtype=np.float64)
    seen = np.isfinite(ranges) & (ranges > 0.0)
    ranges = np.where(seen, ranges, 0.0)
    course = sensors[:, 2:] + np.asarray(angles_rad, dtype=np.float64)
    beams = np.stack([np.cos(course), np.sin(course)], axis=-1)
    ends = sensors[:, None, :2] + ranges[..., None] * beams
    normals = _face_normals(grid, ends, wrap_angles(course - grid.origin.yaw))
    across = np.sum(normals * beams, axis=-1)
    across = np.where(seen, across, 1.0)
    aside = np.stack([-beams[..., 1], beams[..., 0]], axis=-1)
    # The end stays on the face: n . (dp + dr beam + r dyaw aside) = 0.
    turn = -ranges * np.sum(normals * aside, axis=-1) / across
    jacobians = np.concatenate([-normals / across[..., None], turn[..., None]], axis=-1)
    return np.where(seen[..., None], jacobians, 0.0)


def fisher_information(
    caster: RayCaster, poses: ArrayLike, sensor: SensorSpec
) -> NDArray[np.float64]:
    """Return the information (n, 3, 3) on (x, y, yaw) in one scan with all its beams.

    Args:
        caster: the map.
        poses: (n, 3) sensor poses in the map frame.
        sensor: beams, range limits and noise; a beam out of its limits tells nothing.
    """
    angles = sensor.beam_angles_rad()
    ranges = caster.cast(poses, angles, sensor.range_max_m)
    valid = (ranges >= sensor.range_min_m) & (ranges < sensor.range_max_m)
    jacobians = range_jacobians(caster.grid, poses, angles, np.where(valid, ranges, np.inf))
    information: NDArray[np.float64] = np.swapaxes(jacobians, 1, 2) @ jacobians
    return information / sensor.noise_std_m**2


def pose_bounds(information: NDArray[np.float64]) -> PoseBounds:
    """Return the bounds that information (n, 3, 3) on (x, y, yaw) sets."""
    eigenvalues = np.linalg.eigvalsh(information)
    known = eigenvalues[:, 0] > _NO_INFORMATION * eigenvalues[:, 2]
    covariances = np.linalg.inv(np.where(known[:, None, None], information, np.eye(3)))
    position = np.sqrt(covariances[:, 0, 0] + covariances[:, 1, 1])
    yaw = np.sqrt(covariances[:, 2, 2])
    return PoseBounds(np.where(known, position, np.inf), np.where(known, yaw, np.inf))


def _face_normals(
    grid: OccupancyGrid, ends: NDArray[np.float64], courses_rad: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the normals (n, b, 2), in the map frame and of either sign, of the faces met.

    Args:
        grid: the map.
        ends: (n, b, 2) where the beams end, in the map frame.
        courses_rad: (n, b) which way they go in the grid's axes.
    """
    cosine, sine = np.cos(grid.origin.yaw), np.sin(grid.origin.yaw)
    axes = np.array([[cosine, sine], [-sine, cosine]])
    cells = (ends - [grid.origin.x, grid.origin.y]) @ axes.T / grid.resolution_m
    off = np.abs(cells - np.round(cells))
    first = off[..., 0] < off[..., 1]
    # At a corner, the face that is met more squarely: it never claims too much.
    corner = np.max(off, axis=-1) < _CORNER_CELLS
    squarely = np.abs(np.cos(courses_rad)) > np.abs(np.sin(courses_rad))
    along_first = np.where(corner, squarely, first)
    normals: NDArray[np.float64] = np.where(along_first[..., None], axes[0], axes[1])
    return normals
