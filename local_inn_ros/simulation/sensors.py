# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A planar laser scanner in a world."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2, compose_poses
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.passers_by import PassersBy


class Caster(Protocol):
    """Tells how far a beam goes."""

    def cast(
        self, poses: ArrayLike, angles_rad: ArrayLike, max_range_m: float
    ) -> NDArray[np.float32]:
        """Return the ranges (n, b) of beams at angles (b,) from poses (n, 3), in m."""
        ...


@dataclass(frozen=True, slots=True)
class LaserModel:
    """What a laser scanner measures, and how wrong.

    Attributes:
        spec: its beams, range limits and rate, and how long a scan takes (0 for one that measures
            all beams at once); also the standard deviation of a range.
        dropout: share of the beams that return nothing though something is there.
        blocked_share: share of the beams stopped by things that are not on the map.
        base_from_laser: where it sits on the robot.
    """

    spec: LaserSpec
    dropout: float = 0.0
    blocked_share: float = 0.0
    base_from_laser: Pose2 = field(default_factory=Pose2.identity)


class Laser:
    """Takes scans of a map, one beam after the other, each from where the laser then is."""

    def __init__(self, caster: Caster, model: LaserModel, rng: np.random.Generator) -> None:
        """Switch it on.

        Args:
            caster: the world that it sees.
            model: what it measures.
            rng: source of noise, dropouts and passers-by.
        """
        self._caster = caster
        self._model = model
        self._rng = rng
        self._angles = model.spec.beam_angles_rad()
        self._increment_s = sweep_duration_s(model.spec) / (model.spec.beam_count - 1)
        self._beam_s = np.linspace(0.0, sweep_duration_s(model.spec), model.spec.beam_count)
        self._passers_by = PassersBy(model.blocked_share, rng)

    def scan(self, map_from_base: Pose2, stamp_s: float) -> Scan:
        """Measure from where the robot stands; see ``sweep``."""
        way = DrivenWay(stamp_s, map_from_base)
        return self.sweep(way, stamp_s)

    def sweep(self, way: DrivenWay, stamp_s: float) -> Scan:
        """Measure while the robot drives.

        As REP-117 has it, +inf is nothing within reach and -inf something too near.

        Args:
            way: where the base is in the map frame, from the first beam to the last.
            stamp_s: when the first beam is measured.
        """
        spec = self._model.spec
        stamps = stamp_s + self._beam_s
        beams = compose_poses(way.at(stamps), self._model.base_from_laser.to_array())
        beams[:, 2] += self._angles
        ranges = self._caster.cast(beams, np.zeros(1), spec.range_max_m)[:, 0]
        ranges = self._passers_by.shorten(beams, ranges, stamps)
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
            time_increment_s=self._increment_s,
        )


def sweep_duration_s(spec: LaserSpec) -> float:
    """Return the time from the first beam of a scan to the last.

    Where the description does not tell, the laser turns once for each scan, and sweeps its field
    of view in its share of a turn: 18.75 ms for 270 degrees at 40 Hz.
    """
    if spec.scan_duration_s is not None:
        return spec.scan_duration_s
    return (spec.angle_max_rad - spec.angle_min_rad) / (2.0 * math.pi) / spec.rate_hz


def scan_period_s(spec: LaserSpec) -> float:
    """Return the time from one scan to the next, as a message tells it.

    0, which is "unknown", of a laser that measures all beams at once: a reader who learns how
    often a laser turns, and not how long a beam takes, thinks that it measures all the time.
    """
    return 1.0 / spec.rate_hz if sweep_duration_s(spec) > 0.0 else 0.0
