# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where training scans come from: ray casting in a map, and posed scans of a recording."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing import BeamPicker, LaserSpec, Scan
from local_inn_ros.world import FreeSpace, OccupancyGrid, RayCaster, surroundings

_DROPOUT_SHARE = 0.01
_MOST_BLOCKS = 3
_WIDEST_BLOCK = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class ScanBatch:
    """Scans with the poses they were taken at.

    Attributes:
        poses: (b, 3) float64 poses of the sensor in the map frame.
        ranges_m: (b, n) float32 as the network is given them: noisy, 0 where there is none.
        states: (b, n) float32: 1 a distance, -1 nothing within reach, 0 unknown.
        expected_m: (b, n) float32 what the map holds there: no noise, nothing unmapped.
        expected_known: (b, n) bool where ``expected_m`` says something.
    """

    poses: NDArray[np.float64]
    ranges_m: NDArray[np.float32]
    states: NDArray[np.float32]
    expected_m: NDArray[np.float32]
    expected_known: NDArray[np.bool_]


class MapSource:
    """Casts beams from uniform free poses of a map, with the sensor's noise.

    Some beams are lost, and in a share of the scans unmapped things stand before the walls.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        sensor: LaserSpec,
        clearance_m: float,
        blocked_share: float,
        inside: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Prepare a map.

        Args:
            grid: the map.
            sensor: what scans it.
            clearance_m: poses keep this far from all that is not free.
            blocked_share: share of the scans that see unmapped things.
            inside: points in the parts of the map to draw from (``FreeSpace``).

        Raises:
            MapError: no pose keeps that far.
        """
        self.free_space = FreeSpace(grid, clearance_m, inside)
        self._caster = RayCaster(surroundings(self.free_space, sensor.range_max_m))
        self._sensor = sensor
        self._angles = sensor.network_angles_rad()
        self._blocked_share = blocked_share

    def draw(self, rng: np.random.Generator, count: int) -> ScanBatch:
        """Draw scans at uniform free poses."""
        return self.draw_at(self.free_space.sample(rng, count), rng)

    def draw_at(self, poses: NDArray[np.float64], rng: np.random.Generator) -> ScanBatch:
        """Draw scans at poses (b, 3) of the sensor in the map frame."""
        sensor = self._sensor
        cast = self._caster.cast(poses, self._angles, sensor.range_max_m)
        expected = np.minimum(cast, np.float32(sensor.range_max_m))
        ranges = self._block(rng, cast)
        ranges += rng.normal(0.0, sensor.noise_std_m, ranges.shape).astype(np.float32)
        states = np.where(ranges < sensor.range_max_m, 1.0, -1.0).astype(np.float32)
        lost = np.asarray(rng.random(ranges.shape) < _DROPOUT_SHARE)
        lost |= ranges < sensor.range_min_m
        states[lost] = 0.0
        ranges[states <= 0.0] = 0.0
        return ScanBatch(poses, ranges, states, expected, np.ones_like(lost))

    def _block(self, rng: np.random.Generator, cast: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut runs of beams short, as people, boxes and other cars do."""
        count, beams = cast.shape
        ranges = cast.copy()
        blocked = np.asarray(rng.random(count) < self._blocked_share)
        index = np.arange(beams)
        for _ in range(_MOST_BLOCKS):
            start = rng.integers(beams, size=(count, 1))
            width = rng.integers(1, max(2, int(_WIDEST_BLOCK * beams)), size=(count, 1))
            within = ((index - start) % beams < width) & blocked[:, None]
            # One thing stands at one distance: the same for the whole run.
            distance = rng.uniform(0.2, 1.0, (count, 1)).astype(np.float32)
            nearest = np.where(within, ranges, np.inf).min(axis=1, keepdims=True)
            near = np.where(np.isfinite(nearest), nearest, self._sensor.range_max_m) * distance
            ranges = np.where(within, np.minimum(ranges, near), ranges)
        cut: NDArray[np.float32] = ranges.astype(np.float32)
        return cut


class PosedScans:
    """Scans of a recording with reference poses."""

    def __init__(self, scans: list[Scan], poses: NDArray[np.float64], sensor: LaserSpec) -> None:
        """Take scans and the sensor's poses (n, 3) in the map frame, one for each.

        Raises:
            SensorError: a scan does not fit the sensor.
        """
        self.scans = tuple(scans)
        self._angles = sensor.network_angles_rad()
        picker = BeamPicker(self._angles, sensor.range_max_m)
        readings = [picker.pick(scan) for scan in scans]
        self.poses = np.asarray(poses, dtype=np.float64)
        self._ranges = np.stack([reading.ranges_m for reading in readings])
        self._states = np.stack([reading.network_states() for reading in readings])
        self._range_max_m = np.float32(sensor.range_max_m)

    def __len__(self) -> int:
        """Return how many scans there are."""
        return len(self.poses)

    def sha256(self) -> str:
        """Return a hash of scans and poses, which tells one recording from another."""
        digest = hashlib.sha256()
        for array in (self.poses, self._ranges, self._states):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def draw(self, rng: np.random.Generator, count: int) -> ScanBatch:
        """Draw scans with replacement."""
        chosen = rng.integers(len(self), size=count)
        ranges, states = self._ranges[chosen], self._states[chosen]
        expected = np.where(states > 0.0, ranges, self._range_max_m)
        return ScanBatch(self.poses[chosen], ranges, states, expected, states != 0.0)

    def scan_points(self) -> list[NDArray[np.float64]]:
        """Return for each scan its end points (k, 2) in the sensor frame."""
        x, y = self._ranges * np.cos(self._angles), self._ranges * np.sin(self._angles)
        points = np.stack([x, y], axis=-1)
        return [one[known] for one, known in zip(points, self._states > 0.0, strict=True)]

    def end_points(self) -> NDArray[np.float64]:
        """Return the end points (k, 2) of all scans in the map frame."""
        heading = self.poses[:, 2:] + self._angles
        x = self.poses[:, :1] + self._ranges * np.cos(heading)
        y = self.poses[:, 1:2] + self._ranges * np.sin(heading)
        return np.stack([x, y], axis=-1)[self._states > 0.0]


class MixedSource:
    """Draws a fixed share from posed scans, the rest from a map."""

    def __init__(self, simulated: MapSource, posed: PosedScans, posed_share: float) -> None:
        """Mix two sources; ``posed_share`` in [0, 1]."""
        self._simulated = simulated
        self._posed = posed
        self._posed_share = posed_share

    def draw(self, rng: np.random.Generator, count: int) -> ScanBatch:
        """Draw from both."""
        real = round(count * self._posed_share)
        parts = [self._simulated.draw(rng, count - real), self._posed.draw(rng, real)]
        return ScanBatch(
            np.concatenate([part.poses for part in parts]),
            np.concatenate([part.ranges_m for part in parts]),
            np.concatenate([part.states for part in parts]),
            np.concatenate([part.expected_m for part in parts]),
            np.concatenate([part.expected_known for part in parts]),
        )
