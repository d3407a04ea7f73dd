# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The accuracy benchmark's figures: rows for a file, and tables to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from local_inn_ros.benchmarking.accuracy import Accuracy, accuracy
from local_inn_ros.benchmarking.accuracy_job import AccuracyJob, JobResult
from local_inn_ros.benchmarking.worlds import ScanKind
from local_inn_ros.simulation.worlds import WorldKind

# Of this one the tables show how sure its mean is, and its ratio to the bound.
_FIRST = "fused"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All estimators on one map at one speed under one condition.

    Attributes:
        map: name of the map.
        condition: what the robot met.
        speed_mps: the speed wanted.
        world: what was driven in.
        scan: when the beams of a scan were measured.
        driven_mps: the mean speed driven.
        crlb_m: median over the scans of the Cramer-Rao bound of one scan on position, by the
            slopes of the walls; not finite where most scans leave a direction open.
        crlb_yaw_deg: the same for heading.
        crlb_faces_m: as ``crlb_m``, by the faces of the map's cells.
        estimators: by name.
    """

    map: str
    condition: str
    speed_mps: float
    world: WorldKind
    scan: ScanKind
    driven_mps: float
    crlb_m: float
    crlb_yaw_deg: float
    crlb_faces_m: float
    estimators: dict[str, Accuracy]

    def ratio(self, estimator: str) -> float | None:
        """Return an estimator's mean error over the bound; None where there is no bound."""
        return self.estimators[estimator].mean_m / self.crlb_m if self.is_bounded() else None

    def is_bounded(self) -> bool:
        """Tell whether the scans see every direction."""
        return bool(np.isfinite(self.crlb_m))

    def rows(self) -> list[dict[str, Any]]:
        """Return one row of plain values for each estimator."""
        return [
            {
                "map": self.map,
                "condition": self.condition,
                "speed_mps": self.speed_mps,
                "world": self.world.value,
                "scan": self.scan.value,
                "estimator": name,
                **found.to_json(),
                "crlb_m": _finite(self.crlb_m),
                "crlb_ratio": self.ratio(name),
                "crlb_yaw_deg": _finite(self.crlb_yaw_deg),
                "crlb_faces_m": _finite(self.crlb_faces_m),
                "driven_mps": self.driven_mps,
            }
            for name, found in self.estimators.items()
        ]


def compare(jobs: Sequence[AccuracyJob], results: Sequence[JobResult]) -> list[Comparison]:
    """Take the seeds of what is else the same together, in the order of the jobs."""
    groups: dict[AccuracyJob, list[JobResult]] = {}
    for job, result in zip(jobs, results, strict=True):
        groups.setdefault(replace(job, seed=0), []).append(result)
    return [_together(job, group) for job, group in groups.items()]


def _together(job: AccuracyJob, results: list[JobResult]) -> Comparison:
    walls = np.concatenate([result.bounds.position_m for result in results])
    turns = np.concatenate([result.bounds.yaw_rad for result in results])
    faces = np.concatenate([result.face_bounds.position_m for result in results])
    return Comparison(
        map=job.map,
        condition=job.condition,
        speed_mps=job.speed_mps,
        world=job.world,
        scan=job.scan,
        driven_mps=sum(r.driven_m for r in results) / sum(r.driven_s for r in results),
        crlb_m=float(np.median(walls)),
        crlb_yaw_deg=float(np.degrees(np.median(turns))),
        crlb_faces_m=float(np.median(faces)),
        estimators={
            name: accuracy([result.estimators[name] for result in results])
            for name in results[0].estimators
        },
    )


def markdown(comparisons: Sequence[Comparison]) -> str:
    """Return a Markdown table for each world and condition; rows are maps and speeds."""
    tables: dict[str, list[Comparison]] = {}
    for one in comparisons:
        tables.setdefault(_heading(one), []).append(one)
    return "\n".join(_table(heading, found) for heading, found in tables.items())


def _heading(one: Comparison) -> str:
    walls = "smooth walls" if one.world is WorldKind.SMOOTH else "the map's own stairs"
    beams = "in turn" if one.scan is ScanKind.IN_TURN else "all at once"
    return f"{one.condition}: {walls}, beams {beams}"


def _table(heading: str, comparisons: Sequence[Comparison]) -> str:
    names = list(comparisons[0].estimators)
    seeds = len(comparisons[0].estimators[names[0]].runs)
    header = [
        "map",
        "m/s",
        *names,
        f"{_FIRST}, 95 % of the mean [cm]",
        "CRLB [mm, deg]",
        f"{_FIRST} / CRLB",
    ]
    lines = [
        f"### {heading}",
        "",
        f"Mean over {seeds} seed{'s' * (seeds > 1)}: position [cm], heading [deg]; in brackets how "
        "often the estimator was lost. CRLB: Cramer-Rao bound of one scan, median.",
        "",
        "| " + " | ".join(header) + " |",
        "| --- |" + " --: |" * (len(header) - 1),
    ]
    for one in comparisons:
        cells = [one.map, f"{one.speed_mps:g}", *map(_cell, one.estimators.values()), *_ends(one)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(found: Accuracy) -> str:
    # Only what carries its own pose from scan to scan can get lost.
    tracks = found.calibration is not None
    lost = f" ({found.lost.episodes})" if tracks and found.lost.episodes else ""
    return f"{100 * found.mean_m:.2f}, {found.yaw_mean_deg:.3f}{lost}"


def _ends(one: Comparison) -> list[str]:
    interval = one.estimators[_FIRST].mean_interval_m
    spread = "" if interval is None else f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"
    ratio = one.ratio(_FIRST)
    if ratio is None:
        return [spread, "open", ""]
    return [spread, f"{1e3 * one.crlb_m:.2f}, {one.crlb_yaw_deg:.4f}", f"{ratio:.1f}"]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
