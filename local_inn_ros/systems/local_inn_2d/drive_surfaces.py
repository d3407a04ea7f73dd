# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where surfaces lie, and what a laser's ranges have wrong, told by a drive without a reference.

The right surfaces are those on which scans lie best: walls on both sides of a robot cannot both be
nearer than the map has them, whatever its pose. Within the cells of a map that was drawn from end
points they lie between where the map has them and where the drive saw them, each as far as it can
be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.localization.own_drive import OwnDrive
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.world import LikelihoodField
from local_inn_ros.world.measured_surfaces import measured_distances
from local_inn_ros.world.wall_drawing import front_cells, wall_drawing

# Where the surface may lie, in cells behind the faces that a beam meets first, and how finely.
_OFFSETS_CELLS = np.arange(-8, 5) / 8.0
# How much too long ranges may be, in cells: more would be another surface.
_BIASES_CELLS = np.arange(-4, 5) / 10.0
# An end point farther than about this from a surface is not of it.
_SCALE_CELLS = 0.6
# Scans that are aligned for each place of the surfaces that is tried.
_MOST_SCANS = 300
# What fits no better than by this share is chance, or what no map has.
_CLEARLY_BETTER = 0.01


@dataclass(frozen=True, slots=True)
class SurfaceFinding:
    """What a drive tells of surfaces and ranges.

    Attributes:
        offset_m: where surfaces lie, from the faces of occupied cells.
        range_bias_m: how much too long ranges are.
    """

    offset_m: float
    range_bias_m: float


def surfaces_of_drive(bundle: Bundle, drive: OwnDrive) -> SurfaceFinding:
    """Find the surfaces, or the bias of the ranges, on which the scans of a drive lie best.

    Walls of one cell keep their surfaces in the middle, where the field is least whatever the
    offset: there the ranges may be off. Elsewhere ranges that are too long are the same as
    surfaces that lie deeper, and the offset is taken for both.
    """
    told = bundle.description
    offset_m, bias_m = told.maps[0].surface_offset_m, told.calibration.range_bias_m
    cell_m = bundle.grid.resolution_m
    scans = _Scans.of(drive, told.laser)
    drawing = wall_drawing(bundle.grid)
    now = scans.misfit(bundle.field, bias_m)
    if bundle.distances_m is None and not (drawing.from_end_points and drawing.decided):
        offsets_m = _OFFSETS_CELLS * cell_m
        misfits = [
            scans.misfit(LikelihoodField(bundle.field.grid, one), bias_m) for one in offsets_m
        ]
        return SurfaceFinding(_least(offsets_m, np.array(misfits), now, offset_m), bias_m)
    biases_m = _BIASES_CELLS * cell_m
    misfits = [scans.misfit(bundle.field, one) for one in biases_m]
    return SurfaceFinding(offset_m, _least(biases_m, np.array(misfits), now, bias_m))


def told_surfaces(
    bundle: Bundle, drive: OwnDrive, taken: NDArray[np.bool_], fix_deviation_m: float
) -> NDArray[np.float64]:
    """Return the distances to surfaces as a map and a drive have them (``measured_distances``).

    The poses of the drive share an error for as long as a wall is in sight, so that all its end
    points there count as one measurement, and the map as another.

    Args:
        bundle: with the offset that the drive told.
        drive: of the robot.
        taken: (n,) which of its scans are used.
        fix_deviation_m: how far the poses of the drive are off.
    """
    told, grid = bundle.description, bundle.grid
    points = _end_points(drive, taken, told.laser)
    drawn = grid.cell_to_world(front_cells(grid))
    per_cell = len(points) / max(len(drawn), 1)
    share = (fix_deviation_m / max(told.maps[0].surface_deviation_m, 1e-6)) ** 2
    weights = np.concatenate([np.ones(len(points)), np.full(len(drawn), share * per_cell)])
    return measured_distances(
        grid, np.concatenate([points, drawn]), told.maps[0].surface_offset_m, weights
    )


def _end_points(drive: OwnDrive, taken: NDArray[np.bool_], laser: LaserSpec) -> NDArray[np.float64]:
    """Return the end points (k, 2) of some scans of a drive in the map frame."""
    reader, placed = ScanPoints(laser.range_max_m), [np.zeros((0, 2))]
    for k in np.flatnonzero(taken).tolist():
        scan = drive.posed.observations[k]
        if isinstance(scan, Scan):
            points = reader.of(scan)
            placed.append(transform_points(Pose2.from_array(drive.posed.poses[k]), points))
    return np.concatenate(placed)


def _least(
    places: NDArray[np.float64], misfits: NDArray[np.float64], now: float, here: float
) -> float:
    """Return where a misfit is least, by a parabola, unless it is about as small ``here``."""
    k = int(np.argmin(misfits))
    if misfits[k] > (1.0 - _CLEARLY_BETTER) * now:
        return here
    if 0 < k < len(places) - 1:
        low, middle, high = misfits[k - 1 : k + 2]
        bend = low - 2.0 * middle + high
        aside = 0.5 * (low - high) / bend if bend > 0.0 else 0.0
        return float(places[k] + aside * (places[1] - places[0]))
    return float(places[k])


@dataclass(frozen=True, slots=True, eq=False)
class _Scans:
    """End points (k, 2) of some scans of a drive in the sensor frame, and where they were taken."""

    points: list[NDArray[np.float64]]
    poses: list[Pose2]
    laser: LaserSpec

    @staticmethod
    def of(drive: OwnDrive, laser: LaserSpec) -> _Scans:
        """Take some, evenly spread."""
        reader = ScanPoints(laser.range_max_m)
        every = -(-len(drive.posed) // _MOST_SCANS)
        pairs = [
            (reader.of(scan), Pose2.from_array(pose))
            for scan, pose in zip(
                drive.posed.observations[::every], drive.posed.poses[::every], strict=True
            )
            if isinstance(scan, Scan)
        ]
        return _Scans(
            [one for one, _ in pairs if len(one)], [p for one, p in pairs if len(one)], laser
        )

    def misfit(self, field: LikelihoodField, bias_m: float) -> float:
        """Return how badly end points lie on surfaces after alignment, in [0, 1], in the mean."""
        refiner = Refiner(field, self.laser.noise_std_m)
        scale_m = _SCALE_CELLS * field.grid.resolution_m
        total, count = 0.0, 0
        for points, pose in zip(self.points, self.poses, strict=True):
            ranges = np.hypot(points[:, 0], points[:, 1])[:, None]
            unbiased = np.ascontiguousarray(points * (1.0 - bias_m / np.maximum(ranges, 1e-3)))
            found = refiner.refine(unbiased, pose, near=True).pose
            squared = np.square(field.evaluate(transform_points(found, unbiased)).distances_m)
            # The loss of Geman and McClure, as the refiner has it.
            total += float(np.sum(squared / (squared + scale_m**2)))
            count += len(points)
        return total / max(count, 1)
