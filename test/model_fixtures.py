# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A model whose network knows the answer: what stands round it can be tested without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from local_inn_bundles import description_of

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import MapReference
from local_inn_ros.engines import Float32Array
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.systems.local_inn_2d.config import PriorSpec
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.world import FREE, OCCUPIED, OccupancyGrid, RayCaster, grid_hash

if TYPE_CHECKING:
    from local_inn_ros.nodes.localizer.model import RunnableModel

SENSOR = LaserSpec(
    name="test",
    beam_count=180,
    angle_min_rad=-2.3,
    angle_max_rad=2.3,
    range_min_m=0.05,
    range_max_m=15.0,
    noise_std_m=0.01,
    rate_hz=40.0,
    network_beams=60,
)


def room() -> OccupancyGrid:
    """A room of 6 x 4 m with two boxes in it, so that no two places look alike."""
    cells = np.full((100, 140), OCCUPIED, dtype=np.int8)
    cells[10:90, 10:130] = FREE
    cells[10:35, 90:110] = OCCUPIED
    cells[70:90, 30:40] = OCCUPIED
    return OccupancyGrid(cells, 0.05, Pose2(-1.0, -1.0, 0.0))


def hall() -> OccupancyGrid:
    """An empty room, which looks the same from the other end."""
    cells = np.full((100, 140), OCCUPIED, dtype=np.int8)
    cells[10:90, 10:130] = FREE
    return OccupancyGrid(cells, 0.05, Pose2(-1.0, -1.0, 0.0))


class OracleNetworks:
    """Networks that are told the sensor's pose, and answer with it from priors near it."""

    name = "oracle"

    def __init__(self, grid: OccupancyGrid, sensor: LaserSpec) -> None:
        self._caster = RayCaster(grid)
        self._sensor = sensor
        self.sensor_pose = Pose2.identity()

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        truth = self.sensor_pose.to_array()
        near = np.hypot(*(priors[:, :2] - truth[:2]).T) < 1.0
        answers = np.where(near[:, None], truth, priors)
        noise = 0.01 * np.resize(latents, (len(latents), 3))
        return (answers[:, None] + noise[None]).astype(np.float32)

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        angles = self._sensor.network_angles_rad()
        limit = self._sensor.range_max_m
        return np.minimum(self._caster.cast(poses.astype(np.float64), angles, limit), limit)


def oracle_model(grid: OccupancyGrid) -> RunnableModel:
    """Return a model of a map, ready for the localizer's node; where ROS is installed."""
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    from local_inn_ros.nodes.localizer.model import RunnableModel

    description = description_of(
        SENSOR,
        MapReference(file="map.yaml", sha256=grid_hash(grid)),
        PriorSpec(deviation=(0.2, 0.2, 0.26), widest_spread=2.0, fine_spread=0.25),
        forward_deviation_m=0.03,
    )
    bundle = Bundle(Path("oracle"), description, grid)
    return RunnableModel(LocalInn2d(bundle, OracleNetworks(grid, SENSOR)), RunSettings())


def oracle_of(model: RunnableModel) -> OracleNetworks:
    """Return the networks of such a model, which are to be told where the sensor is."""
    assert isinstance(model.model, LocalInn2d)
    assert isinstance(model.model.networks, OracleNetworks)
    return model.model.networks


def scan_at(grid: OccupancyGrid, sensor_pose: Pose2, stamp_s: float) -> Scan:
    """Return what the laser sees, without noise."""
    angles = SENSOR.beam_angles_rad()
    ranges = RayCaster(grid).cast(sensor_pose.to_array()[None], angles, SENSOR.range_max_m)[0]
    step = float(angles[1] - angles[0])
    return Scan(stamp_s, ranges, float(angles[0]), step, SENSOR.range_min_m, SENSOR.range_max_m)
