# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long an empty process takes to its first fix, and the memory that it holds then.

Run as a module it is that process: it makes a fix, and prints its memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local_inn_ros.benchmarking.machine_engines import ENGINES, open_on
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import EngineError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of


@dataclass(frozen=True, slots=True)
class FirstFix:
    """What a process took to its first fix.

    Attributes:
        seconds: from the start of Python on.
        rss_mb: memory held then, in MB of 2^20 bytes.
    """

    seconds: float
    rss_mb: float


def time_first_fix(bundle: Path, engine: str) -> FirstFix:
    """Start a process that makes a fix; numba has compiled everything once before.

    Args:
        bundle: folder of the trained model.
        engine: short name of what runs it (``ENGINES``).

    Raises:
        EngineError: the process failed.
    """
    command = [sys.executable, "-m", __name__, str(bundle.resolve()), engine]
    for _ in range(2):
        started_s = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started_s
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise EngineError(f"a new process could not make a fix with {engine}: {last}")
    return FirstFix(seconds, float(done.stdout.splitlines()[-1]))


def resident_mb() -> float:
    """Return the memory that this process holds, in MB of 2^20 bytes (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) / 1024.0
    raise OSError("/proc/self/status does not tell VmRSS")


def main(bundle_path: str, engine: str) -> None:
    """Locate one scan, whatever comes of it."""
    bundle = Bundle.load(bundle_path)
    sensor, bounds = bundle.description.laser, bundle.grid.bounds
    model = open_on(bundle, ENGINES[engine])
    localizer = fix_producer_of(model, Mount.level(Pose2.identity()), RunSettings())
    angles = sensor.beam_angles_rad()
    scan = Scan(
        0.0,
        np.full(angles.size, 0.2 * sensor.range_max_m, dtype=np.float32),
        float(angles[0]),
        float(angles[1] - angles[0]),
        sensor.range_min_m,
        sensor.range_max_m,
    )
    x, y = 0.5 * (bounds.x_min_m + bounds.x_max_m), 0.5 * (bounds.y_min_m + bounds.y_max_m)
    localizer.locate(scan, GaussianPose2.from_deviations(Pose2(x, y, 0.0), 0.05, 0.05, 0.05))
    print(resident_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
