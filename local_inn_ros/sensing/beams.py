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
# Neighbouring beams meet one surface where their ranges differ by no more than on a wall that is
# met this obliquely (tangent of the angle of incidence), and the noise of a laser.
_MOST_OBLIQUE = 5.0
_NOISE_M = 0.02


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

    A wanted angle between two beams that meet the same surface gets the range of that surface
    there; otherwise the nearest beam speaks for it. Which beams lie where is computed once for
    each scan geometry.
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
        self._match = _Match.nothing()

    def pick(self, scan: Scan) -> BeamReading:
        """Return the wanted beams of a scan.

        Raises:
            SensorError: the scan is empty, its angles or range limits make no sense, or it sees
                too few of the wanted angles.
        """
        range_max_m = min(scan.range_max_m, self._range_max_m)
        if not scan.range_min_m < range_max_m:
            raise SensorError(
                f"the scan's range limits make no sense here: range_min {scan.range_min_m}, "
                f"range_max {scan.range_max_m}, of which {self._range_max_m} m are used"
            )
        geometry = (scan.ranges_m.size, scan.angle_min_rad, scan.angle_increment_rad)
        if geometry != self._geometry:
            self._match = self._matched(scan)
            self._geometry = geometry
        match = self._match
        nearest = scan.ranges_m[match.nearest]
        states = classify_ranges(nearest, scan.range_min_m, range_max_m)
        states[~match.covered] = BeamState.INVALID
        ranges = np.where(states == BeamState.RETURN, nearest, np.float32(1.0))
        # NaN and the infinities never lie on the same surface as anything.
        other = scan.ranges_m[match.neighbour]
        with np.errstate(invalid="ignore"):
            gap = np.abs(other - ranges)
        same = gap <= _NOISE_M + _MOST_OBLIQUE * abs(scan.angle_increment_rad) * ranges
        # Along a straight wall the inverse of the range is nearly linear in the angle.
        share = np.where(same & (other > 0.0), match.share, np.float32(0.0))
        between = ranges / (1.0 + share * (ranges / np.where(share > 0.0, other, ranges) - 1.0))
        known = np.where(states == BeamState.RETURN, between, 0.0).astype(np.float32)
        return BeamReading(scan.stamp_s, self._angles, known, states)

    def _matched(self, scan: Scan) -> _Match:
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
        nearest = np.rint(position).astype(np.intp)
        covered = (nearest >= 0) & (nearest < count)
        if covered.mean() < self._least_coverage:
            last = scan.angle_min_rad + step * (count - 1)
            raise SensorError(
                f"the scan covers {scan.angle_min_rad:.2f} to {last:.2f} rad, which holds only "
                f"{covered.mean():.0%} of the beams from {self._angles[0]:.2f} to "
                f"{self._angles[-1]:.2f} rad that are needed: use a bundle made for this sensor"
            )
        nearest = np.clip(nearest, 0, count - 1)
        offset = np.where(covered, position - nearest, 0.0)
        neighbour = nearest + np.sign(offset).astype(np.intp)
        if abs(full_turn - count) < 0.5:
            neighbour %= count
        else:
            neighbour = np.clip(neighbour, 0, count - 1)
        return _Match(nearest, neighbour, np.abs(offset).astype(np.float32), covered)


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """Which beams of a scan lie at the wanted angles.

    Attributes:
        nearest: (n,) index of the nearest beam.
        neighbour: (n,) index of the beam on the other side of the angle.
        share: (n,) how far the angle lies from the nearest towards the neighbour, 0 to 0.5.
        covered: (n,) whether the scan reaches the angle at all.
    """

    nearest: NDArray[np.intp]
    neighbour: NDArray[np.intp]
    share: NDArray[np.float32]
    covered: NDArray[np.bool_]

    @staticmethod
    def nothing() -> _Match:
        """Return the match of no scan."""
        index = np.zeros(0, dtype=np.intp)
        return _Match(index, index, np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.bool_))
