# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle and an engine that stand in for a trained network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from local_inn_bundles import description_of

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration, MapReference
from local_inn_ros.geometry import GaussianPose2, Pose2, Twist2, wrap_angles
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.systems.local_inn_2d.config import PriorSpec
from local_inn_ros.world import OccupancyGrid, RayCaster, grid_hash

SENSOR = LaserSpec(
    name="test",
    beam_count=541,
    angle_min_rad=-0.75 * math.pi,
    angle_max_rad=0.75 * math.pi,
    range_min_m=0.05,
    range_max_m=15.0,
    noise_std_m=0.01,
    rate_hz=40.0,
    network_beams=91,
)
PRIOR_DEVIATION = (0.2, 0.2, math.radians(15.0))
FINE_SPREAD = 0.25
LATENT_SIZE = 6
SPEED_MPS, TURN_RATE_RADPS = 2.0, 0.8


def odometry_at(stamp_s: float) -> Odometry:
    """Perfect odometry of an arc, in a frame of its own."""
    pose = Twist2(SPEED_MPS, 0.0, TURN_RATE_RADPS).scaled(stamp_s).to_pose()
    return Odometry(stamp_s, pose, SPEED_MPS, 0.0, TURN_RATE_RADPS)


def bundle_of(grid: OccupancyGrid, sensor: LaserSpec = SENSOR, **calibration: Any) -> Bundle:
    """A bundle in memory alone."""
    offset_m = calibration.pop("surface_offset_m", 0.0)
    return Bundle(
        Path("none"),
        description_of(
            sensor,
            MapReference(file="none", sha256=grid_hash(grid), surface_offset_m=offset_m),
            PriorSpec(deviation=PRIOR_DEVIATION, widest_spread=1.0, fine_spread=FINE_SPREAD),
            calibration.pop("forward_deviation_m", 0.02),
            calibration=Calibration(**calibration),
        ),
        grid,
    )


class BayesNetworks:
    """Answers as an ideal network would: the posterior of a prior and a reading it is told of.

    Attributes:
        truth: pose of the sensor in the map frame.
        information: (3, 3) what the reading says of (x, y, yaw).
        reach: priors farther from the truth than this many deviations are led nowhere.
    """

    name = "bayes"

    def __init__(self, grid: OccupancyGrid, sensor: LaserSpec = SENSOR) -> None:
        self.truth = Pose2.identity()
        self.information = np.diag(np.array([0.02, 0.02, math.radians(0.3)]) ** -2.0)
        self.reach = 3.0
        self.spreads: list[float] = []
        self._caster = RayCaster(grid, threads=1)
        self._sensor = sensor

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        assert ranges_m.shape == states.shape == (len(priors), self._sensor.network_beams)
        assert ranges_m.dtype == states.dtype == priors.dtype == spreads.dtype == np.float32
        assert spreads.shape == (len(priors),) and latents.shape[1] == LATENT_SIZE
        self.spreads.append(float(spreads[0]))
        deviations = np.array(PRIOR_DEVIATION) * spreads[:, None].astype(np.float64)
        offsets = self.truth.to_array() - priors
        offsets[:, 2] = wrap_angles(offsets[:, 2])
        near = np.all(np.abs(offsets) <= self.reach * deviations, axis=1)
        answer = np.empty((len(priors), len(latents), 3))
        for row in range(len(priors)):
            told = np.diag(deviations[row] ** -2)
            information = self.information if near[row] else np.zeros((3, 3))
            covariance = np.linalg.inv(information + told)
            mean = priors[row] + covariance @ information @ offsets[row]
            answer[row] = mean + latents[:, :3] @ np.linalg.cholesky(covariance).T
        answer[..., 2] = wrap_angles(answer[..., 2])
        return answer.astype(np.float32)

    def expected_ranges(self, poses):
        assert poses.dtype == np.float32
        return ranges_on(self._caster, poses, self._sensor.network_angles_rad(), self._sensor)


def ranges_on(caster, poses, angles, sensor):
    """What the map expects, with the range limit for nothing within reach."""
    ranges = caster.cast(np.asarray(poses, dtype=np.float64), angles, sensor.range_max_m)
    return np.minimum(ranges, np.float32(sensor.range_max_m))


def scan_at(grid, pose: Pose2, rng, stamp_s=0.0, sensor: LaserSpec = SENSOR) -> Scan:
    """A scan with the sensor's noise; ``pose`` is the sensor's."""
    angles = sensor.beam_angles_rad()
    ranges = RayCaster(grid, threads=1).cast(pose.to_array()[None], angles, sensor.range_max_m)[0]
    noisy = ranges + rng.normal(0.0, sensor.noise_std_m, ranges.size)
    return Scan(
        stamp_s,
        noisy.astype(np.float32),
        float(angles[0]),
        float(angles[1] - angles[0]),
        sensor.range_min_m,
        sensor.range_max_m,
    )


def room(width_m=8.0, height_m=6.0, resolution_m=0.05) -> OccupancyGrid:
    """A room with a box and a recess, so that no two places look alike."""
    rows, cols = round(height_m / resolution_m), round(width_m / resolution_m)
    cells = np.zeros((rows, cols), dtype=np.int8)
    wall = 4
    cells[:wall], cells[-wall:], cells[:, :wall], cells[:, -wall:] = 100, 100, 100, 100
    cells[20:40, 100:112] = 100
    cells[-24:, 30:36] = 100
    cells[50:58, 4:20] = 100
    return OccupancyGrid(cells, resolution_m, Pose2(-3.0, -2.0, 0.0))


def gaussian(x, y, yaw, position_m, yaw_rad) -> GaussianPose2:
    return GaussianPose2.from_deviations(Pose2(x, y, yaw), position_m, position_m, yaw_rad)
