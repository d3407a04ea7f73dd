# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good a run was: errors, calibration, latency, and how long the robot was lost.

Errors are absolute in the map frame. The estimate is never aligned to the reference first: an
alignment would hide the bias in the map frame that a localizer exists to remove.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from local_inn_ros.geometry import wrap_angles
from local_inn_ros.localization.self_calibration.learned import Learned

# A robot that is further off than either of these is lost: no planner could steer by its pose.
LOST_DISTANCE_M = 0.5
LOST_YAW_RAD = math.radians(15.0)
# (x, y, yaw)
_DEGREES_OF_FREEDOM = 3


@dataclass(frozen=True, slots=True)
class PoseErrors:
    """Absolute errors of position (m) and heading (degrees, unsigned) over a run.

    ``std`` is the deviation of the error round its mean; ``rmse`` is taken round zero.
    """

    ape_mean_m: float
    ape_std_m: float
    ape_rmse_m: float
    ape_median_m: float
    ape_p95_m: float
    ape_max_m: float
    yaw_mean_deg: float
    yaw_std_deg: float
    yaw_rmse_deg: float
    yaw_median_deg: float
    yaw_p95_deg: float
    yaw_max_deg: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether the covariances tell the truth, for (x, y, yaw).

    Attributes:
        anees: average normalised estimation error squared, the mean squared Mahalanobis distance
            of the truth (Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking
            and Navigation, 5.4); near 3 for a right filter.
        coverage_1s: share of truths within the 1 sigma ellipsoid; 0.199 for a right filter.
        coverage_2s: the same for 2 sigma; 0.739.
        coverage_3s: the same for 3 sigma; 0.971.
    """

    anees: float
    coverage_1s: float
    coverage_2s: float
    coverage_3s: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from a scan's arrival to the pose; ``stages`` are medians by stage."""

    p50: float
    p95: float
    p99: float
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lost:
    """How often and how long the robot was lost.

    An episode begins when the error passes ``LOST_DISTANCE_M`` or ``LOST_YAW_RAD``, and ends when
    both are kept again, or with the run.
    """

    episodes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What another localizer reaches on the same readings.

    ``n`` scans were scored; ``unanswered`` got no answer.
    """

    pose: PoseErrors
    lost: Lost
    latency_ms: Latency
    calibration: Calibration
    n: int = 0
    unanswered: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the error keys side by side with the rest."""
        rest = {
            "lost": asdict(self.lost),
            "latency_ms": asdict(self.latency_ms),
            "n": self.n,
            "unanswered": self.unanswered,
        }
        return {**asdict(self.pose), "calibration": asdict(self.calibration), **rest}


@dataclass(frozen=True, slots=True)
class Score:
    """All figures of one run; ``to_json`` gives the layout of the report files.

    Attributes:
        n: scans that were scored.
        duration_s: from the first of them to the last.
        path_m: length of the reference's way over them.
        latency_ms: of the whole way from scan to pose.
        fused: errors of the filter; None without a reference, as are the next three.
        fix: errors of the network alone, before refiner and filter.
        calibration: of the filter's covariance.
        lost: when the filter was lost.
        baselines: other localizers by name.
        fix_calibration: of the network's covariance.
        scans: how many there were: scored, not scored, and not even used.
        unanswered: scans that could be used and got no answer, by the reason.
        unscored: scans with an answer where the reference has nothing to say.
        unused: messages of each topic that could not be used, by the reason; scans among them.
        notes: how the recording was read, where that is not as usual.
        odometry: readings of the odometry, by what the filter made of them.
        learned: what the localizer learned on the way, by the sensor.
    """

    n: int
    duration_s: float
    path_m: float
    latency_ms: Latency
    fused: PoseErrors | None = None
    fix: PoseErrors | None = None
    calibration: Calibration | None = None
    lost: Lost | None = None
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    fix_calibration: Calibration | None = None
    scans: int = 0
    unanswered: Mapping[str, int] = field(default_factory=dict)
    unscored: int = 0
    unused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    odometry: Mapping[str, int] = field(default_factory=dict)
    learned: Mapping[str, Learned] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain numbers and mappings; null stands for what is not known."""
        return {
            "n": self.n,
            "duration_s": self.duration_s,
            "path_m": self.path_m,
            "fused": _plain(self.fused),
            "fix": _plain(self.fix),
            "calibration": _plain(self.calibration),
            "latency_ms": _plain(self.latency_ms),
            "lost": _plain(self.lost),
            "baselines": {name: baseline.to_json() for name, baseline in self.baselines.items()},
            "fix_calibration": _plain(self.fix_calibration),
            "scans": self.scans,
            "unanswered": dict(self.unanswered),
            "unscored": self.unscored,
            "unused": {topic: dict(counts) for topic, counts in self.unused.items()},
            "notes": list(self.notes),
            "odometry": dict(self.odometry),
            "learned": {sensor: _plain(one) for sensor, one in self.learned.items()},
        }


def _plain(
    part: PoseErrors | Calibration | Latency | Lost | Learned | None,
) -> dict[str, Any] | None:
    return None if part is None else asdict(part)


def position_errors_m(
    estimates: NDArray[np.float64], references: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distances (n,) between positions of poses (n, 3)."""
    return np.hypot(estimates[:, 0] - references[:, 0], estimates[:, 1] - references[:, 1])


def yaw_errors_rad(
    estimates: NDArray[np.float64], references: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the signed differences (n,) in heading of poses (n, 3), estimate less reference."""
    return wrap_angles(estimates[:, 2] - references[:, 2])


def pose_errors(estimates: NDArray[np.float64], references: NDArray[np.float64]) -> PoseErrors:
    """Compare estimated with true poses, (n, 3) each, n >= 1, row by row and unaligned."""
    distance = position_errors_m(estimates, references)
    yaw = np.degrees(np.abs(yaw_errors_rad(estimates, references)))
    return PoseErrors(
        ape_mean_m=float(distance.mean()),
        ape_std_m=float(distance.std()),
        ape_rmse_m=float(np.sqrt(np.mean(distance**2))),
        ape_median_m=float(np.median(distance)),
        ape_p95_m=float(np.percentile(distance, 95)),
        ape_max_m=float(distance.max()),
        yaw_mean_deg=float(yaw.mean()),
        yaw_std_deg=float(yaw.std()),
        yaw_rmse_deg=float(np.sqrt(np.mean(yaw**2))),
        yaw_median_deg=float(np.median(yaw)),
        yaw_p95_deg=float(np.percentile(yaw, 95)),
        yaw_max_deg=float(yaw.max()),
    )


def calibration(
    estimates: NDArray[np.float64],
    covariances: NDArray[np.float64],
    references: NDArray[np.float64],
) -> Calibration:
    """Compare the errors of poses (n, 3) with their covariances (n, 3, 3), all positive definite.

    Coverage counts the truths whose squared Mahalanobis distance is at most k squared, as the
    report counts them: 0.199, 0.739 and 0.971 are chi-square's shares for 3 degrees.
    """
    return calibration_of(squared_distances(estimates, covariances, references))


def calibration_of(squared: NDArray[np.float64]) -> Calibration:
    """Summarise squared Mahalanobis distances (n,) of truths from poses."""
    inside = [float(np.mean(squared <= k * k)) for k in (1.0, 2.0, 3.0)]
    return Calibration(float(squared.mean()), *inside)


def squared_distances(
    estimates: NDArray[np.float64],
    covariances: NDArray[np.float64],
    references: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the squared Mahalanobis distances (n,) of truths (n, 3) from poses (n, 3)."""
    offset = references - estimates
    offset[:, 2] = wrap_angles(offset[:, 2])
    weighted = np.linalg.solve(covariances, offset[:, :, None])[:, :, 0]
    squared: NDArray[np.float64] = np.sum(offset * weighted, axis=1)
    return squared


def expected_coverage(sigma: float) -> float:
    """Return the share of truths that a right covariance holds within ``sigma`` deviations."""
    return float(chi2.cdf(sigma * sigma, _DEGREES_OF_FREEDOM))


def latency(seconds: NDArray[np.float64], stages: Sequence[Mapping[str, float]] = ()) -> Latency:
    """Summarise durations (n,) and, for each, the seconds spent in each stage by name."""
    milliseconds = 1e3 * seconds
    names = sorted({name for spent in stages for name in spent})
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99]).tolist()
    return Latency(
        p50,
        p95,
        p99,
        stages={
            name: 1e3 * float(np.median([spent[name] for spent in stages if name in spent]))
            for name in names
        },
    )


def lost(
    stamps_s: NDArray[np.float64],
    estimates: NDArray[np.float64],
    references: NDArray[np.float64],
) -> Lost:
    """Find the episodes in which poses (n, 3) at stamps (n,) are too far off to be used."""
    off = (position_errors_m(estimates, references) > LOST_DISTANCE_M) | (
        np.abs(yaw_errors_rad(estimates, references)) > LOST_YAW_RAD
    )
    begins = off & ~np.concatenate([[False], off[:-1]])
    # An error that is found at one scan lasts until the next.
    steps = np.diff(stamps_s, append=stamps_s[-1:])
    return Lost(int(begins.sum()), float(np.sum(steps[off])))
