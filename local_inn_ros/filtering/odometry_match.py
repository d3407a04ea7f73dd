# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How an odometry's motions match those between known poses: its scales, and a delay of stamps.

Over short windows the motion by the odometry is compared with the motion between poses that are
known from elsewhere (fixes, a reference). Least squares with Tukey's weights give the scales; the
delay is the shift in time at which the motions match best. Only changes of speed tell a delay: on a
straight at constant speed every shift matches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import wrap_angles
from local_inn_ros.geometry.turning import turned_by

Floats = NDArray[np.float64]

# Motions are compared over so long, of windows that hardly overlap.
_WINDOW_S = 0.6
_LONGEST_WINDOW_S = 1.5
# Farther than this no driver's stamps are off that it is worth looking for.
_MOST_DELAY_S = 0.5
_COARSE_S, _FINE_S = 0.02, 0.002
# Fewer windows tell nothing.
_LEAST_WINDOWS = 20
# Tukey's biweight at its usual 95 % efficiency.
_TUKEY = 4.685
_LEAST_TRAVEL = 1e-6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and how well it is known.

    Attributes:
        value: the estimate.
        deviation: its standard deviation.
    """

    value: float
    deviation: float

    def differs_from(self, other: float, deviations: float = 3.29) -> bool:
        """Tell whether it is not some value by more than chance, once in a thousand."""
        return abs(self.value - other) > deviations * self.deviation


@dataclass(frozen=True, slots=True, eq=False)
class OdometryTrack:
    """An odometry as arrays, readable at any instants.

    Attributes:
        stamps_s: (m,) strictly increasing.
        poses: (m, 3) of x, y and yaw, the yaw unwrapped.
    """

    stamps_s: Floats
    poses: Floats

    @staticmethod
    def of(stamps_s: Floats, poses: Floats) -> OdometryTrack:
        """Sort poses (m, 3) by their stamps (m,); of several with one stamp the first stays."""
        unique, ordered = _in_order(stamps_s, poses)
        chosen = np.array(ordered, dtype=np.float64).reshape(-1, 3)
        chosen[:, 2] = np.unwrap(chosen[:, 2])
        return OdometryTrack(unique, chosen)

    def at(self, stamps_s: Floats) -> Floats:
        """Return the poses (n, 3) at stamps (n,); NaN outside."""
        columns = [
            np.interp(stamps_s, self.stamps_s, self.poses[:, k], left=np.nan, right=np.nan)
            for k in range(3)
        ]
        return np.column_stack(columns)


@dataclass(frozen=True, slots=True)
class Scales:
    """How many times as far and as much as the odometry says the robot went and turned.

    Attributes:
        distance: of the way; None where it went too little.
        turn: of the turns; None where it turned too little.
    """

    distance: Estimate | None
    turn: Estimate | None


def odometry_scales(odometry: OdometryTrack, stamps_s: Floats, poses: Floats) -> Scales:
    """Compare an odometry with poses (n, 3) at stamps (n,), in any order."""
    stamps_s, poses = _in_order(stamps_s, poses)
    first, last = _windows(stamps_s, overlap=1)
    seen = _between(odometry.at(stamps_s[first]), odometry.at(stamps_s[last]))
    known = _between(poses[first], poses[last])
    whole = np.isfinite(seen).all(axis=1) & np.isfinite(known).all(axis=1)
    seen, known = seen[whole], known[whole]
    return Scales(_slope(seen[:, 0], known[:, 0]), _slope(seen[:, 2], known[:, 2]))


def stamp_delay(odometry: OdometryTrack, stamps_s: Floats, poses: Floats) -> Estimate | None:
    """Return how late the stamps of poses are against those of an odometry, in seconds.

    Args:
        odometry: by its own stamps.
        stamps_s: (n,) of the poses.
        poses: (n, 3) that are known, of the same base.

    Returns:
        The delay, positive where the poses are of earlier than they are stamped; None where the
        drive is too short to say anything.
    """
    stamps_s, poses = _in_order(stamps_s, poses)
    first, last = _windows(stamps_s, overlap=2)
    known = _between(poses[first], poses[last])
    whole = np.isfinite(known).all(axis=1)
    first, last, known = first[whole], last[whole], known[whole]
    if len(first) < _LEAST_WINDOWS:
        return None
    matcher = _Matcher(odometry, stamps_s[first], stamps_s[last], known)
    delays = np.arange(-_MOST_DELAY_S, _MOST_DELAY_S + 0.5 * _COARSE_S, _COARSE_S)
    best = _lowest(matcher, delays)
    if best is None:
        return None
    fine = np.arange(best - 1.5 * _COARSE_S, best + 1.5 * _COARSE_S, _FINE_S)
    best = _lowest(matcher, fine)
    return None if best is None else matcher.refined(best)


def _lowest(matcher: _Matcher, delays: Floats) -> float | None:
    costs = np.array([matcher.cost(delay_s) for delay_s in delays])
    if not np.isfinite(costs).any():
        return None
    return float(delays[int(np.nanargmin(costs))])


class _Matcher:
    """Compares motions by an odometry that is shifted in time with known ones."""

    def __init__(self, odometry: OdometryTrack, starts_s: Floats, ends_s: Floats, known: Floats):
        self._odometry, self._known = odometry, known
        self._starts_s, self._ends_s = starts_s, ends_s
        margin_s = _MOST_DELAY_S + 2.0 * _COARSE_S
        reach = odometry.stamps_s[[0, -1]]
        inside = (starts_s - margin_s >= reach[0]) & (ends_s + margin_s <= reach[1])
        # All shifts are judged by the same windows.
        self._starts_s, self._ends_s, self._known = starts_s[inside], ends_s[inside], known[inside]
        self._spread = np.ones(3)
        if len(self._known) >= _LEAST_WINDOWS:
            for _ in range(2):
                self._spread = np.maximum(_mad(self._offsets(0.0)), (1e-3, 1e-3, 2e-4))

    def _offsets(self, delay_s: float) -> Floats:
        """Return known motions less those of the odometry (n, 3), its scales fitted."""
        seen = _between(
            self._odometry.at(self._starts_s - delay_s), self._odometry.at(self._ends_s - delay_s)
        )
        way, turn = _fit(seen[:, 0], self._known[:, 0]), _fit(seen[:, 2], self._known[:, 2])
        scaled = seen * np.array([way, way, turn])
        offsets: Floats = self._known - scaled
        offsets[:, 2] = wrap_angles(offsets[:, 2])
        return offsets

    def cost(self, delay_s: float) -> float:
        """Return Tukey's loss of all offsets."""
        if len(self._known) < _LEAST_WINDOWS:
            return float("nan")
        white = np.clip(np.abs(self._offsets(delay_s) / self._spread) / _TUKEY, 0.0, 1.0)
        return float(np.sum(1.0 - (1.0 - white**2) ** 3) * _TUKEY**2 / 6.0)

    def refined(self, delay_s: float) -> Estimate | None:
        """Return the delay near a lowest one by Gauss and Newton, and its deviation."""
        for _ in range(5):
            step = 0.5 * _COARSE_S
            offsets = self._offsets(delay_s)
            slope = (self._offsets(delay_s + step) - self._offsets(delay_s - step)) / (2.0 * step)
            spread = np.maximum(_mad(offsets), (1e-3, 1e-3, 2e-4))
            white, by_delay = offsets / spread, slope / spread
            weights = np.clip(1.0 - (white / _TUKEY) ** 2, 0.0, None) ** 2
            told = float(np.sum(weights * by_delay**2))
            if told <= 0.0:
                return None
            move = -float(np.sum(weights * by_delay * white)) / told
            delay_s += float(np.clip(move, -_COARSE_S, _COARSE_S))
        if abs(delay_s) > _MOST_DELAY_S:
            return None
        # Sums over stretches of the drive tell how much slopes differ by chance: neighbouring
        # windows share fixes, and slip lasts (the sandwich of Huber, 1967, by batches).
        parts = np.array_split(np.sum(weights * by_delay * white, axis=1), _parts(len(white)))
        sums = np.array([part.sum() for part in parts])
        deviation = np.sqrt(max(float(np.sum((sums - sums.mean()) ** 2)), told)) / told
        return Estimate(delay_s, float(deviation))


def _parts(count: int) -> int:
    return int(np.clip(count // 10, 4, 40))


def _in_order(stamps_s: Floats, poses: Floats) -> tuple[Floats, Floats]:
    """Sort poses by their stamps; of several with one stamp the first stays."""
    unique, first = np.unique(stamps_s, return_index=True)
    return unique, poses[first]


def _windows(stamps_s: Floats, overlap: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first and last instants of windows; ``overlap`` begin in the time that one lasts."""
    ends = np.searchsorted(stamps_s, stamps_s + 0.999 * _WINDOW_S)
    first = np.flatnonzero(ends < len(stamps_s))
    last = ends[first]
    fits = stamps_s[last] - stamps_s[first] <= _LONGEST_WINDOW_S
    first, last = first[fits], last[fits]
    if not len(first):
        return first, last
    _, chosen = np.unique(np.floor(overlap * stamps_s[first] / _WINDOW_S), return_index=True)
    return first[chosen], last[chosen]


def _between(start: Floats, end: Floats) -> Floats:
    """Return poses (n, 3) as seen from others (n, 3)."""
    cosine, sine = np.cos(start[:, 2]), np.sin(start[:, 2])
    x, y = turned_by(cosine, -sine, end[:, 0] - start[:, 0], end[:, 1] - start[:, 1])
    return np.column_stack([x, y, wrap_angles(end[:, 2] - start[:, 2])])


def _mad(offsets: Floats) -> Floats:
    """Return robust deviations of columns round zero."""
    deviations: Floats = 1.4826 * np.median(np.abs(offsets), axis=0)
    return deviations


def _fit(seen: Floats, known: Floats) -> float:
    """Return the scale that takes one motion to the other; 1 where there is none."""
    found = _slope(seen, known)
    return 1.0 if found is None else found.value


def _slope(seen: Floats, known: Floats) -> Estimate | None:
    """Fit ``known = scale * seen`` (n,), robustly."""
    if len(seen) < _LEAST_WINDOWS or float(seen @ seen) < _LEAST_TRAVEL:
        return None
    weights = np.ones(len(seen))
    for _ in range(10):
        told = float(weights @ seen**2)
        if told <= 0.0:
            return None
        slope = float((weights * seen) @ known) / told
        rest = known - slope * seen
        moved = np.abs(seen) > 0.1 * np.abs(seen).max()
        spread = max(1.4826 * float(np.median(np.abs(rest[moved]))), 1e-6)
        weights = np.clip(1.0 - (rest / (_TUKEY * spread)) ** 2, 0.0, None) ** 2
    # Slip lasts longer than a window: stretches of the drive tell how the scale varies by chance.
    parts = np.array_split(weights * seen * rest, _parts(len(seen)))
    sums = np.array([part.sum() for part in parts])
    deviation = float(np.sqrt(np.sum(sums**2))) / told
    return Estimate(slope, max(deviation, 1e-6))
