# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the camera's demo came to: figures, picture, table, and whether it went well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from local_inn_ros.evaluation.acts_picture import DrawnAct, DrawnView, draw_acts
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.metrics import PoseErrors, calibration, lost, pose_errors
from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.demo.camera_probe import SeenAndExpected
from local_inn_ros.nodes.demo.demo_probe import Estimate
from local_inn_ros.places import new_files
from local_inn_ros.world import OccupancyGrid


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """A part of the demo.

    Attributes:
        name: of it.
        estimates: poses that were told.
        fixes: what pictures alone said, by the number of the estimate.
    """

    name: str
    estimates: tuple[Estimate, ...]
    fixes: Mapping[int, Pose2]

    def drawn(self) -> DrawnAct:
        """Return it as arrays."""
        told = self.estimates
        truth = np.array([one.truth.to_array() for one in told]).reshape(-1, 3)
        stamps_s = np.array([one.stamp.sec + 1e-9 * one.stamp.nanosec for one in told])
        rows = list(self.fixes)
        return DrawnAct(
            self.name,
            stamps_s,
            truth,
            np.array([one.pose.mean.to_array() for one in told]).reshape(-1, 3),
            np.array([one.pose.covariance for one in told]).reshape(-1, 3, 3),
            np.array([fix.to_array() for fix in self.fixes.values()]).reshape(-1, 3),
            truth[rows],
            stamps_s[rows],
        )

    def errors(self) -> PoseErrors | None:
        """Return how far off the poses are; None where none was told."""
        drawn = self.drawn()
        return pose_errors(drawn.fused, drawn.truth) if self.estimates else None

    def fix_errors(self) -> PoseErrors | None:
        """Return how far off the pictures alone are; None where there is none."""
        drawn = self.drawn()
        return pose_errors(drawn.alone, drawn.alone_truth) if self.fixes else None

    def times_lost(self) -> int:
        """Return how often the pose was too far off to be used."""
        drawn = self.drawn()
        return lost(drawn.stamps_s, drawn.fused, drawn.truth).episodes if self.estimates else 0

    def to_json(self) -> dict[str, Any]:
        """Return the figures with plain values."""
        told, alone, drawn = self.errors(), self.fix_errors(), self.drawn()
        sure = calibration(drawn.fused, drawn.covariances, drawn.truth) if told else None
        return {
            "name": self.name,
            "poses": len(self.estimates),
            "pictures": len(self.fixes),
            "fused": None if told is None else asdict(told),
            "picture_alone": None if alone is None else asdict(alone),
            "calibration": None if sure is None else asdict(sure),
            "times_lost": self.times_lost(),
        }


@dataclass(frozen=True, slots=True)
class Carried:
    """The robot was carried elsewhere, and found itself by its camera.

    Attributes:
        recovered: whether the pose was right again and stayed so, without a call.
        seconds: from being put down until it was right.
        noticed_s: from being put down until the camera's localizer said that the robot was lost;
            None where it never did.
    """

    recovered: bool
    seconds: float
    noticed_s: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CameraDemoReport:
    """All that the camera's demo showed.

    Attributes:
        acts: with the laser, without it, and after the robot was carried.
        carried: how it found itself.
        views: what the camera saw and what was expected, at the end of each act.
        speed_mps: speed on the lap.
        camera_rate_hz: pictures in a second.
        out: folder of `report.json` and `demo.png`.
    """

    acts: tuple[Act, ...]
    carried: Carried
    views: tuple[SeenAndExpected, ...]
    speed_mps: float
    camera_rate_hz: float
    out: Path

    @property
    def trouble(self) -> str:
        """What went wrong; empty where nothing did."""
        for act in self.acts[:2]:
            if not act.estimates:
                return f"no pose was told: {act.name}"
            if act.times_lost():
                return f"the robot was lost {act.times_lost()} times: {act.name}"
        if not self.carried.recovered:
            return "the robot did not find itself again by its camera"
        return ""

    @property
    def passed(self) -> bool:
        """Whether the robot was localized all along, and found again."""
        return not self.trouble

    def to_json(self) -> dict[str, Any]:
        """Return the figures with plain values."""
        return {
            "acts": [act.to_json() for act in self.acts],
            "carried": asdict(self.carried),
            "speed_mps": self.speed_mps,
            "camera_rate_hz": self.camera_rate_hz,
            "passed": self.passed,
        }

    def print_table(self) -> None:
        """Print the figures for people."""
        console, table = Console(), Table()
        for name in ("cm; yaw in deg", "mean", "median", "p95", "max", "yaw", "ANEES", "poses"):
            table.add_column(name, justify="left" if "cm" in name else "right", no_wrap=True)
        for act in self.acts:
            sure = act.to_json()["calibration"]
            anees = "" if sure is None else f"{sure['anees']:.1f}"
            table.add_row(act.name, *_cells(act.errors()), anees, str(len(act.estimates)))
            table.add_row("- picture alone", *_cells(act.fix_errors()), "", str(len(act.fixes)))
        console.print(table)
        noticed, found = self.carried.noticed_s, self.carried
        facts = Table(show_header=False)
        facts.add_row(
            "carried elsewhere, noticed", "not" if noticed is None else f"after {noticed:.2f} s"
        )
        outcome = f"after {found.seconds:.2f} s" if found.recovered else "never"
        facts.add_row("found again by the camera", outcome)
        console.print(facts)
        if self.trouble:
            console.print(f"[bold red]failed:[/] {self.trouble}")
        console.print(f"figures: {self.out / 'report.json'}, picture: {self.out / 'demo.png'}")


def _cells(errors: PoseErrors | None) -> list[str]:
    if errors is None:
        return [""] * 5
    lengths = (errors.ape_mean_m, errors.ape_median_m, errors.ape_p95_m, errors.ape_max_m)
    return [*(f"{100 * value:.1f}" for value in lengths), f"{errors.yaw_mean_deg:.2f}"]


def write_report(report: CameraDemoReport, grid: OccupancyGrid) -> None:
    """Write `report.json` and `demo.png`.

    Raises:
        PlaceError: they cannot be written.
    """
    views = [
        DrawnView(act.name, view.seen, view.expected)
        for act, view in zip(report.acts, report.views, strict=False)
    ]
    title = f"from the laser to the camera at {report.speed_mps:g} m/s, over ROS 2 topics"
    with new_files(report.out) as made:
        write_json(made / "report.json", report.to_json())
        acts = [act.drawn() for act in report.acts]
        draw_acts(grid, acts, views, made / "demo.png", title)
