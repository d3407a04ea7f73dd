# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The quality benchmark's figures: for a file, and as tables to read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.accuracy import Interval
from local_inn_ros.benchmarking.quality_jobs import DriveJob, TeleportJob, TrialJob
from local_inn_ros.benchmarking.quality_score import (
    JudgedPoses,
    ReliabilityBin,
    auroc,
    calibration_error,
    reliability,
)
from local_inn_ros.benchmarking.quality_trials import Judged
from local_inn_ros.benchmarking.rates import rate_interval, share_interval
from local_inn_ros.benchmarking.watched_drive import Watch

# What is unmapped stops up to this share of the beams where qualities are ranked, and up to this
# one in what they were fitted on.
MOST_BLOCKED, CROWDED = 0.4, 0.7
_HOUR_S = 3600.0
# The drives that false alarms are promised for.
_PROMISED = "blocked"
_PROMISED_DELAY_S = 1.0
_GROUPS = {
    "near": (Judged.NEAR,),
    "anywhere": (Judged.ANYWHERE,),
    "aligned": (Judged.ALIGNED_NEAR, Judged.ALIGNED_ANYWHERE),
}


@dataclass(frozen=True, slots=True, eq=False)
class QualityReport:
    """All that was measured.

    Attributes:
        judged: qualities of right and wrong poses, by map: at most ``MOST_BLOCKED`` unmapped.
        crowded: the same, at most ``CROWDED`` unmapped.
        recorded: names of the maps whose scans are real.
        watched: alarms, by what the robots met; all maps together.
        delays: seconds until a robot that was carried away was missed, by map and laser; inf where
            nobody noticed.
    """

    judged: dict[str, JudgedPoses]
    crowded: dict[str, JudgedPoses]
    recorded: frozenset[str]
    watched: dict[str, Watch]
    delays: dict[tuple[str, float], NDArray[np.float64]]

    @staticmethod
    def of(
        jobs: Sequence[TrialJob | DriveJob | TeleportJob], results: Sequence[Any]
    ) -> QualityReport:
        """Sort the results of jobs, in their order."""
        judged: dict[str, JudgedPoses] = {}
        crowded: dict[str, JudgedPoses] = {}
        watched: dict[str, Watch] = {}
        delays: dict[tuple[str, float], NDArray[np.float64]] = {}
        for job, result in zip(jobs, results, strict=True):
            if isinstance(job, TrialJob):
                kept = judged if job.most_blocked == MOST_BLOCKED else crowded
                kept[job.place.name] = result
            elif isinstance(job, DriveJob):
                before = watched.get(job.condition)
                watched[job.condition] = result if before is None else before + result
            else:
                delays[job.drive.place.name, job.drive.rate_hz] = result
        recorded = frozenset(
            job.place.name
            for job in jobs
            if isinstance(job, TrialJob) and job.place.recording is not None
        )
        return QualityReport(judged, crowded, recorded, watched, delays)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain numbers and mappings; null stands for what is not known."""
        promised = self.watched[_PROMISED]
        return {
            "auroc": _plain(self._auroc()),
            "false_alarms_per_hour": promised.false_alarms / (promised.seconds / _HOUR_S),
            "false_alarms_per_hour_interval_95": _pair(_alarm_interval(promised)),
            "hours": promised.seconds / _HOUR_S,
            "maps": [{"map": name, **_map_row(one)} for name, one in self.judged.items()],
            "reliability": [
                {
                    "scans": name,
                    "bins": [asdict(one) for one in reliability(sets)],
                    "calibration_error": calibration_error(sets),
                }
                for name, sets in self._sets().items()
            ],
            "drives": [{"condition": name, **_drive_row(w)} for name, w in self.watched.items()],
            "teleports": [
                {"map": name, "rate_hz": rate_hz, **_delay_row(delays)}
                for (name, rate_hz), delays in self.delays.items()
            ],
            "teleports_in_all": _delay_row(np.concatenate(list(self.delays.values()))),
        }

    def markdown(self) -> str:
        """Return the figures as Markdown tables."""
        return "\n\n".join([self._maps(), self._reliability(), self._drives(), self._delays()])

    def _auroc(self) -> float:
        sets = list(self.judged.values())
        return auroc(
            np.concatenate([one.quality[one.right] for one in sets]),
            np.concatenate([one.quality[one.wrong] for one in sets]),
        )

    def _maps(self) -> str:
        lines = [
            "| AUROC, 0 to 40 % unmapped | right | wrong | all | near | anywhere | aligned | "
            "look alike | all but those |",
            "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
        ]
        for name, one in self.judged.items():
            row = _map_row(one)
            shares = ("auroc", *(f"auroc_{group}" for group in _GROUPS))
            cells = [name, f"{row['right']:,}", f"{row['wrong']:,}"]
            cells += [_digits(row[key]) for key in shares]
            cells += [f"{row['alike_share']:.1%}", _digits(row["auroc_without_alike"])]
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join([*lines, f"| all | | | {_digits(_plain(self._auroc()))} | | | | | |"])

    def _sets(self) -> dict[str, list[JudgedPoses]]:
        """Return the poses to compare qualities with shares of right ones, by the scans' kind."""
        sets: dict[str, list[JudgedPoses]] = {}
        for most, by_map in ((MOST_BLOCKED, self.judged), (CROWDED, self.crowded)):
            for name, poses in by_map.items():
                kind = "real" if name in self.recorded else "simulated"
                sets.setdefault(f"{kind}, to {most:.0%}", []).append(poses)
        return sets

    def _reliability(self) -> str:
        sets = self._sets()
        bins = {name: {one.low: one for one in reliability(each)} for name, each in sets.items()}
        lows = sorted({low for each in bins.values() for low in each})
        lines = [
            "| mean quality: share right (poses) | " + " | ".join(sets) + " |",
            "| --- |" + " --: |" * len(sets),
        ]
        for low in lows:
            cells = [_reliability_cell(each.get(low)) for each in bins.values()]
            lines.append(f"| from {low:g} | " + " | ".join(cells) + " |")
        errors = " | ".join(f"{calibration_error(each):.3f}" for each in sets.values())
        return "\n".join([*lines, f"| off on average | {errors} |"])

    def _drives(self) -> str:
        lines = [
            "| drives | hours | false alarms | an hour | 95 % | alarms when lost | lost |",
            "| --- | --: | --: | --: | --: | --: | --: |",
        ]
        for name, watch in self.watched.items():
            row, interval = _drive_row(watch), _alarm_interval(watch)
            lines.append(
                f"| {name} | {row['hours']:.2f} | {watch.false_alarms} | "
                f"{row['false_alarms_per_hour']:.2f} | {interval.low:.2f} to {interval.high:.2f} | "
                f"{watch.true_alarms} | {watch.wrong_s:.1f} s |"
            )
        return "\n".join(lines)

    def _delays(self) -> str:
        lines = [
            "| carried off | times | noticed within 1 s | 95 % | median | 95 % below | never |",
            "| --- | --: | --: | --: | --: | --: | --: |",
        ]
        named = [(f"{name}, {rate_hz:g} Hz", each) for (name, rate_hz), each in self.delays.items()]
        for name, delays in [*named, ("all", np.concatenate(list(self.delays.values())))]:
            row = _delay_row(delays)
            low, high = row["within_1s_interval_95"]
            lines.append(
                f"| {name} | {row['times']} | {row['within_1s']:.1%} | {low:.1%} to {high:.1%} | "
                f"{_seconds(row['median_s'])} | {_seconds(row['p95_s'])} | {row['never']} |"
            )
        return "\n".join(lines)


def _reliability_cell(one: ReliabilityBin | None) -> str:
    return "" if one is None else f"{one.quality:.2f}: {one.right:.2f} ({one.count:,})"


def _map_row(poses: JudgedPoses) -> dict[str, Any]:
    return {
        "right": int(poses.right.sum()),
        "wrong": int(poses.wrong.sum()),
        "auroc": _plain(poses.auroc()),
        **{
            f"auroc_{name}": _plain(poses.auroc(poses.of_kind(*kinds)))
            for name, kinds in _GROUPS.items()
        },
        "alike_share": float(np.mean(poses.alike[poses.wrong])),
        "auroc_without_alike": _plain(poses.auroc(~poses.alike)),
    }


def _drive_row(watch: Watch) -> dict[str, Any]:
    hours = watch.seconds / _HOUR_S
    return {
        "hours": hours,
        "false_alarms": watch.false_alarms,
        "false_alarms_per_hour": watch.false_alarms / hours,
        "false_alarms_per_hour_interval_95": _pair(_alarm_interval(watch)),
        "true_alarms": watch.true_alarms,
        "wrong_s": watch.wrong_s,
    }


def _delay_row(delays: NDArray[np.float64]) -> dict[str, Any]:
    within = int(np.sum(delays <= _PROMISED_DELAY_S))
    # No interpolation: between a delay and never there is nothing.
    median, p95 = np.percentile(delays, [50, 95], method="higher").tolist()
    return {
        "times": len(delays),
        "within_1s": within / len(delays),
        "within_1s_interval_95": _pair(share_interval(within, len(delays))),
        "median_s": _plain(median),
        "p95_s": _plain(p95),
        "never": int(np.sum(~np.isfinite(delays))),
    }


def _alarm_interval(watch: Watch) -> Interval:
    return rate_interval(watch.false_alarms, watch.seconds / _HOUR_S)


def _pair(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.2f} s"
