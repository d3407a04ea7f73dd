# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Launch files run by ROS 2's launch, with stand-ins that note down how they were started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]

# Notes its words, a line each, then the parameter files that it was given, as YAML documents.
STAND_IN = """#!/bin/sh
note={note}
printf '%s\\n' "$@" > "$note.words"
while [ $# -gt 0 ]; do
    if [ "$1" = --params-file ]; then { echo ---; cat "$2"; } >> "$note.files"; fi
    shift
done
"""

# Runs the launch file that its first word names, below the namespace that its second one names,
# with the arguments that follow.
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import PushRosNamespace

path, pushed, *words = sys.argv[1:]
arguments = [word.partition(":=")[::2] for word in words]
source = PythonLaunchDescriptionSource(path)
service = LaunchService(argv=words)
before = [PushRosNamespace(pushed)] if pushed else []
service.include_launch_description(
    LaunchDescription([*before, IncludeLaunchDescription(source, launch_arguments=arguments)])
)
sys.exit(service.run())
"""


@dataclass(frozen=True)
class Started:
    """How a process was started: its words, and what its parameter files hold."""

    words: list[str]
    files: list[dict[str, Any]]

    def parameters(self, node: str) -> dict[str, Any]:
        """Return what the files tell a node of any namespace; later ones overrule."""
        told: dict[str, Any] = {}
        for file in self.files:
            for name, parameters in _nodes_of(file):
                if name.split("/")[-1] in (node, "**"):
                    told.update(parameters)
        return told

    @property
    def rules(self) -> set[str]:
        """Names that are remapped, as `from:=to`; without that of the root's namespace."""
        return {word for word in self.words if ":=" in word} - {"__ns:=/"}


def _nodes_of(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in tree.items():
        if name == "ros__parameters":
            yield above, value
        else:
            yield from _nodes_of(value, f"{above}/{name}".replace("//", "/"))


@dataclass(frozen=True)
class Launched:
    """What a launch file came to: exit code, all that was said, the processes by their names."""

    code: int
    said: str
    processes: dict[str, Started]


class LaunchBench:
    """A prefix with this package's launch files, in which every executable is a stand-in."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self._notes = folder / "notes"
        self._notes.mkdir(parents=True)
        share = self.prefix / "share" / "local_inn_ros"
        share.mkdir(parents=True)
        for kind in ("launch", "config"):
            (share / kind).symlink_to(ROOT / kind)
        self.install("local_inn_ros", "localization", "ekf", "camera_localizer", "simulator")

    def install(self, package: str, *executables: str, last: str = "") -> None:
        """Put a package with stand-ins into the prefix.

        Args:
            package: its name.
            executables: names of its stand-ins.
            last: what they do at the end, in the shell's language; nothing where left out.
        """
        index = self.prefix / "share" / "ament_index" / "resource_index" / "packages"
        index.mkdir(parents=True, exist_ok=True)
        (index / package).touch()
        for name in executables:
            self._write(self.prefix / "lib" / package / name, last)

    def install_command(self, name: str, last: str = "") -> None:
        """Put a stand-in where the shell finds it; see ``install``."""
        self._write(self.prefix / "bin" / name, last)

    def _write(self, path: Path, last: str = "") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STAND_IN.replace("{note}", str(self._notes / path.name)) + last + "\n")
        path.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """Return what makes ROS and the shell look into the prefix."""
        prefixes = [str(self.prefix), os.environ.get("AMENT_PREFIX_PATH", "")]
        return {
            "AMENT_PREFIX_PATH": os.pathsep.join(filter(None, prefixes)),
            "ROS_LOG_DIR": str(self.prefix / "log"),
            "PATH": f"{self.prefix / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, file: str, pushed: str = "", **arguments: str) -> Launched:
        """Run a launch file until all has ended.

        Args:
            file: its name, without what all of them end with.
            pushed: a namespace that whoever includes it has put before all names.
            arguments: for the file.
        """
        words = [f"{name}:={value}" for name, value in arguments.items()]
        path = ROOT / "launch" / f"{file}.launch.py"
        ended = subprocess.run(
            [sys.executable, "-c", LAUNCH, str(path), pushed, *words],
            env={**os.environ, **self.environment()},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        notes = sorted(self._notes.glob("*.words"))
        started = {note.stem: _started(note) for note in notes}
        return Launched(ended.returncode, ended.stdout + ended.stderr, started)


def _started(note: Path) -> Started:
    files = note.with_suffix(".files")
    # launch_ros notes lists as Python's tuples, which ROS reads as lists.
    text = files.read_text().replace("!!python/tuple", "") if files.exists() else ""
    documents = yaml.safe_load_all(text)
    return Started(note.read_text().splitlines(), [one for one in documents if one])
