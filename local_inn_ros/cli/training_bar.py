# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The progress bar of a training: time left, and the present error in metres and degrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from local_inn_ros.training.fit import TrainingProgress


@contextmanager
def training_bar() -> Iterator[Callable[[TrainingProgress], None]]:
    """Show a bar while a training runs; yields what the training reports to."""
    columns = (
        TextColumn("training"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} steps"),
        TextColumn("error {task.fields[position]} {task.fields[yaw]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, refresh_per_second=2) as bar:
        task = bar.add_task("training", total=None, position="- m", yaw="- deg")

        def advance(report: TrainingProgress) -> None:
            bar.update(
                task,
                completed=report.step,
                total=report.steps,
                position=f"{report.position_error_m:.3f} m",
                yaw=f"{report.yaw_error_deg:.2f} deg",
            )

        yield advance
