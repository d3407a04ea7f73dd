# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is compiled when it is first used is compiled before the first scan."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: other tests have long compiled everything in theirs.
_SCRIPT = """
import gc

import numpy as np
from numba.core.dispatcher import Dispatcher

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing.mount import SensorMount
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.model import load_model
from local_inn_ros.sensing import Scan
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.world import plan_lap


def compiled():
    return {
        (one.py_func.__module__, one.py_func.__name__, str(signature))
        for one in gc.get_objects()
        if isinstance(one, Dispatcher)
        for signature in one.signatures
        if one.py_func.__module__.startswith("local_inn_ros.localization")
    }


model = load_model(LocalizerParameters(), print)
mount = Pose2(0.27, 0.0, 0.0)
simulator = Simulator(
    model.bundle.grid,
    plan_lap(model.bundle.grid),
    LaserModel(model.bundle.description.laser, base_from_laser=mount),
    OdometryModel(),
    3.0,
    np.random.default_rng(1),
)
localizer = model.mounted_at(SensorMount(mount)).localizer
before = compiled()
for event in simulator.events(3.0):
    if isinstance(event, Scan):
        prior = GaussianPose2.from_deviations(simulator.truth.pose, 0.05, 0.05, 0.02)
        localizer.locate(event, prior)
assert before
for one in sorted(compiled() - before):
    print(*one)
"""


def test_no_scan_waits_for_a_compiler() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
