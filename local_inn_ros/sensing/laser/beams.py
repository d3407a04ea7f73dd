# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a scan of any geometry to the beams of a sensor description (REP-117 values kept apart)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing.laser.beam_kernel import (
    network_states_of,
    picked,
    returns_among,
    states_of,
)
from local_inn_ros.sensing.laser.beam_match import BeamMatch, match_beams
from local_inn_ros.sensing.laser.beam_state import BeamState
from local_inn_ros.sensing.laser.scan import Scan

# Two sensors that reach so nearly as far as each other mean the same by "nothing within reach".
_SAME_REACH = 0.9
# Too few distances to tell three unknowns.
_LEAST_RETURNS = 3
# A scan must see at least this share of the beams that a bundle was trained for.
_LEAST_COVERAGE = 0.6
_RETURN = int(BeamState.RETURN)


@dataclass(frozen=True, slots=True, eq=False)
class Beams:
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
        return np.equal(self.states, _RETURN)

    def require_returns(self) -> None:
        """See whether enough beams measured a distance to tell a pose.

        Raises:
            SensorError: fewer than three did; the message says what came instead.
        """
        if returns_among(self.states) >= _LEAST_RETURNS:
            return
        if np.all(self.states == BeamState.INVALID):
            what = "all are NaN, zero or negative: it may be covered, starting up or broken"
        elif np.any(self.states == BeamState.TOO_CLOSE):
            what = "something is too near to be measured: it may be covered"
        else:
            what = "nothing lies within its reach"
        raise SensorError(f"the scan has fewer than {_LEAST_RETURNS} measured distances; {what}")

    def network_states(self) -> NDArray[np.float32]:
        """Return (n,) float32 for the network: 1 a distance, -1 nothing within reach, 0 unknown."""
        told: NDArray[np.float32] = network_states_of(self.states)
        return told

    def end_points(self) -> NDArray[np.float64]:
        """Return the end points (k, 2) of the beams that measured a distance, sensor frame."""
        hit = self.returned()
        ranges, angles = self.ranges_m[hit].astype(np.float64), self.angles_rad[hit]
        return np.column_stack([ranges * np.cos(angles), ranges * np.sin(angles)])


def classify_ranges(
    ranges_m: NDArray[np.floating], range_min_m: float, range_max_m: float
) -> NDArray[np.uint8]:
    """Sort raw ranges (n,) into ``BeamState`` values (n,) as REP-117 has them."""
    states: NDArray[np.uint8] = states_of(ranges_m, range_min_m, range_max_m)
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
        self._match = BeamMatch.nothing()

    def pick(self, scan: Scan) -> Beams:
        """Return the wanted beams of a scan.

        Raises:
            SensorError: the scan is empty, its angles or range limits make no sense, or it sees
                too few of the wanted angles.
        """
        _check_limits(scan, self._range_max_m)
        range_max_m = min(scan.range_max_m, self._range_max_m)
        geometry = (scan.ranges_m.size, scan.angle_min_rad, scan.angle_increment_rad)
        if geometry != self._geometry:
            self._match = match_beams(self._angles, scan, self._least_coverage)
            self._geometry = geometry
        # What lies beyond the reach of this scan, but not of others, is not known.
        reaches = scan.range_max_m >= _SAME_REACH * self._range_max_m
        known, states = picked(
            scan.ranges_m,
            self._match.as_tuple(),
            scan.range_min_m,
            range_max_m,
            reaches,
            abs(scan.angle_increment_rad),
        )
        return Beams(scan.stamp_s, self._angles, known, states)


def _check_limits(scan: Scan, used_m: float) -> None:
    """See whether the range limits of a scan make sense where ranges up to ``used_m`` are used.

    Raises:
        SensorError: they do not; the message names the field of the message.
    """
    if not math.isfinite(scan.range_min_m):
        raise SensorError(f"the scan's range_min is {scan.range_min_m}: it must be a distance")
    if not scan.range_max_m > scan.range_min_m:
        raise SensorError(
            f"the scan's range_max is {scan.range_max_m}: it must be a distance above range_min, "
            f"which is {scan.range_min_m}"
        )
    if not scan.range_min_m < used_m:
        raise SensorError(
            f"the scan's range_min is {scan.range_min_m}: that leaves nothing of the {used_m} m "
            "that are used; is it in metres?"
        )
