# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How exact an estimator is over several runs, and how sure that figure is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.metrics import Calibration, Lost, PoseErrors

_RESAMPLES = 10_000
_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class EstimatorRun:
    """What an estimator answered on one run, one row for each scan.

    Attributes:
        seed: what the run was drawn with.
        stamps_s: (n,) stamps of the scans.
        estimates: (n, 3) poses of the base in the map frame.
        truth: (n, 3) where it was.
        covariances: (n, 3, 3) of the estimates, where they were kept.
        seconds: (n,) time spent on each scan, where the estimator was run by itself.
    """

    seed: int
    stamps_s: NDArray[np.float64]
    estimates: NDArray[np.float64]
    truth: NDArray[np.float64]
    covariances: NDArray[np.float64] | None = None
    seconds: NDArray[np.float64] | None = None

    def errors(self) -> PoseErrors:
        """Compare the answers with the truth."""
        return metrics.pose_errors(self.estimates, self.truth)

    def lost(self) -> Lost:
        """Find when the estimator was lost."""
        return metrics.lost(self.stamps_s, self.estimates, self.truth)


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where a figure lies, with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy:
    """An estimator over all its runs.

    Attributes:
        runs: one for each seed.
        mean_m: mean over the runs of each run's mean position error.
        yaw_mean_deg: the same for heading.
        mean_interval_m: of ``mean_m``, by bootstrap over the runs; None of a single one.
        yaw_mean_interval_deg: the same for heading.
        pooled: errors of all scans together.
        calibration: of all scans together, where covariances were kept.
        lost: episodes and seconds of all runs together.
        ms_per_scan: median time spent on a scan, where it was taken.
    """

    runs: tuple[EstimatorRun, ...]
    mean_m: float
    yaw_mean_deg: float
    mean_interval_m: Interval | None
    yaw_mean_interval_deg: Interval | None
    pooled: PoseErrors
    calibration: Calibration | None
    lost: Lost
    ms_per_scan: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain numbers and mappings; null stands for what is not known."""
        pooled = self.pooled
        return {
            "n": sum(len(run.stamps_s) for run in self.runs),
            "mean_m": self.mean_m,
            "mean_m_interval_95": _plain(self.mean_interval_m),
            "median_m": pooled.ape_median_m,
            "p95_m": pooled.ape_p95_m,
            "max_m": pooled.ape_max_m,
            "yaw_mean_deg": self.yaw_mean_deg,
            "yaw_mean_deg_interval_95": _plain(self.yaw_mean_interval_deg),
            "yaw_median_deg": pooled.yaw_median_deg,
            "yaw_p95_deg": pooled.yaw_p95_deg,
            "yaw_max_deg": pooled.yaw_max_deg,
            "calibration": None if self.calibration is None else asdict(self.calibration),
            "lost": asdict(self.lost),
            "ms_per_scan": self.ms_per_scan,
            "per_seed": [_run_json(run) for run in self.runs],
        }


def accuracy(runs: Sequence[EstimatorRun]) -> Accuracy:
    """Take the runs of one estimator together, at least one."""
    errors = [run.errors() for run in runs]
    means = np.array([each.ape_mean_m for each in errors])
    yaw_means = np.array([each.yaw_mean_deg for each in errors])
    lost = [run.lost() for run in runs]
    estimates = np.concatenate([run.estimates for run in runs])
    truth = np.concatenate([run.truth for run in runs])
    kept = [run.covariances for run in runs if run.covariances is not None]
    timed = [run.seconds for run in runs if run.seconds is not None]
    return Accuracy(
        runs=tuple(runs),
        mean_m=float(means.mean()),
        yaw_mean_deg=float(yaw_means.mean()),
        mean_interval_m=mean_interval(means),
        yaw_mean_interval_deg=mean_interval(yaw_means),
        pooled=metrics.pose_errors(estimates, truth),
        calibration=(
            metrics.calibration(estimates, np.concatenate(kept), truth)
            if len(kept) == len(runs)
            else None
        ),
        lost=Lost(sum(each.episodes for each in lost), math.fsum(each.seconds for each in lost)),
        ms_per_scan=1e3 * float(np.median(np.concatenate(timed))) if timed else None,
    )


def mean_interval(values: NDArray[np.float64]) -> Interval | None:
    """Return where the mean of what values (n,) are drawn from lies; None of a single value.

    The percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13).
    With a handful of values it is a little too narrow. The same values give the same interval.
    """
    if len(values) < 2:
        return None
    drawn = np.random.default_rng(_SEED).choice(values, (_RESAMPLES, len(values)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5]).tolist()
    return Interval(low, high)


def _run_json(run: EstimatorRun) -> dict[str, Any]:
    errors, lost = run.errors(), run.lost()
    return {
        "seed": run.seed,
        "n": len(run.stamps_s),
        "mean_m": errors.ape_mean_m,
        "median_m": errors.ape_median_m,
        "p95_m": errors.ape_p95_m,
        "max_m": errors.ape_max_m,
        "yaw_mean_deg": errors.yaw_mean_deg,
        "yaw_median_deg": errors.yaw_median_deg,
        "yaw_p95_deg": errors.yaw_p95_deg,
        "yaw_max_deg": errors.yaw_max_deg,
        "lost_episodes": lost.episodes,
    }


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
