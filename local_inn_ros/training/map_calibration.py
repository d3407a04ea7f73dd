# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a map relates to real scans of the place: told from posed scans, before any network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.localization.map_deviation import AlignmentErrors, alignment_errors
from local_inn_ros.localization.refiner import Refiner
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.training.scan_sources import PosedScans
from local_inn_ros.world import LikelihoodField, OccupancyGrid
from local_inn_ros.world.measured_surfaces import measured_distances

# Where the surface may lie, in cells behind the faces that a beam meets first, and how finely.
_OFFSETS_CELLS = np.arange(-8, 5) / 8.0
# More scans than this tell nothing more.
_MOST_SCANS = 2_000
# Scans one after another share the error of their references: whole runs are held out at once.
_RUN_SCANS = 60


@dataclass(frozen=True, slots=True, eq=False)
class MapCalibration:
    """What scans say of a map.

    Attributes:
        surface_offset_m: where end points lie, from the faces of occupied cells.
        deviation_m: how far off, as a standard deviation, the map is where it looks right.
        yaw_deviation_rad: the same for heading.
        distances_m: where the surfaces lie within the cells (``measured_distances``); None
            without scans, and where the surfaces are the faces of the cells.
    """

    surface_offset_m: float = 0.0
    deviation_m: float = 0.0
    yaw_deviation_rad: float = 0.0
    distances_m: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """Scans of a recording: end points (k, 2) in the sensor frame, reference poses (n, 3)."""

    points: list[NDArray[np.float64]]
    poses: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_]) -> _Taken:
        return _Taken(
            [one for one, take in zip(self.points, chosen, strict=True) if take],
            self.poses[chosen],
        )

    def end_points(self) -> NDArray[np.float64]:
        """Return all end points (k, 2) in the map frame."""
        placed = [
            transform_points(Pose2.from_array(pose), one)
            for one, pose in zip(self.points, self.poses, strict=True)
        ]
        return np.concatenate(placed) if placed else np.zeros((0, 2))


def calibrate_map(
    grid: OccupancyGrid, sensor: SensorSpec, posed: PosedScans | None
) -> MapCalibration:
    """Measure a map against posed scans.

    A simulated beam ends on the face of a cell, and a simulated robot's map is exact: without a
    recording all is 0. A map that was drawn from end points holds them in the middle of its cells,
    half a cell behind their faces; and it is off by what its maker was off by. The offset taken is
    the one with which scans align nearest to their references. Where in its cells the surfaces of
    such a map lie is told by the end points themselves; how far off that is, by scans held out.
    """
    if posed is None:
        return MapCalibration()
    every = -(-len(posed) // _MOST_SCANS)
    taken = _Taken(posed.scan_points()[::every], posed.poses[::every])
    offset_m = min(
        (_OFFSETS_CELLS * grid.resolution_m).tolist(),
        key=lambda offset_m: _errors(LikelihoodField(grid, offset_m), sensor, taken).median_m(),
    )
    if offset_m == 0.0:
        # End points lie on the faces of the cells: the map is as exact as its cells are.
        found = _errors(LikelihoodField(grid), sensor, taken).deviation()
        return MapCalibration(offset_m, found.position_m, found.yaw_rad)
    odd = np.arange(len(taken.poses)) // _RUN_SCANS % 2 == 1
    halves = []
    for held_out in (odd, ~odd):
        distances = measured_distances(grid, taken.part(~held_out).end_points(), offset_m)
        field = LikelihoodField(grid, distances_m=distances)
        halves.append(_errors(field, sensor, taken.part(held_out)))
    found = AlignmentErrors(
        np.concatenate([half.errors for half in halves]),
        np.concatenate([half.variances for half in halves]),
    ).deviation()
    return MapCalibration(
        offset_m,
        found.position_m,
        found.yaw_rad,
        measured_distances(grid, taken.end_points(), offset_m),
    )


def _errors(field: LikelihoodField, sensor: SensorSpec, taken: _Taken) -> AlignmentErrors:
    refiner = Refiner(field, sensor.noise_std_m)
    return alignment_errors(refiner, taken.points, taken.poses)
