# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn doctor`: what is wrong with the running localization, and how to mend it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import JsonOption

if TYPE_CHECKING:
    from local_inn_ros.diagnosis.findings import Report

EXAMPLE = "Example: local-inn doctor --seconds 10"


def doctor(
    seconds: Annotated[
        float, typer.Option("--seconds", min=1.0, max=120.0, help="How long to listen.")
    ] = 5.0,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", help="Of the localization, where several run."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Look at the running ROS graph and say what is wrong with the localization.

    It listens and asks, and changes nothing. The exit code is 1 where something is grave.
    """
    from local_inn_ros.errors import LocalInnError
    from local_inn_ros.evaluation.json_file import write_json

    if importlib.util.find_spec("rclpy") is None:
        raise LocalInnError(
            "the doctor needs ROS 2: source a ROS 2 distribution, or install its wheels with "
            "`pip install 'local_inn_ros[ros]'`"
        )
    from local_inn_ros.nodes.doctor.doctor import run_doctor

    report = run_doctor(seconds, namespace)
    _print(report)
    if json is not None:
        write_json(json, report.to_json())
    if not report.healthy:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    from rich.markup import escape

    from local_inn_ros.cli.output import console, facts_table, say
    from local_inn_ros.diagnosis.findings import Severity

    styles = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
    for finding in report.findings:
        say(finding.line(), style=styles[finding.severity])
    if not report.findings:
        say("nothing wrong", style="green")
    figures = {
        escape(name): f"{value:.4g}" if isinstance(value, float) else escape(value)
        for name, value in report.figures.items()
    }
    console.print(facts_table("seen", figures))
