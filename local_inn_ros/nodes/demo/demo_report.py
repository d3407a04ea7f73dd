# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a demo came to: figures, picture, table, and whether it went well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.metrics import (
    Score,
    calibration,
    expected_coverage,
    latency,
    lost,
    pose_errors,
)
from local_inn_ros.evaluation.plots import draw_run
from local_inn_ros.nodes.demo.demo_probe import Estimates
from local_inn_ros.places import new_files
from local_inn_ros.world import OccupancyGrid

# Where fewer of the scans of the lap became poses, the machine was too slow or too busy.
_LEAST_ANSWERED = 0.9


@dataclass(frozen=True, slots=True)
class Kidnap:
    """The robot was picked up, put down elsewhere, and found itself.

    Attributes:
        recovered: whether the pose was right again and stayed so, without a call.
        seconds: from being put down until it was right.
        noticed_s: from being put down until the localization said that the robot was lost; None
            where it never did.
        answer: what `relocalize` answered when it was called at the end, one line.
    """

    recovered: bool
    seconds: float
    noticed_s: float | None
    answer: str


@dataclass(frozen=True, slots=True, eq=False)
class DemoReport:
    """All that a demo showed.

    Attributes:
        score: of the lap.
        kidnap: of what came after it.
        rate_hz: poses told in a second, on the lap.
        scan_rate_hz: scans in a second.
        speed_mps: speed on the lap, where its bends allow it.
        bundle: name of the bundle.
        out: folder of `report.json` and `demo.png`.
    """

    score: Score
    kidnap: Kidnap
    rate_hz: float
    scan_rate_hz: float
    speed_mps: float
    bundle: str
    out: Path

    @property
    def trouble(self) -> str:
        """What went wrong; empty where nothing did."""
        found = self.score.lost
        if found is not None and found.episodes:
            return f"the robot was lost {found.episodes} times on its lap"
        if not self.kidnap.recovered:
            return f"the robot did not find itself again; relocalize says: {self.kidnap.answer}"
        return ""

    @property
    def passed(self) -> bool:
        """Whether the robot was localized all along, and found again."""
        return not self.trouble

    def to_json(self) -> dict[str, Any]:
        """Return the figures as `local-inn evaluate` lays them out, and what the demo adds."""
        return {
            **self.score.to_json(),
            "kidnap": {
                "recovered": self.kidnap.recovered,
                "seconds": self.kidnap.seconds,
                "noticed_s": self.kidnap.noticed_s,
                "answer": self.kidnap.answer,
            },
            "rate_hz": self.rate_hz,
            "speed_mps": self.speed_mps,
            "bundle": self.bundle,
        }

    def print_table(self) -> None:
        """Print the figures for people."""
        console = Console()
        console.print(self._errors())
        console.print(self._facts())
        if self.rate_hz < _LEAST_ANSWERED * self.scan_rate_hz:
            console.print(
                f"[bold yellow]slow:[/] only {self.rate_hz:.0f} of {self.scan_rate_hz:.0f} scans a "
                "second gave a pose; is the machine busy with something else?"
            )
        if self.trouble:
            console.print(f"[bold red]failed:[/] {self.trouble}")
        console.print(f"figures: {self.out / 'report.json'}, picture: {self.out / 'demo.png'}")

    def _errors(self) -> Table:
        score = self.score
        table = Table(
            title=f"{score.path_m:.0f} m at {self.speed_mps:g} m/s on '{self.bundle}'",
            title_justify="left",
        )
        for name in ("", "mean", "median", "RMSE", "p95", "max"):
            table.add_column(name, justify="left" if not name else "right")
        for name, e in (("fused", score.fused), ("network alone", score.fix)):
            assert e is not None
            lengths = (e.ape_mean_m, e.ape_median_m, e.ape_rmse_m, e.ape_p95_m, e.ape_max_m)
            turns = (e.yaw_mean_deg, e.yaw_median_deg, e.yaw_rmse_deg, e.yaw_p95_deg, e.yaw_max_deg)
            table.add_row(f"{name}, position, cm", *(f"{100 * value:.1f}" for value in lengths))
            table.add_row(f"{name}, yaw, deg", *(f"{value:.2f}" for value in turns))
        return table

    def _facts(self) -> Table:
        spent, found, kidnap = self.score.latency_ms, self.score.calibration, self.kidnap
        assert found is not None
        noticed = "not" if kidnap.noticed_s is None else f"after {kidnap.noticed_s:.2f} s"
        outcome = f"after {kidnap.seconds:.2f} s" if kidnap.recovered else "never"
        facts = {
            "latency, scan to pose": f"p50 {spent.p50:.1f} ms, p95 {spent.p95:.1f} ms, "
            f"p99 {spent.p99:.1f} ms",
            "rate": f"{self.rate_hz:.1f} of {self.scan_rate_hz:.0f} Hz",
            "ANEES": f"{found.anees:.2f} (3 is right)",
            "within 2 sigma": f"{found.coverage_2s:.3f} ({expected_coverage(2.0):.3f} is right)",
            "kidnapping noticed": noticed,
            "found again by itself": outcome,
            "relocalize, called then": kidnap.answer,
        }
        table = Table(show_header=False)
        for name, value in facts.items():
            table.add_row(name, value)
        return table


def lap_score(lap: Estimates, stages_s: dict[str, float]) -> Score:
    """Score the poses of a lap, at least one."""
    return Score(
        n=len(lap.stamps_s),
        duration_s=float(lap.stamps_s[-1] - lap.stamps_s[0]),
        path_m=float(np.sum(np.hypot(*np.diff(lap.truth[:, :2], axis=0).T))),
        latency_ms=latency(lap.latency_s, [stages_s]),
        fused=pose_errors(lap.fused, lap.truth),
        fix=pose_errors(lap.fix, lap.truth),
        calibration=calibration(lap.fused, lap.covariances, lap.truth),
        lost=lost(lap.stamps_s, lap.fused, lap.truth),
    )


def write_report(report: DemoReport, grid: OccupancyGrid, lap: Estimates) -> None:
    """Write `report.json` and `demo.png`.

    Raises:
        PlaceError: they cannot be written.
    """
    title = f"{report.bundle}: a lap at {report.speed_mps:g} m/s over ROS 2 topics"
    with new_files(report.out) as made:
        write_json(made / "report.json", report.to_json())
        draw_run(
            grid,
            lap.truth,
            lap.fused,
            lap.covariances,
            lap.fix,
            made / "demo.png",
            lap.stamps_s,
            title,
        )
