# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refiner and filter alone, with an engine that knows nothing: the floor under the network."""

from pathlib import Path

import numpy as np
import pytest
from local_inn_bundles import build_localizer
from localization_helpers import PRIOR_DEVIATION, BayesNetworks, bundle_of

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angles
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.sensing import Odometry, Scan, load_laser_spec
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator, TruthState
from local_inn_ros.simulation.worlds.generated_track import generate_race_track
from local_inn_ros.world import load_map

REPOSITORY = Path(__file__).resolve().parents[3]
INTEL = REPOSITORY.parent / "shared" / "data" / "intel_lab"


class NoNetwork(BayesNetworks):
    """Gives every prior back."""

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        width = np.array(PRIOR_DEVIATION) * spreads[:, None, None]
        return (priors[:, None] + latents[None, :, :3] * width).astype(np.float32)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_race_car_is_tracked_to_millimetres_and_knows_it(seed):
    world = generate_race_track(np.random.default_rng(seed))
    sensor = load_laser_spec(REPOSITORY / "config" / "sensors" / "f1tenth.yaml")
    # All beams of one instant, so that the truth is that of the newest event.
    sensor = sensor.model_copy(update={"scan_duration_s": 0.0})
    bundle = bundle_of(world.grid, sensor)
    mount = Pose2(0.27, 0.0, 0.0)
    pipeline = LocalizationPipeline(
        build_localizer(bundle, NoNetwork(world.grid, sensor), mount, RefinerChoice.FIELD),
        PoseFilter(),
    )
    simulator = Simulator(
        world.grid,
        world.route,
        LaserModel(sensor, base_from_laser=mount),
        OdometryModel(slip=0.1, turn_slip=0.1),
        speed_mps=5.0,
        rng=np.random.default_rng(seed),
    )
    truth, errors, squared = None, [], []
    for event in simulator.events(6.0):
        if isinstance(event, TruthState):
            truth = event
        elif isinstance(event, Odometry):
            pipeline.add_odometry(event)
            if event.stamp_s <= 0.01:
                start = truth.pose @ Pose2(0.1, -0.05, 0.05)
                pipeline.set_initial_pose(
                    GaussianPose2.from_deviations(start, 0.1, 0.1, 0.05), event.stamp_s
                )
        elif (result := pipeline.add_scan(event)) is not None:
            assert result.fusion.accepted
            errors.append(result.fused.mean.distance_to(truth.pose))
            squared.append(result.fused.squared_mahalanobis(truth.pose))
    assert truth.speed_mps > 4.0
    assert len(errors) > 200
    assert np.mean(errors) < 0.004
    assert np.max(errors) < 0.02
    assert 2.0 < np.mean(squared) < 4.0


@pytest.mark.skipif(not INTEL.is_dir(), reason=f"no Intel lab data at {INTEL}")
def test_a_real_robot_is_tracked_on_the_map_it_made():
    grid = load_map(INTEL / "map_lap1.yaml")
    sensor = load_laser_spec(REPOSITORY / "config" / "sensors" / "sick_lms200.yaml")
    bundle = bundle_of(
        grid,
        sensor,
        surface_offset_m=-0.5 * grid.resolution_m,
        aligned={"field": CovarianceModel(floor=(0.02, 0.02, 0.015))},
    )
    localizer = build_localizer(
        bundle, NoNetwork(grid, sensor), Pose2.identity(), RefinerChoice.FIELD
    )
    pipeline = LocalizationPipeline(localizer, PoseFilter())
    log = np.load(INTEL / "lap1_map.npz", allow_pickle=False)
    angles, errors = log["angles_rad"], []
    for k in range(500):
        stamp = float(log["stamp"][k])
        pipeline.add_odometry(Odometry(stamp, Pose2.from_array(log["odom_xyt"][k])))
        if k == 0:
            start = Pose2.from_array(log["gt_xyt"][0])
            pipeline.set_initial_pose(GaussianPose2.from_deviations(start, 0.1, 0.1, 0.05), stamp)
        scan = Scan(
            stamp,
            log["ranges_m"][k].astype(np.float32),
            float(angles[0]),
            float(angles[1] - angles[0]),
            sensor.range_min_m,
            sensor.range_max_m,
        )
        result = pipeline.add_scan(scan)
        assert result is not None
        error = result.fused.mean.to_array() - log["gt_xyt"][k]
        errors.append([np.hypot(error[0], error[1]), abs(wrap_angles(error[2]))])
    position, yaw = np.array(errors).T
    assert np.median(position) < 0.03
    assert np.sqrt(np.mean(position**2)) < 0.045
    assert np.degrees(np.median(yaw)) < 0.7
