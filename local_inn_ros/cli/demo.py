# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn demo`: see a simulated robot localize itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from local_inn_ros.cli.options import SeedOption, tried_folder

EXAMPLE = "Example: local-inn demo --out build/demo"


def demo(
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="Folder for report and picture.", callback=tried_folder, readable=False
        ),
    ] = Path("build/demo"),
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Another bundle than the one shipped.")
    ] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.1, help="m/s on the lap.")] = 5.0,
    seed: SeedOption = 0,
) -> None:
    """Drive, localize, kidnap and find a simulated robot, over ROS 2 topics on this machine."""
    from local_inn_ros.errors import LocalInnError

    if importlib.util.find_spec("rclpy") is None:
        raise LocalInnError(
            "the demo needs ROS 2: source a ROS 2 distribution, or install its wheels with "
            "`pip install 'local_inn_ros[ros]'`"
        )
    from local_inn_ros.nodes.demo.demo import run_demo
    from local_inn_ros.nodes.localizer.model import shipped_bundle

    report = run_demo(bundle or shipped_bundle(), out, seed, speed)
    report.print_table()
    if not report.passed:
        raise typer.Exit(1)
