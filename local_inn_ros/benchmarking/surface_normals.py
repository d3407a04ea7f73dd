# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which way the surfaces face that beams meet on a map of cells.

Two answers, since a slanted wall is a flight of stairs on such a map: the face of the stair that a
beam meets, and the slope of the wall that the stairs stand for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import wrap_angles
from local_inn_ros.world import OccupancyGrid
from local_inn_ros.world.surface_directions import surface_directions

# Single precision leaves ranges this far off a face, in cells; nearer than that to two faces at
# once, a beam has met a corner.
_CORNER_CELLS = 1e-3
# How much more of the nearby surfaces must face one way than across it to make a wall. Less, and
# the smoothing rounds corners, which tell much of the heading.
_LEAST_ANISOTROPY = 0.8
# Cosine of incidence. A slope that is told from cells is a hundredth or two of a radian off; a
# beam that grazes the wall more closely than that would seem to know any amount.
_LEAST_COSINE = 0.02


def beam_directions(poses: ArrayLike, angles_rad: ArrayLike) -> NDArray[np.float64]:
    """Return unit vectors (n, b, 2), in the map frame, along beams (b,) of sensors (n, 3)."""
    courses = np.asarray(poses, dtype=np.float64)[:, 2:] + np.asarray(angles_rad, dtype=np.float64)
    return np.stack([np.cos(courses), np.sin(courses)], axis=-1)


def face_normals(
    grid: OccupancyGrid, poses: ArrayLike, angles_rad: ArrayLike, ranges_m: ArrayLike
) -> NDArray[np.float64]:
    """Return the normals of the cells' faces that beams meet, stairs of slanted walls included.

    Args:
        grid: the map.
        poses: (n, 3) sensor poses (x, y, yaw) in the map frame.
        angles_rad: (b,) beam angles in the sensor frame.
        ranges_m: (n, b) what ``RayCaster.cast`` says of them.

    Returns:
        (n, b, 2) unit vectors in the map frame, of either sign; without a meaning where the range
        is not finite.
    """
    beams = beam_directions(poses, angles_rad)
    cosine, sine = np.cos(grid.origin.yaw), np.sin(grid.origin.yaw)
    axes = np.array([[cosine, sine], [-sine, cosine]])
    origin = [grid.origin.x, grid.origin.y]
    cells = (_ends(poses, beams, ranges_m) - origin) @ axes.T / grid.resolution_m
    off = np.abs(cells - np.round(cells))
    first = off[..., 0] < off[..., 1]
    # At a corner, the face that is met more squarely: it never claims too much.
    corner = np.max(off, axis=-1) < _CORNER_CELLS
    along = np.abs(beams @ axes.T)
    along_first = np.where(corner, along[..., 0] > along[..., 1], first)
    normals: NDArray[np.float64] = np.where(along_first[..., None], axes[0], axes[1])
    return normals


def wall_normals(
    grid: OccupancyGrid, poses: ArrayLike, angles_rad: ArrayLike, ranges_m: ArrayLike
) -> NDArray[np.float64]:
    """Return the normals of the walls that beams meet, their stairs levelled.

    The direction is the main one of ``surface_directions``. Where there is none (a corner, a pole),
    or a beam grazes the wall, it is that of the cell's face, which claims to know more where walls
    are slanted. Arguments and result are those of ``face_normals``.
    """
    beams = beam_directions(poses, angles_rad)
    ends = _ends(poses, beams, ranges_m).reshape(-1, 2)
    cells = np.clip(grid.world_to_cell(ends), 0, np.array(grid.cells.shape) - 1)
    tensor = surface_directions(grid)[cells[:, 0], cells[:, 1]].astype(np.float64)
    xx, xy, yy = tensor.reshape(*beams.shape[:2], 3).transpose(2, 0, 1)
    bearing = wrap_angles(0.5 * np.arctan2(2.0 * xy, xx - yy) + grid.origin.yaw)
    slopes = np.stack([np.cos(bearing), np.sin(bearing)], axis=-1)
    is_wall = np.hypot(xx - yy, 2.0 * xy) >= _LEAST_ANISOTROPY
    met = np.abs(np.sum(slopes * beams, axis=-1)) >= _LEAST_COSINE
    faces = face_normals(grid, poses, angles_rad, ranges_m)
    normals: NDArray[np.float64] = np.where((is_wall & met)[..., None], slopes, faces)
    return normals


def _ends(poses: ArrayLike, beams: NDArray[np.float64], ranges_m: ArrayLike) -> NDArray[np.float64]:
    """Return (n, b, 2) where beams end, in the map frame; at the sensor where nothing is met."""
    ranges = np.asarray(ranges_m, dtype=np.float64)
    sensors = np.asarray(poses, dtype=np.float64)
    lengths = np.where(np.isfinite(ranges), ranges, 0.0)[..., None]
    ends: NDArray[np.float64] = sensors[:, None, :2] + lengths * beams
    return ends
