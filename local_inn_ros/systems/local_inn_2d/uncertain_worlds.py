# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scans of worlds that a map allows, each scan of another world.

A map of cells tells of a wall along its rows only which cells it runs through: all of it may lie a
part of a cell nearer or farther. Of a slanted wall the stairs tell more: there it is the single
stair that is off. A map that was made of end points is one of a real building, in which lasers are
off too. Covariances that are calibrated on such scans hold what the map leaves open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.world import LikelihoodField
from local_inn_ros.world.surface_casting import RangeCaster
from local_inn_ros.world.surface_directions import directions_at

# How far along a wall its surface stays as far off as it is, in m, and along a stair in cells.
_ALONG_WALL_M = 2.0
_ALONG_STAIR_CELLS = 3.0
# Waves that a random field is made of.
_WAVES = 24
# Walls within about ten degrees of the rows or columns of the grid have stairs that are long.
_SLANTED = 0.97
# A beam that grazes a surface moves no farther than this many times what the surface moves.
_LEAST_COSINE = 0.3


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a map leaves open of the scans that are taken in it, as standard deviations.

    Attributes:
        surfaces_m: how far off a surface may be.
        smooth: whether only walls along rows and columns are off as a whole, and others by their
            stairs; walls that were drawn from end points are off as the mapping was.
        range_m: what all ranges of a laser have wrong alike.
        heading_rad: how far its mount is turned, and the stamps of a turning robot are late.
    """

    surfaces_m: float = 0.0
    smooth: bool = True
    range_m: float = 0.0
    heading_rad: float = 0.0


class UncertainWorlds:
    """Casts each scan in a world of its own, one of those that a map allows."""

    def __init__(
        self,
        caster: RangeCaster,
        field: LikelihoodField,
        doubts: Doubts,
        rng: np.random.Generator,
    ) -> None:
        """Take what is known of a map.

        Args:
            caster: casts to where its surfaces are believed to be.
            field: its likelihood field.
            doubts: how far all may be off.
            rng: draws the worlds.
        """
        self._caster = caster
        self._field = field
        self._doubts = doubts
        self._rng = rng

    def cast(
        self, poses: ArrayLike, angles_rad: ArrayLike, max_range_m: float
    ) -> NDArray[np.float32]:
        """Measure from many poses; see ``RayCaster.cast``."""
        doubts, rng = self._doubts, self._rng
        sensors = np.array(poses, dtype=np.float64)
        sensors[:, 2] += rng.normal(0.0, doubts.heading_rad, len(sensors))
        angles = np.asarray(angles_rad, dtype=np.float64)
        ranges = self._caster.cast(sensors, angles, max_range_m)
        finite = np.isfinite(ranges)
        headings = sensors[:, 2:] + angles
        ahead = np.stack([np.cos(headings), np.sin(headings)], axis=-1)
        reach = np.where(finite, ranges, 0.0)[..., None]
        # In the axes of the grid, which its walls are compared with.
        into = self._field.grid.origin.inverse()
        ends = transform_points(into, (sensors[:, None, :2] + reach * ahead).reshape(-1, 2))
        ends = ends.reshape(reach.shape[0], -1, 2)
        ahead = transform_points(Pose2(0.0, 0.0, into.yaw), ahead.reshape(-1, 2))
        x, y = np.moveaxis(ahead.reshape(ends.shape), -1, 0)
        facing = self._facing(ends)
        squared = facing[..., 0] * x * x + 2.0 * facing[..., 1] * x * y + facing[..., 2] * y * y
        off = self._offsets(ends, facing) / np.sqrt(np.maximum(squared, _LEAST_COSINE**2))
        off += rng.normal(0.0, doubts.range_m, (len(sensors), 1))
        moved: NDArray[np.float32] = np.where(finite, np.maximum(ranges + off, 0.0), ranges).astype(
            np.float32
        )
        return moved

    def _facing(self, ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the direction tensors (n, b, 3) of the surfaces at points of the grid frame."""
        cells = np.floor(ends[..., ::-1] / self._field.grid.resolution_m).astype(np.int64)
        return directions_at(self._field.directions, cells)

    def _offsets(
        self, ends: NDArray[np.float64], facing: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how far (n, b) surfaces are off, in m."""
        doubts, rng = self._doubts, self._rng
        walls = _wandering(ends, _ALONG_WALL_M, rng)
        if not doubts.smooth:
            return doubts.surfaces_m * walls
        stairs = _wandering(ends, _ALONG_STAIR_CELLS * self._field.grid.resolution_m, rng)
        aligned = np.maximum(facing[..., 0], facing[..., 2])
        straight = np.clip((aligned - _SLANTED) / (1.0 - _SLANTED), 0.0, 1.0)
        both: NDArray[np.float64] = np.sqrt(straight) * walls + np.sqrt(1.0 - straight) * stairs
        return doubts.surfaces_m * both


def _wandering(
    points: NDArray[np.float64], length_m: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return random fields of variance one at points (n, b, 2), another for each of the n.

    A sum of waves, normal to within their number (random Fourier features, Rahimi and Recht 2007);
    values are alike over about ``length_m``.
    """
    count = len(points)
    waves = rng.normal(0.0, 1.0 / length_m, (count, 2, _WAVES))
    phases = rng.uniform(0.0, 2.0 * math.pi, (count, 1, _WAVES))
    total: NDArray[np.float64] = np.cos(points @ waves + phases).sum(axis=-1)
    return math.sqrt(2.0 / _WAVES) * total
