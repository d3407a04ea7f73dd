# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry
from local_inn_ros.simulation.odometry_model import OdometryModel, WheelOdometry
from local_inn_ros.simulation.vehicle import arc

PERFECT = OdometryModel(0.0, 0.0, 2.0, 0.0, 0.0, 0.0)
STEP_S = 0.01


def drive(model: OdometryModel, motion: Pose2, count: int, seed: int = 0) -> list[Odometry]:
    odometry = WheelOdometry(model, np.random.default_rng(seed))
    return [odometry.update(motion, STEP_S, (k + 1) * STEP_S) for k in range(count)]


@pytest.mark.parametrize("distance", [0.05, -0.02])
@pytest.mark.parametrize("turn", [0.0, 0.03, -0.2])
def test_without_errors_it_is_exact(distance: float, turn: float) -> None:
    readings = drive(PERFECT, arc(distance, turn), 300)
    pose = Pose2.identity()
    for _ in range(300):
        pose = pose @ arc(distance, turn)
    last = readings[-1]
    assert last.pose.distance_to(pose) < 1e-9
    assert last.stamp_s == pytest.approx(3.0)
    assert last.speed_mps == pytest.approx(distance / STEP_S)
    assert last.yaw_rate_radps == pytest.approx(turn / STEP_S)


def test_standing_still_it_stands_still() -> None:
    readings = drive(OdometryModel(turn_bias_radps=0.01), Pose2.identity(), 100)
    assert all(reading.pose == Pose2.identity() for reading in readings)
    assert all(reading.speed_mps == 0.0 for reading in readings)


def scales(model: OdometryModel, count: int, seed: int) -> np.ndarray:
    """Error of the scale of distance, step by step, of a robot that drives straight on."""
    readings = drive(model, Pose2(0.05, 0.0, 0.0), count, seed)
    return np.array([reading.speed_mps for reading in readings]) * STEP_S / 0.05 - 1.0


def test_slip_has_its_deviation_and_wanders_as_slowly_as_told() -> None:
    model = OdometryModel(slip=0.1, turn_slip=0.0, slip_time_s=2.0, noise_per_sqrt_m=0.0)
    series = np.array([scales(model, 400, seed) for seed in range(300)])
    # 300 independent starts: the deviation is known to 1 / sqrt(600), four percent.
    assert series[:, 0].std() == pytest.approx(0.1, rel=0.2)
    assert series[:, -1].std() == pytest.approx(0.1, rel=0.2)
    assert abs(series.mean()) < 0.02
    later = np.mean(series[:, 0] * series[:, 200]) / np.mean(series[:, 0] ** 2)
    assert later == pytest.approx(math.exp(-1.0), abs=0.15)


def test_random_error_grows_with_the_root_of_the_distance() -> None:
    model = OdometryModel(
        slip=0.0, turn_slip=0.0, noise_per_sqrt_m=0.02, turn_noise_per_sqrt_m=0.03
    )
    ends = [drive(model, Pose2(0.01, 0.0, 0.0), 400, seed)[-1].pose for seed in range(300)]
    # 4 m: twice the error of one metre.
    assert np.std([pose.yaw for pose in ends]) == pytest.approx(0.06, rel=0.2)


def test_turns_slip_by_themselves() -> None:
    model = OdometryModel(slip=0.0, turn_slip=0.2, noise_per_sqrt_m=0.0, turn_noise_per_sqrt_m=0.0)
    readings = drive(model, arc(0.05, 0.02), 50)
    assert all(reading.speed_mps == pytest.approx(5.0) for reading in readings)
    rates = np.array([reading.yaw_rate_radps for reading in readings])
    assert np.abs(rates / 2.0 - 1.0).max() > 0.01


def test_bias_turns_only_while_it_moves() -> None:
    model = OdometryModel(0.0, 0.0, 2.0, 0.0, 0.0, turn_bias_radps=0.1)
    assert drive(model, Pose2(0.05, 0.0, 0.0), 100)[-1].pose.yaw == pytest.approx(0.1)


def test_scale_of_distance_jumps_from_spell_to_spell_within_its_range() -> None:
    model = OdometryModel(0.0, 0.0, 0.5, 0.0, 0.0, scale=(0.7, 1.3))
    series = 1.0 + scales(model, 20_000, seed=1)
    assert series.min() == pytest.approx(0.7, abs=0.01)
    assert series.max() == pytest.approx(1.3, abs=0.01)
    # 200 s of spells of half a second: 400 jumps, give or take 20.
    jumps = np.count_nonzero(np.abs(np.diff(series)) > 1e-9)
    assert jumps == pytest.approx(400, abs=80)


def test_turns_are_reported_too_large_by_the_bias_share() -> None:
    model = OdometryModel(0.0, 0.0, 2.0, 0.0, 0.0, turn_bias_share=0.05)
    last = drive(model, arc(0.05, 0.02), 50)[-1]
    assert last.pose.yaw == pytest.approx(50 * 0.02 * 1.05)
    assert last.speed_mps == pytest.approx(5.0)


def test_a_constant_scale_needs_no_chance() -> None:
    motion = arc(0.05, 0.01)
    plain = drive(OdometryModel(noise_per_sqrt_m=0.0), motion, 20)
    scaled = drive(OdometryModel(noise_per_sqrt_m=0.0, scale=(1.2, 1.2)), motion, 20)
    assert scaled[-1].speed_mps == pytest.approx(1.2 * plain[-1].speed_mps)
    assert scaled[-1].yaw_rate_radps == plain[-1].yaw_rate_radps


@pytest.mark.parametrize("scale", [(0.0, 1.0), (1.3, 0.7), (1.0, math.inf)])
def test_a_scale_that_is_no_range_is_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="scale must be a range"):
        OdometryModel(scale=scale)


def test_the_seed_decides() -> None:
    motion = arc(0.05, 0.01)
    first = drive(OdometryModel(), motion, 20, seed=1)[-1].pose
    assert drive(OdometryModel(), motion, 20, seed=1)[-1].pose == first
    assert drive(OdometryModel(), motion, 20, seed=2)[-1].pose != first
