# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which beams of a scan lie at the angles that are wanted, whatever the scan's geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing.laser.scan import Scan

_TURN = 2.0 * math.pi
# Single precision, which messages have, tells the angle of a beam no more where it is counted from
# so far away.
_FARTHEST_START_RAD = 100.0
# Angles nearer to a beam than this are where it points, however dense those wanted are.
_BEAM_WIDTH_RAD = math.radians(1.0)
# Rounding, of single precision too, may put an angle this far, in steps, beyond where it belongs.
_HAIR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class BeamMatch:
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

    def as_tuple(
        self,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.bool_]]:
        """Return the arrays as compiled code takes them."""
        return self.nearest, self.neighbour, self.share, self.covered

    @staticmethod
    def nothing() -> BeamMatch:
        """Return the match of no scan."""
        index = np.zeros(0, dtype=np.intp)
        return BeamMatch(index, index, np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.bool_))


def match_beams(angles_rad: NDArray[np.float64], scan: Scan, least_coverage: float) -> BeamMatch:
    """Find the beams of a scan at wanted angles (n,), up to whole turns.

    A scan may turn either way, begin anywhere, and go round more than once: then its first turn
    counts. Each wanted angle has to lie within half a step of a beam, and no farther from it than
    the wanted angles lie apart: what a sparse scan met elsewhere says nothing there.

    Raises:
        SensorError: the scan is empty, its angles make no sense, or it sees a smaller share of the
            wanted angles than ``least_coverage``.
    """
    check_angles(scan)
    count, step = scan.ranges_m.size, scan.angle_increment_rad
    full_turn = _TURN / abs(step)
    turns = np.mod((angles_rad - scan.angle_min_rad) * math.copysign(1.0, step), _TURN)
    position = turns / abs(step)
    # An angle a hair before the first beam is the first beam, not one a full turn later.
    position = np.where(full_turn - position <= 0.5 + _HAIR, position - full_turn, position)
    nearest = np.maximum(np.rint(position), 0.0)
    offset = position - nearest
    covered = (nearest < count) & (np.abs(offset) <= _reach_rad(angles_rad) / abs(step) + _HAIR)
    if covered.mean() < least_coverage:
        raise SensorError(_sees_too_little(angles_rad, scan, float(covered.mean())))
    nearest = np.where(covered, nearest, 0.0)
    offset = np.where(covered, offset, 0.0)
    neighbour = nearest + np.sign(offset)
    share = np.abs(offset)
    # All the way round, the beam before the first is the last of the turn.
    whole = min(count, round(full_turn))
    seam = full_turn - (whole - 1)
    if 0.5 < seam < 1.5:
        across = (neighbour < 0) | (neighbour >= whole)
        share = np.where(across, np.minimum(share / seam, 0.5), share)
        neighbour = np.mod(neighbour, whole)
    neighbour = np.clip(neighbour, 0, count - 1)
    return BeamMatch(
        nearest.astype(np.intp), neighbour.astype(np.intp), share.astype(np.float32), covered
    )


def check_angles(scan: Scan) -> None:
    """See whether the angles of a scan make sense.

    Raises:
        SensorError: they do not; the message names the field of the message.
    """
    if scan.ranges_m.size == 0:
        raise SensorError("the scan is empty: its ranges hold nothing")
    start, step = scan.angle_min_rad, scan.angle_increment_rad
    if not abs(start) <= _FARTHEST_START_RAD:
        raise SensorError(f"the scan's angle_min is {start}: it must be an angle in radians")
    if not 0.0 < abs(step) < _TURN:
        raise SensorError(
            f"the scan's angle_increment is {step}: it must be the angle from one beam to the "
            "next, in radians, and not 0"
        )


def _reach_rad(angles_rad: NDArray[np.float64]) -> float:
    """Return how far from a beam a wanted angle may lie."""
    if angles_rad.size < 2:
        return math.inf
    return max(float(np.median(np.abs(np.diff(angles_rad)))), _BEAM_WIDTH_RAD)


def _sees_too_little(angles_rad: NDArray[np.float64], scan: Scan, share: float) -> str:
    count, step = scan.ranges_m.size, scan.angle_increment_rad
    last = scan.angle_min_rad + step * (count - 1)
    return (
        f"the scan's {count} beams from {scan.angle_min_rad:.2f} to {last:.2f} rad (angle_min, "
        f"angle_increment) see only {share:.0%} of the {angles_rad.size} beams from "
        f"{angles_rad[0]:.2f} to {angles_rad[-1]:.2f} rad that are needed: use a bundle made for "
        "this sensor"
    )
