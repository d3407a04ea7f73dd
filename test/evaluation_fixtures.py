# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A short simulated run, and a localizer that needs no bundle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from local_inn_ros.benchmarking.simulated_drive import record
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.localization.evidence import covariance_of
from local_inn_ros.localization.fix import Fix, Mode
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.mounted_poses import pose_of_base, pose_of_mounted
from local_inn_ros.simulation.odometry_model import OdometryModel
from local_inn_ros.simulation.sensors import LaserModel
from local_inn_ros.simulation.simulator import Simulator
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import LikelihoodField, OccupancyGrid

SPEC = LaserSpec(
    name="test",
    beam_count=181,
    angle_min_rad=-2.3,
    angle_max_rad=2.3,
    range_min_m=0.05,
    range_max_m=15.0,
    noise_std_m=0.01,
    rate_hz=20.0,
    network_beams=60,
)
MOUNT = Pose2(0.2, 0.0, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedRun:
    """What a simulated robot measured, its scans as if of one instant, and where it was."""

    grid: OccupancyGrid
    readings: tuple[Scan | Odometry, ...]
    truth: Trajectory

    @property
    def scans(self) -> list[Scan]:
        """The scans alone."""
        return [reading for reading in self.readings if isinstance(reading, Scan)]


@cache
def simulated_run(seed: int = 5, duration_s: float = 6.0) -> SimulatedRun:
    """Drive a race track at 5 m/s; the same seed gives the same run."""
    world = generate_race_track(np.random.default_rng(seed), lap_m=45.0)
    simulator = Simulator(
        world.grid,
        world.route,
        LaserModel(SPEC, base_from_laser=MOUNT),
        OdometryModel(),
        5.0,
        np.random.default_rng(seed),
    )
    drive = record(simulator.whole_scans(duration_s), MOUNT)
    return SimulatedRun(world.grid, tuple(drive.steady_readings()), drive.truth)


class AligningLocalizer:
    """Answers as a Localizer does, by alignment alone; its `network` is 5 cm off in x."""

    def __init__(self, grid: OccupancyGrid, mount: Pose2 = MOUNT) -> None:
        self._refiner = Refiner(LikelihoodField(grid), SPEC.noise_std_m)
        self._points = ScanPoints(SPEC.range_max_m)
        self._mount = mount

    def locate(self, scan: Scan, prior: GaussianPose2) -> Fix:
        """Align the scan from the prior."""
        start = pose_of_mounted(prior, self._mount).mean
        found = self._refiner.refine(self._points.of(scan), start)
        aligned = GaussianPose2(found.pose, covariance_of(found.information) + 1e-6 * np.eye(3))
        measurement = pose_of_base(aligned, self._mount)
        mean = measurement.mean
        network = GaussianPose2(Pose2(mean.x + 0.05, mean.y, mean.yaw), measurement.covariance)
        return Fix(
            stamp_s=scan.stamp_s,
            measurement=measurement,
            network=network,
            modes=(Mode(measurement, 1.0),),
            samples=np.zeros((0, 3)),
            unexplained=0.0,
            quality=0.5,
            stage_s={"align": 0.001},
        )


class KnowingRelocalizer:
    """Answers as a Relocalizer does: from the third scan on it knows where the robot is."""

    def __init__(self, truth: Trajectory) -> None:
        self._truth = truth
        self.asked = 0

    def search(self, scan: Scan) -> SearchResult:
        """Tell the truth, or that it is not known yet."""
        self.asked += 1
        if self.asked < 3:
            return SearchResult(False, None, (), "not yet", 0.0)
        pose = Pose2.from_array(self._truth.at([scan.stamp_s])[0])
        found = GaussianPose2.from_deviations(pose, 0.05, 0.05, 0.02)
        return SearchResult(True, found, (), "", 0.0)
