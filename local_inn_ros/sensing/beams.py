# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a scan of any geometry to the beams of a sensor description (REP-117 values kept apart)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing.readings import Scan

# A scan must see at least this share of the beams that a bundle was trained for.
_LEAST_COVERAGE = 0.6


class BeamState(IntEnum):
    """What one range says (REP-117)."""

    RETURN = 0
    """A distance was measured."""
    NO_RETURN = 1
    """+Inf, or range_max and more: nothing within reach."""
    TOO_CLOSE = 2
    """-Inf, or a positive value under range_min: something nearer than can be measured."""
    INVALID = 3
    """NaN, zero or negative, or an angle that the scan does not cover: nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class BeamReading:
    """Ranges at known angles, each with what it says.

    Attributes:
        stamp_s: when the scan was taken.
        angles_rad: (n,) angles in the sensor frame.
        ranges_m: (n,) float32, 0 wherever the state is not RETURN.
        states: (n,) uint8 of ``BeamState``.
    """

    stamp_s: float
    angles_rad: NDArray[np.float64]
    ranges_m: NDArray[np.float32]
    states: NDArray[np.uint8]

    def returned(self) -> NDArray[np.bool_]:
        """Tell (n,) which beams measured a distance."""
        return np.equal(self.states, BeamState.RETURN)

    def network_states(self) -> NDArray[np.float32]:
        """Return (n,) float32 for the network: 1 a distance, -1 nothing within reach, 0 unknown."""
        table = np.array([1.0, -1.0, 0.0, 0.0], dtype=np.float32)
        return table[self.states]

    def end_points(self) -> NDArray[np.float64]:
        """Return the end points (k, 2) of the beams that measured a distance, sensor frame."""
        hit = self.returned()
        ranges, angles = self.ranges_m[hit].astype(np.float64), self.angles_rad[hit]
        return np.column_stack([ranges * np.cos(angles), ranges * np.sin(angles)])


def classify_ranges(
    ranges_m: NDArray[np.floating], range_min_m: float, range_max_m: float
) -> NDArray[np.uint8]:
    """Sort raw ranges (n,) into ``BeamState`` values (n,) as REP-117 has them."""
    states = np.full(ranges_m.shape, BeamState.RETURN, dtype=np.uint8)
    # NaN compares false everywhere, so it is named last and by itself.
    states[ranges_m >= range_max_m] = BeamState.NO_RETURN
    states[ranges_m < range_min_m] = BeamState.TOO_CLOSE
    states[(ranges_m <= 0.0) & np.isfinite(ranges_m)] = BeamState.INVALID
    states[np.isnan(ranges_m)] = BeamState.INVALID
    return states


class BeamPicker:
    """Picks, by angle, the beams that a consumer wants out of scans of any geometry.

    The choice is computed once for each scan geometry and then only indexed.
    """

    def __init__(
        self,
        angles_rad: NDArray[np.float64],
        range_max_m: float,
        least_coverage: float = _LEAST_COVERAGE,
    ) -> None:
        """Remember what is wanted.

        Args:
            angles_rad: (n,) wanted angles in the sensor frame.
            range_max_m: farther than this counts as nothing within reach, whatever the scan says.
            least_coverage: refuse scans that see a smaller share of the wanted angles.
        """
        self._angles = np.asarray(angles_rad, dtype=np.float64)
        self._range_max_m = range_max_m
        self._least_coverage = least_coverage
        self._geometry: tuple[int, float, float] | None = None
        self._index = np.zeros(0, dtype=np.intp)
        self._covered = np.zeros(0, dtype=np.bool_)

    def pick(self, scan: Scan) -> BeamReading:
        """Return the wanted beams of a scan.

        Raises:
            SensorError: the scan is empty, its angles make no sense, or it sees too few of the
                wanted angles.
        """
        geometry = (scan.ranges_m.size, scan.angle_min_rad, scan.angle_increment_rad)
        if geometry != self._geometry:
            self._index, self._covered = self._match(scan)
            self._geometry = geometry
        ranges = scan.ranges_m[self._index]
        range_max_m = min(scan.range_max_m, self._range_max_m)
        states = classify_ranges(ranges, scan.range_min_m, range_max_m)
        states[~self._covered] = BeamState.INVALID
        known = np.where(states == BeamState.RETURN, ranges, np.float32(0.0)).astype(np.float32)
        return BeamReading(scan.stamp_s, self._angles, known, states)

    def _match(self, scan: Scan) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        count, step = scan.ranges_m.size, scan.angle_increment_rad
        if count == 0:
            raise SensorError("the scan is empty: it holds no ranges")
        if not (math.isfinite(scan.angle_min_rad) and math.isfinite(step)) or step == 0.0:
            raise SensorError(
                f"the scan's angles make no sense: angle_min {scan.angle_min_rad}, "
                f"angle_increment {step}"
            )
        turns = np.mod((self._angles - scan.angle_min_rad) * math.copysign(1.0, step), 2 * math.pi)
        position = turns / abs(step)
        # An angle a hair before the first beam is the first beam, not one a full turn later.
        full_turn = 2 * math.pi / abs(step)
        position = np.where(full_turn - position <= 0.5 + 1e-6, position - full_turn, position)
        index = np.rint(position).astype(np.intp)
        covered = (index >= 0) & (index < count)
        if covered.mean() < self._least_coverage:
            last = scan.angle_min_rad + step * (count - 1)
            raise SensorError(
                f"the scan covers {scan.angle_min_rad:.2f} to {last:.2f} rad, which holds only "
                f"{covered.mean():.0%} of the beams from {self._angles[0]:.2f} to "
                f"{self._angles[-1]:.2f} rad that are needed: use a bundle made for this sensor"
            )
        return np.clip(index, 0, count - 1), covered
