# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scans that a bundle's laser may take on a bundle's map, to calibrate on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Scan
from local_inn_ros.systems.local_inn_2d.driving_poses import driving_poses
from local_inn_ros.systems.local_inn_2d.scan_sources import MapSource
from local_inn_ros.systems.local_inn_2d.uncertain_worlds import Doubts, UncertainWorlds
from local_inn_ros.world.surface_casting import RangeCaster, SurfaceCaster
from local_inn_ros.world.wall_drawing import wall_drawing

_BLOCKED_SHARE = 0.5
# How far headings are off in a building that was mapped by a robot: the mount is measured by hand,
# stamps are late while the robot turns, and the map is bent. On lap 1 of the Intel lab alignments
# differ by this from the reference, as a standard deviation.
_HEADING_DOUBT_RAD = 0.015


@dataclass(frozen=True, slots=True)
class PosedScan:
    """A scan, and the pose of the sensor in the map frame that it was taken at."""

    scan: Scan
    pose: Pose2


def simulated_scans(bundle: Bundle, count: int, rng: np.random.Generator) -> list[PosedScan]:
    """Cast scans where robots drive on a bundle's map, with all beams and its sensor's noise.

    In half of them unmapped things stand before the walls. Where the map leaves open where its
    surfaces lie, each scan is of another world that fits it.

    Raises:
        MapError: the map has no room for a robot.
    """
    sensor = bundle.description.laser
    every_beam = sensor.model_copy(update={"network_beams": sensor.beam_count})
    caster = surface_caster(bundle)
    doubts = doubts_of(bundle)
    if doubts != Doubts():
        caster = UncertainWorlds(caster, bundle.field, doubts, rng)
    inside = bundle.description.maps[0].inside
    source = MapSource(bundle.grid, every_beam, 0.0, _BLOCKED_SHARE, inside, caster)
    drawn = source.draw_at(driving_poses(bundle.grid, rng, count, inside), rng)
    # As REP-117 has it: what is unknown is not a number, nothing within reach is infinite.
    ranges = np.select([drawn.states > 0.0, drawn.states < 0.0], [drawn.ranges_m, np.inf], np.nan)
    angles = sensor.beam_angles_rad()
    step = float(angles[1] - angles[0])
    limits = (sensor.range_min_m, sensor.range_max_m)
    return [
        PosedScan(
            Scan(0.0, row.astype(np.float32), float(angles[0]), step, *limits),
            Pose2.from_array(pose),
        )
        for row, pose in zip(ranges, drawn.poses, strict=True)
    ]


def surface_caster(bundle: Bundle) -> RangeCaster:
    """Return what casts to where a bundle has its surfaces: the faces of cells, or within them."""
    if bundle.distances_m is None and bundle.description.maps[0].surface_offset_m == 0.0:
        return bundle.caster
    return SurfaceCaster(bundle.caster, bundle.field)


def doubts_of(bundle: Bundle) -> Doubts:
    """Return what a bundle's map leaves open.

    Nothing where posed scans told where surfaces lie: what is off then, they show themselves. Only
    of a map that was drawn from end points is it known that it is of a real building, in which a
    laser has errors of its own: its ranges may all be off by as much as one of them is.
    """
    surfaces_m = bundle.description.maps[0].surface_deviation_m
    if surfaces_m == 0.0:
        return Doubts()
    if not wall_drawing(bundle.grid).from_end_points:
        return Doubts(surfaces_m)
    noise_m = bundle.description.laser.noise_std_m
    return Doubts(surfaces_m, False, noise_m, _HEADING_DOUBT_RAD)
