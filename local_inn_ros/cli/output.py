# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What verbs print: tables and progress bars."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

console = Console()


def say(text: str, style: str = "") -> None:
    """Print a line as it is: brackets in it are no markup, and it is not broken into lines."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def progress_bar(by_itself: bool = True) -> Progress:
    """Return a progress bar that shows what is left; it vanishes when it is done.

    Args:
        by_itself: whether a thread draws it several times a second; where not, it is drawn when it
            is told to.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        auto_refresh=by_itself,
    )


def facts_table(title: str, facts: Mapping[str, str]) -> Table:
    """Return a table of names and values."""
    table = Table(title=title or None, show_header=False, title_justify="left")
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, value)
    return table
