# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Judges the odometry of a run, and whether the stamps of laser, odometry and reference agree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.evaluation.replay import Replay
from local_inn_ros.evaluation.verdict import Remark, error, warning
from local_inn_ros.filtering.motion_model import ScaleNoise
from local_inn_ros.filtering.odometry_match import (
    Estimate,
    OdometryTrack,
    odometry_scales,
    stamp_delay,
)
from local_inn_ros.geometry import wrap_angles
from local_inn_ros.geometry.turning import turned_by
from local_inn_ros.sensing import Odometry

# A scale that is off by less is within what wheels and floors do from day to day.
_SCALE_OFF = 0.05
# Stamps are told to a few milliseconds at best.
_DELAY_S = 0.005
# Where what a delay does to the pose is more than this many of its deviations, they are untrue.
_DEVIATIONS_OFF = 2.0
_LEAST_SPEED_MPS = 0.05
_LEAST_SCANS = 30


def judge_odometry(
    run: Replay,
    truth: NDArray[np.float64] | None,
    odometry: Sequence[Odometry],
    bundle: str,
    bag: str,
) -> Iterator[Remark]:
    """Compare the odometry's distances and turns with those of the reference, or of the fixes."""
    stamps_s, poses, known_from = _known_poses(run, truth)
    if len(stamps_s) < _LEAST_SCANS or len(odometry) < 2:
        return
    scales = odometry_scales(_track(odometry), stamps_s, poses)
    told = ScaleNoise()
    mend = f"`local-inn calibrate {bundle} --bag {bag} --params-out odometry.yaml` tells its noise"
    for what, more, less, scale, borne in (
        ("distances", "long", "short", scales.distance, told.distance_deviation),
        ("turns", "large", "small", scales.turn, told.turn_deviation),
    ):
        if scale is None or scale.value <= 0.0 or not scale.differs_from(1.0):
            continue
        # How many times the truth the odometry says.
        share = 1.0 / scale.value
        if abs(share - 1.0) < _SCALE_OFF or not _surely(scale, _SCALE_OFF):
            continue
        side = more if share > 1.0 else less
        within = abs(scale.value - 1.0) <= 2.0 * borne
        borne_text = (
            "the filter bears with that"
            if within
            else f"the filter expects {100.0 * borne:.0f} % and is sure of a pose that is not "
            "there where scans fail"
        )
        yield warning(
            f"odometry.{what}",
            f"the odometry's {what} are {abs(share - 1.0):.0%} too {side} by the {known_from}: "
            f"{borne_text}; mend wheel radius or track width in its driver, or {mend}",
            scale=share,
        )


def _surely(scale: Estimate, off: float) -> bool:
    """Tell whether a scale is off by so much, and not by chance."""
    return abs(scale.value - 1.0) - 3.29 * scale.deviation > 0.5 * off


def judge_stamps(
    run: Replay,
    truth: NDArray[np.float64] | None,
    odometry: Sequence[Odometry],
    bundle: str,
    bag: str,
) -> Iterator[Remark]:
    """Look whether the scans' stamps fit those of the odometry, and those of the reference."""
    fixed = run.accepted
    if fixed.sum() >= _LEAST_SCANS and len(odometry) > 1:
        delay = stamp_delay(_track(odometry), run.stamps_s[fixed], run.measured[fixed])
        mend = (
            f"`local-inn calibrate {bundle} --bag {bag}` measures it and writes it to the bundle "
            "(time_offset_s), or mend the driver's stamps"
        )
        yield from _of_delay("stamps.laser", "laser", "odometry", delay, run, mend)
    if truth is not None:
        delay = _delay_against(run, truth)
        mend = "mend the stamps of one of the two; the errors above hold what the delay makes"
        yield from _of_delay("stamps.reference", "fused pose", "reference", delay, run, mend)


def _of_delay(
    code: str, late: str, other: str, delay: Estimate | None, run: Replay, mend: str
) -> Iterator[Remark]:
    if delay is None or abs(delay.value) < _DELAY_S or not delay.differs_from(0.0):
        return
    speed, turning = _speeds(run)
    shift_m = abs(delay.value) * speed
    deviations = np.sqrt(np.median(run.covariances[:, [0, 1, 2], [0, 1, 2]], axis=0))
    off = max(
        shift_m / max(math.hypot(*deviations[:2]), 1e-6),
        abs(delay.value) * turning / max(float(deviations[2]), 1e-6),
    )
    side = "late" if delay.value > 0.0 else "early"
    grade = error if off > _DEVIATIONS_OFF else warning
    yield grade(
        code,
        f"the stamps of the {late} are {1e3 * abs(delay.value):.0f} ms (+- "
        f"{1e3 * delay.deviation:.0f}) too {side} against those of the {other}: at this drive's "
        f"speed {100.0 * shift_m:.2g} cm; {mend}",
        delay_s=delay.value,
        deviation_s=delay.deviation,
        shift_m=shift_m,
    )


def _known_poses(
    run: Replay, truth: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    if truth is None:
        return run.stamps_s[run.accepted], run.measured[run.accepted], "fixes"
    known = np.isfinite(truth).all(axis=1)
    return run.stamps_s[known], truth[known], "reference"


def _track(odometry: Sequence[Odometry]) -> OdometryTrack:
    return OdometryTrack.of(
        np.array([one.stamp_s for one in odometry]),
        np.array([one.pose.to_array() for one in odometry]),
    )


def _speeds(run: Replay) -> tuple[float, float]:
    """Return how fast the robot went (m/s) and turned (rad/s), root mean square."""
    steps_s = np.maximum(np.diff(run.stamps_s), 1e-6)
    ahead = np.hypot(*np.diff(run.fused[:, :2], axis=0).T) / steps_s
    turns = wrap_angles(np.diff(run.fused[:, 2])) / steps_s
    return float(np.sqrt(np.mean(ahead**2))), float(np.sqrt(np.mean(turns**2)))


def _delay_against(run: Replay, truth: NDArray[np.float64]) -> Estimate | None:
    """Return how late the filter's poses are stamped against the reference.

    The error along the way and that of heading grow with speed and rate of turn by the delay; what
    does not grow with them is an offset, and another matter.
    """
    known = np.flatnonzero(np.isfinite(truth).all(axis=1))
    stamps, first = np.unique(run.stamps_s[known], return_index=True)
    known = known[first]
    true = truth[known]
    if len(stamps) < _LEAST_SCANS:
        return None
    yaw = np.unwrap(true[:, 2])
    velocity = np.column_stack([np.gradient(true[:, k], stamps) for k in (0, 1)])
    cosine, sine = np.cos(yaw), np.sin(yaw)
    ahead, _ = turned_by(cosine, -sine, velocity[:, 0], velocity[:, 1])
    offset = run.fused[known] - true
    along, _ = turned_by(cosine, -sine, offset[:, 0], offset[:, 1])
    errors = np.concatenate([along, wrap_angles(offset[:, 2])])
    rates = np.concatenate([ahead, np.gradient(yaw, stamps)])
    return _slope_beside_offsets(rates, errors, len(stamps))


def _slope_beside_offsets(
    rates: NDArray[np.float64], errors: NDArray[np.float64], count: int
) -> Estimate | None:
    """Fit errors (2n,) of position and heading by a delay times rates, and an offset for each."""
    slopes = []
    for part in (slice(0, count), slice(count, None)):
        rate, off = rates[part] - rates[part].mean(), errors[part]
        spread = max(1.4826 * float(np.median(np.abs(off - np.median(off)))), 1e-6)
        weights = (np.abs(off - np.median(off)) < 5.0 * spread).astype(np.float64)
        slopes.append((rate, off - np.average(off, weights=weights), weights, spread))
    told = sum(float(w @ r**2) / s**2 for r, _, w, s in slopes)
    if told <= 0.0:
        return None
    # The robot is earlier on its way than the reference where its stamps are late.
    delay = -sum(float(w @ (r * e)) / s**2 for r, e, w, s in slopes) / told
    pulls = sum(w * r * (e + delay * r) / s**2 for r, e, w, s in slopes)
    sums = np.array([part.sum() for part in np.array_split(np.asarray(pulls), 20)])
    deviation = math.sqrt(float(np.sum((sums - sums.mean()) ** 2))) / told
    return Estimate(delay, max(deviation, 1e-6))
