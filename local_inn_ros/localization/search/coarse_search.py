# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where on a map a scan may have been taken, roughly and fast.

What a full turn of beams would measure is laid down once for a lattice of positions, by ray casting
in the map. A scan is then compared with every position at every heading.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import wrap_angles
from local_inn_ros.sensing import BeamPicker, BeamState, LaserSpec, Scan

_SPACING_M = 0.3
# Where the free space is so large that there would be more, they lie farther apart.
_MOST_PLACES = 200_000
# Bearings laid down for each position; a heading is a shift by whole bearings.
_BEARINGS = 120
_STEP_RAD = 2.0 * math.pi / _BEARINGS
# Every other bearing is compared: its neighbours meet the same surfaces.
_STRIDE = 2
# A beam agrees within what half a lattice step and half a bearing may change of it.
_TOLERANCE_M, _TOLERANCE_SHARE = 0.4, 0.1
# A beam that agrees counts one; against a place speaks one cut short, which may have met something
# unmapped, less than one that passes through an expected wall.
_SHORT_COST, _THROUGH_COST = np.float32(0.15), np.float32(0.5)
# So far apart, or turned by so much, two places are worth to be looked at both.
_APART_M, _APART_RAD = 0.35, math.radians(12.0)
# The best of so many positions, and of so many headings there, are thinned out to those.
MOST_POSITIONS = 3000
_THINNED = 8000
# From so many positions on, a second thread gains more than it costs.
WORTH_A_THREAD = 3000


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Positions all over the free space of a map, and what a full turn of beams would measure.

    Ray-cast from the bundle's grid and not made of forward passes: those would take two for each
    position, which is seconds where ray casting takes a tenth of one, and the lattice's own steps
    blur more than the two differ by.

    Attributes:
        positions: (p, 2) in the map frame.
        expected_m: (p, b) ranges at bearings of the map frame, as far as the sensor reaches.
    """

    positions: NDArray[np.float64]
    expected_m: NDArray[np.float32]

    @staticmethod
    def of(bundle: Bundle) -> Lattice:
        """Lay down what every position sees.

        Raises:
            MapError: the map has no free cell.
        """
        range_max_m = bundle.description.laser.range_max_m
        space = bundle.free_space()
        spacing_m = max(_SPACING_M, math.sqrt(space.area_m2 / _MOST_PLACES))
        poses = space.grid_poses(spacing_m, 1)
        poses[:, 2] = 0.0
        ranges = bundle.caster.cast(poses, _STEP_RAD * np.arange(_BEARINGS), range_max_m)
        np.minimum(ranges, np.float32(range_max_m), out=ranges)
        return Lattice(poses[:, :2].copy(), ranges)


class CoarseSearch:
    """Compares scans with a lattice at every heading."""

    def __init__(self, lattice: Lattice, sensor: LaserSpec) -> None:
        """Set up.

        Args:
            lattice: of the map; several may share it.
            sensor: the laser that it was laid down for.
        """
        self._positions = lattice.positions
        self._expected = lattice.expected_m
        self._range_max_m = sensor.range_max_m
        # Half a bearing beyond the field of view is still seen.
        first = math.ceil(sensor.angle_min_rad / _STEP_RAD - 0.5)
        last = math.floor(sensor.angle_max_rad / _STEP_RAD + 0.5)
        self._bearings = np.arange(first, last + 1, _STRIDE)[: _BEARINGS // _STRIDE]
        angles = self._bearings.astype(np.float64) * _STEP_RAD
        self._picker = BeamPicker(angles, sensor.range_max_m)
        # Compiles the inner loops now, where no scan waits (numba keeps them for the next time).
        self._thinned(self._agreements(np.zeros(1, np.intp), np.ones(1, np.float32)), 1)

    def candidates(self, scan: Scan, count: int) -> NDArray[np.float64]:
        """Return poses (k, 3), k <= count, of the sensor in the map frame, best first.

        No two are the same place; k is 0 where no beam says anything.

        Raises:
            SensorError: the scan cannot be used.
        """
        reading = self._picker.pick(scan)
        silent = reading.states == BeamState.NO_RETURN
        telling = reading.returned() | silent
        if not telling.any():
            return np.zeros((0, 3))
        measured = np.where(silent, np.float32(self._range_max_m), reading.ranges_m)[telling]
        return self._thinned(self._agreements(self._bearings[telling], measured), count)

    def _agreements(
        self, bearings: NDArray[np.intp], measured: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return (p, h) how well each position at each heading explains the beams."""
        sharpness = 1.0 / (_TOLERANCE_M + _TOLERANCE_SHARE * measured)
        agreement = np.zeros(self._expected.shape, np.float32)
        beams = (np.mod(bearings, _BEARINGS), measured, sharpness.astype(np.float32))
        halves = [slice(None, len(agreement) // 2), slice(len(agreement) // 2, None)]
        if len(agreement) < WORTH_A_THREAD:
            _compare(self._expected, *beams, agreement)
            return agreement
        with ThreadPoolExecutor(len(halves)) as pool:
            jobs = [
                pool.submit(_compare, self._expected[rows], *beams, agreement[rows])
                for rows in halves
            ]
            for job in jobs:
                job.result()
        return agreement

    def _thinned(self, agreement: NDArray[np.float32], count: int) -> NDArray[np.float64]:
        """Return the best poses (k, 3) that are apart from each other."""
        positions = self._positions
        if len(positions) > MOST_POSITIONS:
            kept = np.argpartition(-agreement.max(axis=1), MOST_POSITIONS)[:MOST_POSITIONS]
            kept.sort()
            positions, agreement = positions[kept], agreement[kept]
        peak = agreement >= np.maximum(np.roll(agreement, 1, 1), np.roll(agreement, -1, 1))
        places = np.flatnonzero(peak)
        values = agreement.ravel()[places]
        if len(places) > _THINNED:
            kept = np.argpartition(-values, _THINNED)[:_THINNED]
            places, values = places[kept], values[kept]
        places = places[np.argsort(-values, kind="stable")]
        yaws = wrap_angles(_STEP_RAD * (places % _BEARINGS))
        poses = np.column_stack([positions[places // _BEARINGS], yaws])
        best: NDArray[np.float64] = poses[apart(poses, _APART_M, _APART_RAD, count)]
        return best


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _compare(expected, bearings, measured, sharpness, agreement):  # type: ignore[no-untyped-def]
    """Add up in agreement (p, h) what each beam says of each position and heading."""
    for p in range(expected.shape[0]):
        seen, total = expected[p], agreement[p]
        for b in range(bearings.shape[0]):
            split = seen.shape[0] - bearings[b]
            # Two runs instead of a modulo, so that both become vector instructions.
            _add(seen[bearings[b] :], measured[b], sharpness[b], total[:split])
            _add(seen[: bearings[b]], measured[b], sharpness[b], total[split:])


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _add(seen, distance, sharp, total):  # type: ignore[no-untyped-def]
    """Add to total (h,) what one beam says where (h,) ranges are expected."""
    one, nothing = np.float32(1.0), np.float32(0.0)
    for h in range(total.shape[0]):
        off = (seen[h] - distance) * sharp
        cost = _SHORT_COST if off > one else (_THROUGH_COST if off < -one else nothing)
        total[h] += max(one - abs(off), nothing) - cost


@numba.njit(cache=True, nogil=True)
def apart(poses, distance_m, angle_rad, count):  # type: ignore[no-untyped-def]
    """Return the indices (k,) of poses (n, 3) that are apart from all taken before them.

    Two are apart that are farther from each other than a distance, or turned by more than an angle.
    At most ``count`` are taken.
    """
    taken = np.empty(min(count, poses.shape[0]), np.intp)
    found = 0
    least_cosine = math.cos(angle_rad)
    for i in range(poses.shape[0]):
        if found == taken.shape[0]:
            break
        free = True
        for j in taken[:found]:
            dx, dy = poses[i, 0] - poses[j, 0], poses[i, 1] - poses[j, 1]
            near = dx * dx + dy * dy < distance_m * distance_m
            if near and math.cos(poses[i, 2] - poses[j, 2]) > least_cosine:
                free = False
                break
        if free:
            taken[found] = i
            found += 1
    return taken[:found]
