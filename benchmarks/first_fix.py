# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An empty process makes a fix, and prints the memory that it holds then, in MB of 2^20 bytes.

Whoever starts it can see how long that takes from the start of Python on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from local_inn_ros.engines import Bundle, OnnxEngine
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.from_bundle import build_localizer
from local_inn_ros.localization.refiner_choice import RefinerChoice
from local_inn_ros.sensing import Scan


def resident_mb() -> float:
    """Return the memory that this process holds, in MB of 2^20 bytes (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) / 1024.0
    raise OSError("/proc/self/status does not tell VmRSS")


def main() -> None:
    """Locate one scan, whatever comes of it."""
    bundle = Bundle.load(sys.argv[1])
    sensor, bounds = bundle.description.sensor, bundle.grid.bounds
    localizer = build_localizer(bundle, OnnxEngine(bundle), Pose2.identity(), RefinerChoice.FIELD)
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
    main()
