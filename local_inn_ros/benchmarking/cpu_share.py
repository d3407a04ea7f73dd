# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much of a processor core localization takes, at the rate that a laser has."""

from __future__ import annotations

import time

from local_inn_ros.benchmarking.accuracy_job import MOUNT, noisy_sensor
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.timed_runs import Follower, NetworkRun
from local_inn_ros.benchmarking.worlds import drive_lap_of
from local_inn_ros.systems.protocol import Model, RunSettings

RATES_HZ = (10.0, 40.0, 100.0)


def cpu_share(
    model: Model,
    samples: int,
    rate_hz: float,
    speed_mps: float,
    duration_s: float,
    seed: int,
) -> float:
    """Return processor time over time driven, of following a drive as it happens.

    Readings come at their stamps, odometry as often as the simulator has it; in between the
    process sleeps. Its other threads count too: an engine may have some. Above 1 it does not keep
    up; where others hold it up, that does not count.

    Args:
        model: the trained model, on whose map is driven, on an engine.
        samples: drawn for each scan.
        rate_hz: of the scans.
        speed_mps: of the robot.
        duration_s: how long is driven, in real time.
        seed: of the drive.

    Raises:
        MapError: the map has no lap.
    """
    sensor = noisy_sensor(model.bundle).model_copy(update={"rate_hz": rate_hz})
    drive = drive_lap_of(
        model.bundle, sensor, MOUNT, CONDITIONS["clean"], speed_mps, duration_s, seed
    )
    run = NetworkRun(model, RunSettings(samples=samples))
    follower = Follower(run, drive)
    readings = list(drive.steady_readings())
    stamps_s = [reading.stamp_s for reading in readings]
    first_s, last_s = min(stamps_s), max(stamps_s)
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    for reading in readings:
        early_s = reading.stamp_s - first_s - (time.perf_counter() - begun_s)
        if early_s > 0.0:
            time.sleep(early_s)
        follower.take(reading)
    return (time.process_time() - begun_cpu_s) / (last_s - first_s)
