# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a map relates to real scans of the place: told from posed scans, before any network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local_inn_ros.localization.map_deviation import AlignmentErrors, alignment_errors
from local_inn_ros.localization.refiner import Refiner
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.training.scan_sources import PosedScans
from local_inn_ros.world import LikelihoodField, OccupancyGrid

# Where the surface may lie, in cells behind the faces that a beam meets first, and how finely.
_OFFSETS_CELLS = np.arange(-8, 5) / 8.0
# More scans than this tell nothing more.
_MOST_SCANS = 2_000


@dataclass(frozen=True, slots=True)
class MapCalibration:
    """What scans say of a map.

    Attributes:
        surface_offset_m: where end points lie, from the faces of occupied cells.
        deviation_m: how far off, as a standard deviation, the map is where it looks right.
        yaw_deviation_rad: the same for heading.
    """

    surface_offset_m: float = 0.0
    deviation_m: float = 0.0
    yaw_deviation_rad: float = 0.0


def calibrate_map(
    grid: OccupancyGrid, sensor: SensorSpec, posed: PosedScans | None
) -> MapCalibration:
    """Measure a map against posed scans.

    A simulated beam ends on the face of a cell, and a simulated robot's map is exact: without a
    recording all is 0. A map that was drawn from end points holds them in the middle of its cells,
    half a cell behind their faces; and it is off by what its maker was off by. The offset taken is
    the one with which scans align nearest to their references.
    """
    if posed is None:
        return MapCalibration()
    offset_m = min(
        (_OFFSETS_CELLS * grid.resolution_m).tolist(),
        key=lambda offset_m: _errors(grid, sensor, posed, offset_m).median_m(),
    )
    found = _errors(grid, sensor, posed, offset_m).deviation()
    return MapCalibration(offset_m, found.position_m, found.yaw_rad)


def _errors(
    grid: OccupancyGrid, sensor: SensorSpec, posed: PosedScans, offset_m: float
) -> AlignmentErrors:
    """Align scans spread over the whole recording."""
    every = -(-len(posed) // _MOST_SCANS)
    refiner = Refiner(LikelihoodField(grid, offset_m), sensor.noise_std_m)
    return alignment_errors(refiner, posed.scan_points()[::every], posed.poses[::every])
