# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is compiled when it is first used is compiled before the node is ready."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: other tests have long compiled everything in theirs.
_SCRIPT = """
import gc
from dataclasses import replace
from itertools import product

import numpy as np
from numba.core.dispatcher import Dispatcher

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters
from local_inn_ros.nodes.localizer.model import load_model
from local_inn_ros.filtering.odometry_buffer import OdometryBuffer
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.nodes.common.conversions import scan_message, to_scan, to_stamp
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.sensing.laser.sweep import at_one_instant
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.world import plan_lap


def compiled():
    return {
        (one.py_func.__module__, one.py_func.__name__, str(signature))
        for one in gc.get_objects()
        if isinstance(one, Dispatcher)
        for signature in one.signatures
        if one.py_func.__module__.startswith("local_inn_ros.")
    }


model = load_model(LidarParameters(), print)
mount = Pose2(0.27, 0.0, 0.0)
simulator = Simulator(
    model.bundle.grid,
    plan_lap(model.bundle.grid),
    LaserModel(model.bundle.description.laser, base_from_laser=mount),
    OdometryModel(),
    3.0,
    np.random.default_rng(1),
)
mounts = {upside_down: LaserMount(mount, upside_down) for upside_down in (False, True)}
before = compiled()
mounted = {upside_down: model.mounted_at(one) for upside_down, one in mounts.items()}
# As in the node: right, wrong and off the map, known well and not at all, tracked and lost.
places = [Pose2(0.0, 0.0, 0.0), Pose2(5.0, 1.0, 1.0), Pose2(500.0, 0.0, 0.0)]
asked = list(product(places, (0.05, 0.5, 2.0, 10.0), (False, True)))
odometry = OdometryBuffer()
searches, found, scans = {}, 0, 0
for event in simulator.events(3.0):
    if isinstance(event, Odometry):
        odometry.add(event)
    if not isinstance(event, Scan):
        continue
    scans += 1
    told = to_scan(scan_message(event, to_stamp(event.stamp_s), "laser"))
    for upside_down, one in mounted.items():
        swept = replace(mounts[upside_down].righted(told), time_increment_s=1e-5)
        if upside_down:
            swept = replace(mounts[upside_down].righted(swept), time_increment_s=1e-5)
        scan = at_one_instant(swept, odometry.pose_at, mount)
        if scan is None:
            continue
        truth = simulator.truth.pose
        for off, deviation_m, lost in asked if scans % 20 == 5 else ():
            prior = GaussianPose2.from_deviations(truth @ off, deviation_m, deviation_m, 0.3)
            one.measured(scan, prior, lost).explain()
        if upside_down not in searches:
            offered = (GaussianPose2.from_deviations(truth, 0.1, 0.1, 0.1),)
            settings = PlaceSearchSettings(5.0, 3)
            search = PlaceSearch(one.relocalizer, one.tracker, settings, offered)
            searches[upside_down] = search
        result = searches[upside_down].add(scan, odometry.pose_at(scan.stamp_s))
        if result is not None:
            found += result.found
            del searches[upside_down]
assert before
assert found > 2, found
for one in sorted(compiled() - before):
    print(*one)
"""


def test_neither_scan_nor_search_waits_for_a_compiler() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
