# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The progress bar of a training: time left, and the present error in metres and degrees."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from local_inn_ros.training import TrainingProgress


class TrainingBar:
    """Shows a bar while a training runs."""

    def __init__(self, steps: int) -> None:
        """Set up for a number of gradient steps."""
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TextColumn("error {task.fields[position]} {task.fields[yaw]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            refresh_per_second=2,
        )
        self._task = self._bar.add_task("training", total=steps, position="- m", yaw="- deg")

    def __enter__(self) -> TrainingBar:
        """Begin to draw."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last state on the screen."""
        self._bar.stop()

    def show(self, report: TrainingProgress) -> None:
        """Draw where the training stands."""
        self._bar.update(
            self._task,
            completed=report.step,
            position=f"{report.position_error_m:.3f} m",
            yaw=f"{report.yaw_error_deg:.2f} deg",
        )
