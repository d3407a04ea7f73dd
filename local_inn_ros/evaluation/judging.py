# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Judges a run: whether bundle and recording fit, covariances are true, and stamps are right.

No bound here is tuned to a data set. A remark is made where chance does so once in a thousand runs
at most (scans that share errors are counted as fewer, see ``chance``), and it is grave where the
result then means something else than it says; each bound tells why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.chance import mean_bounds, share_bounds
from local_inn_ros.evaluation.odometry_judging import judge_odometry, judge_stamps
from local_inn_ros.evaluation.replay import Replay
from local_inn_ros.evaluation.verdict import Remark, Verdict, error, warning
from local_inn_ros.sensing import Odometry

# A robot that is further off than a planner can bear in half of the scans is not on this map. That
# it is so in one of a hundred is a fault of the localization that no figure of errors shows.
_HALF = 0.5
_LOST_SHARE = 0.01
# Quality is the probability that a fix is right.
_EVEN = 0.5
# The filter's gate passes 99.9 % of right fixes: one refused in ten is none of chance.
_MANY = 0.1
# Deviations that are short by this make of "3 sigma", 97 % of the truths, 48 %.
_GRAVE_FACTOR = 2.0
_FACTOR = 1.1
# Coverage and ANEES of fewer scans say little: ANEES 3 may come out as 1.8 or 4.5.
_FEW_SCANS = 30
_FEW_SHARE, _SOME_SHARE = 0.5, 0.95
_DOF = 3


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a run is judged by.

    Attributes:
        run: the answers.
        truth: (n, 3) poses of the reference at the run's scans, NaN where it has none; None where
            there is no reference at all.
        odometry: readings, by stamp.
        scan_count: how many scans the recording holds.
        contradictions: what in the messages' fields does not agree, in words.
        unused: readings that were not used, counted by the reason.
        set_back: topics whose clock was set back, in words.
        bundle: name of the bundle, for commands.
        bag: name of the recording, for commands.
    """

    run: Replay
    truth: NDArray[np.float64] | None
    odometry: Sequence[Odometry]
    scan_count: int
    contradictions: Sequence[str]
    unused: Mapping[str, int]
    set_back: Sequence[str]
    bundle: str
    bag: str


def judge(seen: Seen) -> Verdict:
    """Say what is wrong with a run."""
    remarks = [error("stamps.back", one) for one in seen.set_back]
    remarks += [*_judge_count(seen), *_judge_fit(seen), *_judge_covariance(seen)]
    if not any(one.code == "map" for one in remarks):
        # Fixes in another place tell nothing of odometry and stamps.
        how = (seen.run, seen.truth, seen.odometry, seen.bundle, seen.bag)
        remarks += [*judge_odometry(*how), *judge_stamps(*how)]
    remarks += [
        *(warning("header", one) for one in seen.contradictions),
        *_judge_unused(seen),
    ]
    return Verdict.of(tuple(remarks))


def _known(seen: Seen) -> NDArray[np.bool_]:
    """Return which of the run's scans (n,) the reference covers; all where there is none."""
    if seen.truth is None:
        return np.ones(len(seen.run.stamps_s), dtype=bool)
    known: NDArray[np.bool_] = np.isfinite(seen.truth.sum(axis=1))
    return known


def _judge_count(seen: Seen) -> Iterator[Remark]:
    """Look whether enough was scored to say anything."""
    scored, all_scans = int(_known(seen).sum()), max(seen.scan_count, 1)
    share = scored / all_scans
    figures = {"scored": float(scored), "scans": float(seen.scan_count)}
    told = f"{scored} of {seen.scan_count} scans were scored"
    if scored < _FEW_SCANS or share < _FEW_SHARE:
        yield error(
            "scans.few",
            f"{told}: the figures are of a small part of the recording; look at what was not "
            "answered or used, and why, above",
            **figures,
        )
    elif share < _SOME_SHARE:
        yield warning("scans.some", f"{told}: see above why the others were not", **figures)


def _judge_fit(seen: Seen) -> Iterator[Remark]:
    """Look whether bundle and recording belong together."""
    by_reference = [] if seen.truth is None else list(_judge_errors(seen))
    yield from by_reference
    if not any(one.code == "map" for one in by_reference):
        yield from _judge_own_word(seen)


def _how_to_fit(seen: Seen) -> str:
    return (
        f"see where single scans fit with `local-inn relocalize {seen.bundle} --bag {seen.bag}`; "
        "is it the map of this place, and the mount of this laser? If the place has changed, map "
        "it again and `local-inn train` on it"
    )


def _judge_errors(seen: Seen) -> Iterator[Remark]:
    """Look how often the robot was lost, by the reference."""
    off, mend = _off(seen), _how_to_fit(seen)
    share = float(off.mean())
    median_m = float(np.median(metrics.position_errors_m(*_scored(seen))))
    told = (
        f"further off than {metrics.LOST_DISTANCE_M:g} m or 15 degrees in {share:.0%} of the scans "
        f"(median {100.0 * median_m:.3g} cm)"
    )
    figures = {"lost_share": share, "median_m": median_m}
    if share > _HALF:
        yield error("map", f"bundle and recording disagree: {told}; {mend}", **figures)
    elif share_bounds(off)[0] > _LOST_SHARE or (share > _LOST_SHARE and off.sum() >= _FEW_SCANS):
        yield error("lost", f"lost for a while: {told}; {mend}", **figures)
    elif off.any():
        yield warning("lost", f"lost for a moment: {told}", **figures)


def _judge_own_word(seen: Seen) -> Iterator[Remark]:
    """Look what fixes say of themselves, and what the filter made of them."""
    run, mend = seen.run, _how_to_fit(seen)
    refused, doubted = float(np.mean(~run.accepted)), float(np.mean(run.quality < _EVEN))
    if doubted > _HALF:
        quality = float(np.median(run.quality))
        yield error(
            "map",
            f"bundle and recording disagree: {doubted:.0%} of the fixes are more likely wrong than "
            f"right by their own quality (median {quality:.2f}); {mend}",
            doubted_share=doubted,
            quality=quality,
        )
    elif refused > _HALF:
        yield error(
            "refused",
            f"the filter refused {refused:.0%} of the fixes: pose and fixes contradict each other; "
            f"{mend}",
            refused_share=refused,
        )
    elif max(refused, doubted) > _MANY:
        yield warning(
            "quality",
            f"the filter refused {refused:.0%} of the fixes, and {doubted:.0%} are more likely "
            f"wrong than right by their own quality: the place differs from the map there; {mend}",
            refused_share=refused,
            doubted_share=doubted,
        )


def _scored(seen: Seen) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the filter's poses and those of the reference (k, 3), where there are both."""
    assert seen.truth is not None
    known = _known(seen)
    return seen.run.fused[known], seen.truth[known]


def _off(seen: Seen) -> NDArray[np.bool_]:
    """Return at which scans (k,) the robot was lost."""
    fused, truth = _scored(seen)
    off: NDArray[np.bool_] = (metrics.position_errors_m(fused, truth) > metrics.LOST_DISTANCE_M) | (
        np.abs(metrics.yaw_errors_rad(fused, truth)) > metrics.LOST_YAW_RAD
    )
    return off


def _judge_covariance(seen: Seen) -> Iterator[Remark]:
    """Look whether covariances tell the truth, by ANEES and the share of truths within 3 sigma."""
    if seen.truth is None or int(_known(seen).sum()) < _FEW_SCANS:
        return
    fused, truth = _scored(seen)
    squared = metrics.squared_distances(fused, seen.run.covariances[_known(seen)], truth)
    anees, (low, high) = float(squared.mean()), mean_bounds(squared)
    within, factor = float(np.mean(squared <= 9.0)), float(np.sqrt(anees / _DOF))
    told = (
        f"errors are {factor:.3g} times what they say (ANEES {anees:.3g}, right is 3, chance "
        f"leaves {max(low, 0.0):.3g} to {high:.3g}; {within:.1%} of the truths are within 3 sigma, "
        f"right is {metrics.expected_coverage(3.0):.1%}); `local-inn calibrate {seen.bundle} --bag "
        "OTHER_BAG --reference TOPIC` on a recording other than this one measures them"
    )
    figures = {"anees": anees, "factor": factor, "coverage_3s": within}
    if low > _DOF * _GRAVE_FACTOR**2:
        yield error("covariance.small", f"covariances are too small: {told}", **figures)
    elif low > _DOF * _FACTOR**2:
        yield warning("covariance.small", f"covariances are somewhat small: {told}", **figures)
    elif high < _DOF / _FACTOR**2:
        yield warning("covariance.large", f"covariances are larger than need be: {told}", **figures)


def _judge_unused(seen: Seen) -> Iterator[Remark]:
    """Name what was left out, so that it is not taken for less of a recording."""
    for reason, count in seen.unused.items():
        yield warning("unused", f"{count} readings were not used: {reason}", count=float(count))
