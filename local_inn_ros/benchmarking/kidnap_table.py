# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of the kidnap benchmark, as rows for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local_inn_ros.benchmarking.kidnap import KidnapScore


@dataclass(frozen=True, slots=True)
class KidnapRow:
    """What was reached on one map in one way.

    Attributes:
        map: its name.
        mode: "standing" or "moving".
        condition: what the robot met; "recorded" where the readings are real.
        world: what a simulated robot was in; "real" where the readings are.
        score: the figures.
    """

    map: str
    mode: str
    condition: str
    world: str
    score: KidnapScore

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON has it."""
        named = {"map": self.map, "mode": self.mode, "condition": self.condition}
        return {**named, "world": self.world, **self.score.to_json()}


def markdown(rows: Sequence[KidnapRow]) -> str:
    """Return the rows as a Markdown table; intervals are Wilson's, with 95 % confidence."""
    lines = [
        "| map | mode | readings | world | trials | found, right | found, wrong | ambiguous "
        "| place listed | search, median (p95) | decided after |",
        "| --- | --- | --- | --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        score = row.score
        cells = [
            row.map,
            row.mode,
            row.condition,
            row.world,
            str(score.trials),
            _share(score.success, score.success_interval),
            _share(score.false_confirm, score.false_confirm_interval),
            f"{score.ambiguous:.1%}",
            f"{score.listed:.1%}",
            f"{score.median_search_ms:.0f} ms ({score.p95_search_ms:.0f})",
            f"{score.median_decided_s:.2f} s",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _share(share: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{share:.1%} ({100.0 * low:.1f} to {100.0 * high:.1f})"
