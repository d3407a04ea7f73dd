# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ray casting to where surfaces lie within their cells, not to the faces of these.

Scans that are aligned with a likelihood field, and scans that networks learn from, must mean the
same surfaces: a ray that has come to an occupied cell is followed to where the field is least.
"""

from __future__ import annotations

import math
from typing import Protocol

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.world.likelihood_field import FieldRaster, LikelihoodField, field_at
from local_inn_ros.world.ray_casting import RayCaster

# How far before the face a surface is looked for, and how far behind it, in cells along the ray.
_BEFORE_CELLS, _BEHIND_CELLS = 1.0, 2.5
# The longest and the shortest step along the ray, in cells.
_LONGEST_CELLS, _SHORTEST_CELLS = 0.5, 0.1


class RangeCaster(Protocol):
    """Whatever says what a laser would measure; see ``RayCaster``."""

    def cast(
        self, poses: ArrayLike, angles_rad: ArrayLike, max_range_m: float
    ) -> NDArray[np.float32]:
        """Return ranges (n, b), in m, from poses (n, 3) along angles (b,)."""
        ...


class SurfaceCaster:
    """Casts beams through a map, to the surfaces of its likelihood field."""

    def __init__(self, caster: RayCaster, field: LikelihoodField) -> None:
        """Take what finds the first occupied cell, and the field of the same map."""
        self._caster = caster
        self._raster = tuple(field.raster)
        self._cell_m = field.grid.resolution_m

    def cast(
        self, poses: ArrayLike, angles_rad: ArrayLike, max_range_m: float
    ) -> NDArray[np.float32]:
        """Measure the map from many poses; see ``RayCaster.cast``.

        Returns:
            (n, b) ranges in m to the surfaces; a beam that grazes a corner of a cell, and finds no
            surface near, ends at the cell's face.
        """
        sensors = np.asarray(poses, dtype=np.float64)
        angles = np.ascontiguousarray(angles_rad, dtype=np.float64)
        ranges = self._caster.cast(sensors, angles, max_range_m)
        _to_surfaces(self._raster, sensors, angles, self._cell_m, ranges)
        ranges[ranges > max_range_m] = np.inf
        return ranges


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _to_surfaces(raster, poses, angles, cell_m, ranges):  # type: ignore[no-untyped-def]
    """Move ranges (n, b) from the faces of cells to where the field is least, or zero."""
    raster = FieldRaster(*raster)
    for i in range(poses.shape[0]):
        for j in range(angles.shape[0]):
            face = float(ranges[i, j])
            if math.isfinite(face) and face > 0.0:
                heading = poses[i, 2] + angles[j]
                ranges[i, j] = _surface_range(
                    raster, poses[i, 0], poses[i, 1], math.cos(heading), math.sin(heading),
                    face, cell_m,
                )  # fmt: skip


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _surface_range(  # type: ignore[no-untyped-def]
    raster, x, y, ahead_x, ahead_y, face, cell_m
):
    """Return where a ray that meets a cell's face at one range meets the surface."""
    at = max(face - _BEFORE_CELLS * cell_m, 0.0)
    end = face + _BEHIND_CELLS * cell_m
    best, least = face, np.inf
    before, distance_before = at, np.inf
    while at <= end:
        distance, _, _ = field_at(raster, x + at * ahead_x, y + at * ahead_y)
        if distance <= 0.0:
            if distance_before > distance and math.isfinite(distance_before):
                share = distance_before / (distance_before - distance)
                return before + share * (at - before)
            return at
        if distance < least:
            best, least = at, distance
        elif at > face and distance > least + 0.5 * cell_m:
            break
        before, distance_before = at, distance
        at += min(max(distance, _SHORTEST_CELLS * cell_m), _LONGEST_CELLS * cell_m)
    return best if least < 0.5 * cell_m else face
