# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a map relates to real scans of the place: told by posed scans, or by the map itself."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, product

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.local_inn_2d.scan_sources import PosedScans
from local_inn_ros.world import FreeSpace, LikelihoodField, OccupancyGrid, RayCaster
from local_inn_ros.world.measured_surfaces import measured_distances
from local_inn_ros.world.surface_casting import RangeCaster, SurfaceCaster
from local_inn_ros.world.surroundings import cut, window_round
from local_inn_ros.world.wall_drawing import wall_drawing

_LOG = logging.getLogger(__name__)

# Where the surface may lie, in cells behind the faces that a beam meets first, and how finely.
_OFFSETS_CELLS = np.arange(-8, 5) / 8.0
# More scans than this tell nothing more.
_MOST_SCANS = 2_000
# Scans one after another share the error of their references: whole runs are held out at once.
_RUN_SCANS = 60
# Alignments begin beside the reference: begun on it, a map that pulls nowhere would seem right.
_STARTS = tuple(
    Pose2(x, y, yaw) for x, y, yaw in product((0.05, -0.05), (0.05, -0.05), (0.02, -0.02))
)


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """Surfaces told by one half of the scans, for use on the other.

    Attributes:
        held_out: (n,) which of the scans had no part in it.
        distances_m: where the surfaces lie (``measured_distances``).
    """

    held_out: NDArray[np.bool_]
    distances_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MapCalibration:
    """What scans say of a map.

    Attributes:
        surface_offset_m: where end points lie, from the faces of occupied cells.
        surface_deviation_m: how far from there surfaces may lie; 0 where scans told.
        distances_m: where the surfaces lie within the cells (``measured_distances``); None
            without scans, and where the surfaces are the faces of the cells.
        halves: the same from each half of the scans; empty where there are no such distances.
    """

    surface_offset_m: float = 0.0
    surface_deviation_m: float = 0.0
    distances_m: NDArray[np.float64] | None = None
    halves: tuple[Half, ...] = ()


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
    grid: OccupancyGrid, sensor: LaserSpec, posed: PosedScans | None
) -> MapCalibration:
    """Measure a map against posed scans; without them, look at how its walls are drawn.

    A map that was drawn from end points holds them in the middle of its cells, half a cell behind
    their faces. The offset taken is the one with which scans align nearest to their references.
    Where in its cells the surfaces of such a map lie is told by the end points themselves.
    """
    if posed is None:
        drawing = wall_drawing(grid)
        _LOG.info("%s", drawing.words())
        return MapCalibration(drawing.surface_offset_m, drawing.deviation_m)
    taken = _Taken(posed.scan_points(), posed.poses)
    offset_m = _offset_m(grid, sensor, taken)
    if offset_m == 0.0:
        # End points lie on the faces of the cells: the map is as exact as its cells are.
        return MapCalibration()
    odd = np.arange(len(taken.poses)) // _RUN_SCANS % 2 == 1
    halves = tuple(
        Half(held_out, measured_distances(grid, taken.part(~held_out).end_points(), offset_m))
        for held_out in (odd, ~odd)
    )
    distances_m = measured_distances(grid, taken.end_points(), offset_m)
    return MapCalibration(offset_m, 0.0, distances_m, halves)


def with_offset_of(bundle: Bundle, posed: PosedObservations) -> Bundle:
    """Return a bundle with its surfaces at the offset with which scans align best.

    One that was trained on a recording has its surfaces from there, and stays as it is.

    Raises:
        SensorError: the scans do not fit the bundle's laser.
    """
    if bundle.distances_m is not None:
        return bundle
    laser = bundle.description.laser
    scans = PosedScans.of(posed, laser)
    offset_m = _offset_m(bundle.grid, laser, _Taken(scans.scan_points(), scans.poses))
    maps = (bundle.description.maps[0].model_copy(update={"surface_offset_m": offset_m}),)
    described = bundle.description.model_copy(update={"maps": maps})
    return Bundle(bundle.path, described, bundle.grid)


def _offset_m(grid: OccupancyGrid, sensor: LaserSpec, taken: _Taken) -> float:
    """Return the offset with which scans align nearest to their references."""
    every = -(-len(taken.poses) // _MOST_SCANS)
    few = _Taken(taken.points[::every], taken.poses[::every])
    offsets_m: list[float] = (_OFFSETS_CELLS * grid.resolution_m).tolist()
    return min(
        offsets_m,
        key=lambda offset_m: _median_error_m(LikelihoodField(grid, offset_m), sensor, few),
    )


def caster_of(
    grid: OccupancyGrid,
    calibration: MapCalibration,
    laser: LaserSpec,
    inside: Sequence[tuple[float, float]],
) -> RangeCaster:
    """Return what casts to the surfaces of a calibrated map.

    Args:
        grid: the map.
        calibration: where its surfaces lie.
        laser: what sees them.
        inside: points in the parts of the map that it sees them from (``FreeSpace``).
    """
    window = window_round(FreeSpace(grid, 0.0, inside), laser.range_max_m)
    part = cut(grid, window)
    caster = RayCaster(part)
    offset_m, distances_m = calibration.surface_offset_m, calibration.distances_m
    if distances_m is None and offset_m == 0.0:
        return caster
    if distances_m is not None:
        finer = distances_m.shape[0] // grid.rows
        rows, cols = (slice(finer * one.start, finer * one.stop) for one in window)
        distances_m = distances_m[rows, cols]
    return SurfaceCaster(caster, LikelihoodField(part, offset_m, distances_m=distances_m))


def _median_error_m(field: LikelihoodField, sensor: LaserSpec, taken: _Taken) -> float:
    """Return how far from its reference a scan aligns, in the median; infinite without scans."""
    refiner = Refiner(field, sensor.noise_std_m)
    errors = [
        pose.distance_to(refiner.refine(points, pose @ aside).pose)
        for points, pose, aside in zip(
            taken.points, map(Pose2.from_array, taken.poses), cycle(_STARTS), strict=False
        )
    ]
    return float(np.median(errors)) if errors else math.inf
