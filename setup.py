# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What setup.cfg cannot say, chiefly the folders that ROS expects under share/."""

from __future__ import annotations

from pathlib import Path

from setuptools import setup

PACKAGE = "local_inn_ros"
RESOURCE_FOLDERS = ("launch", "config", "models")


def shared_files() -> list[tuple[str, list[str]]]:
    """Return (destination folder, files) for all that is installed under share/.

    Plans compiled for one GPU (``engine/`` of a bundle) are made on the robot and never installed.
    """
    share = Path("share") / PACKAGE
    files = [
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (str(share), ["package.xml"]),
    ]
    for root in map(Path, RESOURCE_FOLDERS):
        for folder in [root, *sorted(path for path in root.rglob("*") if path.is_dir())]:
            names = sorted(
                str(path)
                for path in folder.glob("*")
                if path.is_file() and path.suffix != ".pyc" and "engine" not in path.parts
            )
            if names:
                files.append((str(share / folder), names))
    return files


setup(
    data_files=shared_files(),
    # As a string: what setup.cfg makes of it, colcon cannot read.
    python_requires=">=3.10",
)
