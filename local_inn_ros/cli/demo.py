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

_SPEED_MPS, _CAMERA_SPEED_MPS = 5.0, 1.0


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
    camera: Annotated[
        bool,
        typer.Option(
            "--camera",
            help="Show the camera instead: the laser is unplugged on the way, and the robot drives "
            "on and finds itself by pictures.",
        ),
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option("--speed", min=0.1, help="m/s on the lap; usually 5, with --camera 1."),
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Drive, localize, kidnap and find a simulated robot, over ROS 2 topics on this machine."""
    from local_inn_ros.errors import LocalInnError

    if importlib.util.find_spec("rclpy") is None:
        raise LocalInnError(
            "the demo needs ROS 2: source a ROS 2 distribution, or install its wheels with "
            "`pip install 'local_inn_ros[ros]'`"
        )
    if camera:
        _camera_demo(out, bundle, seed, speed or _CAMERA_SPEED_MPS)
        return
    from local_inn_ros.nodes.demo.demo import run_demo
    from local_inn_ros.nodes.localizer.model import shipped_bundle

    report = run_demo(bundle or shipped_bundle(), out, seed, speed or _SPEED_MPS)
    report.print_table()
    if not report.passed:
        raise typer.Exit(1)


def _camera_demo(out: Path, bundle: Path | None, seed: int, speed_mps: float) -> None:
    from local_inn_ros.errors import LocalInnError

    if bundle is not None:
        raise LocalInnError("--camera shows the bundles that are shipped: leave --bundle out")
    if importlib.util.find_spec("cv2") is None or importlib.util.find_spec("poselib") is None:
        raise LocalInnError(
            "cameras need OpenCV and PoseLib: install them with "
            "`pip install 'local_inn_ros[camera]'`"
        )
    from local_inn_ros.nodes.demo.camera_demo import run_camera_demo, shipped_demo

    report = run_camera_demo(shipped_demo(out, seed, speed_mps))
    report.print_table()
    if not report.passed:
        raise typer.Exit(1)
