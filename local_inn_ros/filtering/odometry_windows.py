# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows of a drive: how far the odometry was off in each, and what each kind of noise does there.

The error of a window is of its last pose, seen from its first. To first order it is a sum over the
steps in between: of errors of position, in the axes of the step, and of errors of heading, each of
which turns all of the way that is left. So its covariance is a sum too, of one matrix for each kind
of noise times that noise's variance (Barfoot, State Estimation for Robotics, section 4.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.odometry_noise import MOTION_FIGURES, SCALE_FIGURES
from local_inn_ros.geometry import wrap_angles
from local_inn_ros.geometry.turning import turned_by

Floats = NDArray[np.float64]
Instants = NDArray[np.intp]

REFERENCE_FIGURES = ("reference_position", "reference_yaw")
"""Noise of the reference's own poses, each by itself, in m and rad."""
LINEAR_FIGURES = (*MOTION_FIGURES, *REFERENCE_FIGURES)
"""Kinds of noise whose matrices depend on nothing but the way."""
SCALES = tuple(name for name in SCALE_FIGURES if name != "scale_time")
"""Kinds of noise whose matrices depend on how long a spell lasts, too."""
SPELLS_S = np.geomspace(0.05, 60.0, 36)
"""How long a spell may last; matrices are known for these."""
LENGTHS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Lengths of windows."""

# So many windows begin in the time that one lasts.
_OVERLAP = 4
_MOST_OF_A_LENGTH = 1000
# Scales wander slowly: so many pieces of a window show them well enough.
_PIECES = 50
# Windows that are worked on together: as many as stay in the processor's cache.
_AT_A_TIME = 50
# Nobody knows what happened in a pause of the odometry.
_LONGEST_PAUSE_S = 0.5
# Where poses are known too rarely for a length, windows come out longer; this is too long.
_STRETCHED = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class PosedOdometry:
    """Odometry beside poses that are known from elsewhere.

    Attributes:
        stamps_s: (n,) strictly increasing.
        odometry: (n, 3) of x, y, yaw in the frame of the odometry.
        truth: (n, 3) in the map frame; NaN where it is not known.
    """

    stamps_s: Floats
    odometry: Floats
    truth: Floats


@dataclass(frozen=True, slots=True, eq=False)
class OdometryWindows:
    """Errors of the odometry over windows, in the axes of its frame.

    Attributes:
        errors: (n, 3) of x, y, yaw: the true motion less that of the odometry.
        shapes: (n, len(LINEAR_FIGURES), 3, 3) covariances by unit variances.
        scale_shapes: (n, len(SPELLS_S), len(SCALES), 3, 3) the same for the scales.
        weights: (n,) how much each window counts.
        lengths: (n,) which of ``LENGTHS_S`` each has.
        starts_s: (n,) when each begins.
        seconds: length of the drive that has windows.
        metres: the way in it.
        radians: all of its turns.
    """

    errors: Floats
    shapes: Floats
    scale_shapes: Floats
    weights: Floats
    lengths: Instants
    starts_s: Floats
    seconds: float
    metres: float
    radians: float

    def __len__(self) -> int:
        """Return how many windows there are."""
        return len(self.errors)


def odometry_windows(drive: PosedOdometry) -> OdometryWindows:
    """Cut a drive into windows of all lengths; see ``LENGTHS_S``. There may be none."""
    cuts = [_cut(drive, length_s) for length_s in LENGTHS_S]
    first, last = (np.concatenate([cut[k] for cut in cuts]) for k in (0, 1))
    steps = _Steps(drive)
    covered = np.zeros(len(steps.seconds), dtype=bool)
    for start, end in zip(first, last, strict=True):
        covered[start:end] = True
    return OdometryWindows(
        _errors(drive, first, last),
        np.concatenate([steps.shapes(*cut) for cut in cuts]),
        np.concatenate([steps.scale_shapes(*cut) for cut in cuts]),
        _evened([_weights(*(drive.stamps_s[ends] for ends in cut)) for cut in cuts]),
        np.concatenate([np.full(len(cut[0]), k) for k, cut in enumerate(cuts)]),
        drive.stamps_s[first],
        *(float(amount[covered].sum()) for amount in (steps.seconds, steps.metres, steps.radians)),
    )


def _cut(drive: PosedOdometry, length_s: float) -> tuple[Instants, Instants]:
    """Return the first and the last instants of windows of one length."""
    stamps = drive.stamps_s
    known = np.flatnonzero(np.isfinite(drive.truth).all(axis=1))
    ends = np.searchsorted(stamps[known], stamps[known] + 0.999 * length_s)
    first, last = known[ends < len(known)], known[ends[ends < len(known)]]
    # Instants with no pause between them have the same number.
    runs = np.concatenate([[0], np.cumsum(np.diff(stamps) > _LONGEST_PAUSE_S)])
    fits = runs[first] == runs[last]
    fits &= stamps[last] - stamps[first] <= _STRETCHED * length_s
    first, last = first[fits], last[fits]
    # The first that begins in each part of the time.
    _, chosen = np.unique(np.floor(_OVERLAP * stamps[first] / length_s), return_index=True)
    if len(chosen) > _MOST_OF_A_LENGTH:
        chosen = chosen[np.linspace(0, len(chosen) - 1, _MOST_OF_A_LENGTH).astype(np.intp)]
    return first[chosen], last[chosen]


def _weights(starts_s: Floats, ends_s: Floats) -> Floats:
    """Return how much of each window (n,) is before the next one begins."""
    alone = np.minimum(starts_s[1:], ends_s[:-1]) - starts_s[:-1]
    return np.append(alone / (ends_s - starts_s)[:-1], np.ones(min(len(starts_s), 1)))


def _evened(weights: Sequence[Floats]) -> Floats:
    """Return weights of windows of all lengths: together, those of one count as much as of another.

    There are few long ones. Where the truth is none of the model's, the short ones alone would be
    heard.
    """
    sums = [float(one.sum()) for one in weights if len(one)]
    shares: Floats = np.concatenate([one / (one.sum() or 1.0) for one in weights])
    return shares * float(np.mean(sums or [0.0]))


def _errors(drive: PosedOdometry, first: Instants, last: Instants) -> Floats:
    """Return the errors (n, 3) of windows, in the axes of the odometry's frame."""
    seen, true = (
        drive.odometry[last] - drive.odometry[first],
        drive.truth[last] - drive.truth[first],
    )
    turn = drive.odometry[first, 2] - drive.truth[first, 2]
    moved = np.stack(turned_by(np.cos(turn), np.sin(turn), true[:, 0], true[:, 1]), axis=1)
    return np.column_stack([moved - seen[:, :2], wrap_angles(true[:, 2] - seen[:, 2])])


class _Steps:
    """The steps of the odometry from instant to instant, and what noise does in them."""

    def __init__(self, drive: PosedOdometry) -> None:
        self._stamps = drive.stamps_s
        self._xy = drive.odometry[:, :2]
        self._turns = wrap_angles(np.diff(drive.odometry[:, 2]))
        self._ways = np.diff(self._xy, axis=0)
        self.seconds = np.diff(drive.stamps_s)
        self.metres = np.hypot(*self._ways.T)
        self.radians = np.abs(self._turns)

    def shapes(self, first: Instants, last: Instants) -> Floats:
        """Return (n, len(LINEAR_FIGURES), 3, 3) for windows from an instant to another."""
        parts = range(0, len(first), _AT_A_TIME)
        found = [self._shapes(first[k : k + _AT_A_TIME], last[k : k + _AT_A_TIME]) for k in parts]
        return np.concatenate([np.zeros((0, len(LINEAR_FIGURES), 3, 3)), *found])

    def _shapes(self, first: Instants, last: Instants) -> Floats:
        steps = first[:, None] + np.arange(np.max(last - first))
        inside = steps < last[:, None]
        steps = np.minimum(steps, len(self.seconds) - 1)
        seconds, metres, radians = (
            np.where(inside, amount[steps], 0.0)
            for amount in (self.seconds, self.metres, self.radians)
        )
        along = np.zeros((*steps.shape, 3))
        along[..., :2] = self._ways[steps] / np.maximum(self.metres[steps], 1e-12)[..., None]
        across = np.stack([-along[..., 1], along[..., 0], along[..., 2]], axis=-1)
        # An error of heading arises at the end of a step and turns what is left of the way.
        turned = _by_heading(self._xy[last][:, None] - self._xy[steps + 1])
        seen_turned = _by_heading(self._xy[last] - self._xy[first])[:, None]
        to_all_sides, of_heading = np.diag([1.0, 1.0, 0.0]), np.diag([0.0, 0.0, 1.0])
        found = {
            "along_per_metre": _spread(along, metres),
            "across_per_metre": _spread(across, metres),
            "yaw_per_metre": _spread(turned, metres),
            "yaw_per_radian": _spread(turned, radians),
            "position_per_radian": radians.sum(axis=1)[:, None, None] * to_all_sides,
            "position_per_second": seconds.sum(axis=1)[:, None, None] * to_all_sides,
            "yaw_per_second": _spread(turned, seconds),
            "reference_position": np.broadcast_to(2.0 * to_all_sides, (len(first), 3, 3)),
            "reference_yaw": _spread(seen_turned, np.ones((len(first), 1))) + of_heading,
        }
        return np.stack([found[name] for name in LINEAR_FIGURES], axis=1)

    def scale_shapes(self, first: Instants, last: Instants) -> Floats:
        """Return (n, len(SPELLS_S), len(SCALES), 3, 3).

        The covariance of what a scale does in two pieces of a window falls off with the time
        between them, as the Ornstein-Uhlenbeck process has it; summed over all pairs, in one pass.
        """
        pieces = int(min(_PIECES, max(last - first, default=1)))
        share = np.linspace(0.0, 1.0, pieces + 1)
        at = np.rint(first[:, None] + share * (last - first)[:, None]).astype(np.intp)
        xy, middles_s = self._xy[at], 0.5 * (self._stamps[at[:, 1:]] + self._stamps[at[:, :-1]])
        turns = np.diff(np.concatenate([[0.0], np.cumsum(self._turns)])[at], axis=1)
        left = xy[:, -1:] - 0.5 * (xy[:, 1:] + xy[:, :-1])
        # By a unit of each scale: (n, pieces, 2, 3).
        slopes = np.zeros((*turns.shape, 2, 3))
        slopes[..., 0, :2] = np.diff(xy, axis=1)
        slopes[..., 1, 0], slopes[..., 1, 1] = -turns * left[..., 1], turns * left[..., 0]
        slopes[..., 1, 2] = turns
        kept = np.exp(-np.diff(middles_s, axis=1)[..., None] / SPELLS_S)
        parts = range(0, len(first), _AT_A_TIME)
        found = [_summed(slopes[k : k + _AT_A_TIME], kept[k : k + _AT_A_TIME]) for k in parts]
        return np.concatenate([np.zeros((0, len(SPELLS_S), 2, 3, 3)), *found])


def _summed(slopes: Floats, kept: Floats) -> Floats:
    """Return the sums (n, spells, 2, 3, 3) over all pairs of pieces of windows.

    Args:
        slopes: (n, pieces, 2, 3) of the error by the scales in each piece.
        kept: (n, pieces - 1, spells) what is left of a scale's error from piece to piece.
    """
    known = np.zeros((len(slopes), kept.shape[2], 2, 3))
    total = np.zeros((*known.shape, 3))
    for k in range(slopes.shape[1]):
        if k:
            known *= kept[:, k - 1, :, None, None]
        slope = slopes[:, None, k]
        # Each pair once from either side, and each piece with itself.
        total += slope[..., :, None] * (known + 0.5 * slope)[..., None, :]
        known += slope
    both: Floats = total + np.swapaxes(total, -1, -2)
    return both


def _by_heading(left: Floats) -> Floats:
    """Return what a unit of heading does (..., 3) to the end of a way (..., 2)."""
    return np.stack([-left[..., 1], left[..., 0], np.ones(left.shape[:-1])], axis=-1)


def _spread(errors: Floats, variances: Floats) -> Floats:
    """Return the covariances (n, 3, 3) of sums of errors (n, m, 3) with variances (n, m)."""
    total: Floats = np.einsum("ns,nsi,nsj->nij", variances, errors, errors, optimize=True)
    return total
