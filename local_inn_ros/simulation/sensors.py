# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A planar laser scanner on a map."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.simulation.passers_by import PassersBy
from local_inn_ros.world import RayCaster


@dataclass(frozen=True, slots=True)
class LaserModel:
    """What a laser scanner measures, and how wrong.

    Attributes:
        spec: its beams, range limits and rate; also the standard deviation of a range.
        dropout: share of the beams that return nothing though something is there.
        blocked_share: share of the beams stopped by things that are not on the map.
        base_from_laser: where it sits on the robot.
    """

    spec: LaserSpec
    dropout: float = 0.0
    blocked_share: float = 0.0
    base_from_laser: Pose2 = field(default_factory=Pose2.identity)


class Laser:
    """Takes scans of a map; all beams of one at the same instant."""

    def __init__(self, caster: RayCaster, model: LaserModel, rng: np.random.Generator) -> None:
        """Switch it on.

        Args:
            caster: the map that it sees.
            model: what it measures.
            rng: source of noise, dropouts and passers-by.
        """
        self._caster = caster
        self._model = model
        self._rng = rng
        self._angles = model.spec.beam_angles_rad()
        self._passers_by = PassersBy(model.blocked_share, rng)

    def scan(self, map_from_base: Pose2, stamp_s: float) -> Scan:
        """Measure from where the robot is.

        As REP-117 has it, +inf is nothing within reach and -inf something too near.
        """
        spec = self._model.spec
        sensor = map_from_base @ self._model.base_from_laser
        ranges = self._caster.cast(sensor.to_array()[None], self._angles, spec.range_max_m)[0]
        ranges = self._passers_by.shorten(sensor, self._angles, ranges, stamp_s)
        noise = self._rng.normal(0.0, spec.noise_std_m, ranges.size)
        lost = self._rng.random(ranges.size) < self._model.dropout
        ranges = (ranges + noise).astype(np.float32)
        ranges[ranges < spec.range_min_m] = -np.inf
        ranges[(ranges >= spec.range_max_m) | lost] = np.inf
        ranges.setflags(write=False)
        increment = (spec.angle_max_rad - spec.angle_min_rad) / (spec.beam_count - 1)
        return Scan(
            stamp_s=stamp_s,
            ranges_m=ranges,
            angle_min_rad=spec.angle_min_rad,
            angle_increment_rad=increment,
            range_min_m=spec.range_min_m,
            range_max_m=spec.range_max_m,
        )
