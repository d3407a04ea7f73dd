# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well a single scan can tell a pose at best: the Cramer-Rao bound.

Censi, On achievable accuracy for range-finder localization (ICRA 2007): a beam of length r that
meets a surface at an angle beta from its normal n changes by -n / cos(beta) per metre of the
sensor's way, and by r tan(beta) per radian of its turn. With independent noise of one deviation,
the squares of these derivatives add up to the Fisher information on the pose, and no unbiased
estimate from that scan alone has a smaller covariance than its inverse.

The paper's surfaces are smooth; a map of cells is not, and which normal is taken decides the
figure. With the slope of the walls (``wall_normals``) it is the paper's bound, for the building
that the map stands for. With the faces of the cells (``face_normals``) it is that of the simulated
world, whose beams do meet stairs: about half as large on slanted walls, and only an estimator
that knows each stair could come near it. The slope's figure is therefore what a sensor on real
walls allows, but no strict limit in the simulation. Both are local: the jumps of a beam from one
edge to another tell nothing in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.benchmarking.surface_normals import beam_directions
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.world import RayCaster

# Relative to the largest eigenvalue; what is below it is rounding.
_NO_INFORMATION = 1e-12
# A range that is off by more deviations of its noise was not measured on what the map shows.
_UNMAPPED_DEVIATIONS = 5.0


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


def mapped_ranges(
    caster: RayCaster, poses: ArrayLike, sensor: LaserSpec, measured_m: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return what the beams of a sensor see of the map, noise apart.

    Args:
        caster: the map.
        poses: (n, 3) sensor poses in the map frame.
        sensor: beams, range limits and noise.
        measured_m: (n, b) what was measured there, to leave out what unmapped things stopped.

    Returns:
        (n, b) ranges of all beams; inf where they tell nothing of the pose.
    """
    ranges = caster.cast(poses, sensor.beam_angles_rad(), sensor.range_max_m).astype(np.float64)
    seen = (ranges >= sensor.range_min_m) & (ranges < sensor.range_max_m)
    ranges = np.where(seen, ranges, np.inf)
    if measured_m is not None:
        measured = np.asarray(measured_m, dtype=np.float64)
        both = seen & np.isfinite(measured)
        off = np.abs(np.where(both, measured, 0.0) - np.where(both, ranges, 0.0))
        ranges[~both | (off > _UNMAPPED_DEVIATIONS * sensor.noise_std_m)] = np.inf
    return ranges


def range_jacobians(
    poses: ArrayLike, angles_rad: ArrayLike, ranges_m: ArrayLike, normals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Differentiate ranges by the pose that they are measured from.

    Args:
        poses: (n, 3) sensor poses (x, y, yaw) in the map frame.
        angles_rad: (b,) beam angles in the sensor frame.
        ranges_m: (n, b) ranges to the surfaces.
        normals: (n, b, 2) of the surfaces met, in the map frame, of either sign.

    Returns:
        (n, b, 3) derivatives of each range by x, y (m per m, along the map's axes) and yaw (m per
        rad); 0 where the range is not finite, or 0.
    """
    ranges = np.asarray(ranges_m, dtype=np.float64)
    seen = np.isfinite(ranges) & (ranges > 0.0)
    ranges = np.where(seen, ranges, 0.0)
    beams = beam_directions(poses, angles_rad)
    across = np.sum(normals * beams, axis=-1)
    across = np.where(seen, across, 1.0)
    aside = np.stack([-beams[..., 1], beams[..., 0]], axis=-1)
    # The end stays on the surface: n . (dp + dr beam + r dyaw aside) = 0.
    turn = -ranges * np.sum(normals * aside, axis=-1) / across
    jacobians = np.concatenate([-normals / across[..., None], turn[..., None]], axis=-1)
    return np.where(seen[..., None], jacobians, 0.0)


def fisher_information(
    poses: ArrayLike, sensor: LaserSpec, ranges_m: ArrayLike, normals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the information (n, 3, 3) on (x, y, yaw) in one scan with all its beams.

    Args:
        poses: (n, 3) sensor poses in the map frame.
        sensor: beams and noise.
        ranges_m: (n, b) as ``mapped_ranges`` has them; inf tells nothing.
        normals: (n, b, 2) of the surfaces met.
    """
    jacobians = range_jacobians(poses, sensor.beam_angles_rad(), ranges_m, normals)
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
