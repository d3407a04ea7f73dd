# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The verdict on a run as lines in a terminal."""

from __future__ import annotations

from local_inn_ros.cli.output import say
from local_inn_ros.evaluation.verdict import Severity, Verdict

NOT_TRUSTED = 3
"""The exit code where a result cannot be trusted; 2 is that of a command that has none."""

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def print_verdict(verdict: Verdict) -> None:
    """Print what is wrong, the gravest first, and whether the result can be trusted."""
    for remark in verdict.remarks:
        say(
            f"{remark.severity.value} [{remark.code}] {remark.text}", style=_STYLES[remark.severity]
        )
    if not verdict.trusted:
        say("verdict: this result cannot be trusted", style="red")
    elif verdict.remarks:
        say("verdict: to be trusted, with the warnings above", style="green")
    else:
        say("verdict: nothing wrong was found", style="green")
