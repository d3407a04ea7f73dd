# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.simulation.passers_by import PassersBy, beams_from
from local_inn_ros.simulation.sensors import Laser, LaserModel
from local_inn_ros.world import FREE, OCCUPIED, OccupancyGrid, RayCaster

SPEC = LaserSpec(
    name="test",
    beam_count=181,
    angle_min_rad=-math.pi / 2,
    angle_max_rad=math.pi / 2,
    range_min_m=0.1,
    range_max_m=12.0,
    noise_std_m=0.02,
    rate_hz=40.0,
    network_beams=91,
)


def hall(size_m: float = 10.0) -> RayCaster:
    """A square hall, walls on all sides, its lower left inner corner at the origin."""
    count = round(size_m / 0.1)
    cells = np.full((count + 2, count + 2), OCCUPIED, dtype=np.int8)
    cells[1:-1, 1:-1] = FREE
    return RayCaster(OccupancyGrid(cells, 0.1, Pose2(-0.1, -0.1, 0.0)))


def shortened(
    people: PassersBy, sensor: Pose2, angles: np.ndarray, clear: np.ndarray, stamp_s: float
) -> np.ndarray:
    return people.shorten(beams_from(sensor, angles), clear, np.full(len(angles), stamp_s))


def scan_from(model: LaserModel, pose: Pose2, seed: int = 0) -> Scan:
    return Laser(hall(), model, np.random.default_rng(seed)).scan(pose, 1.5)


def test_scan_is_what_the_map_gives_with_noise_of_the_right_size() -> None:
    pose = Pose2(3.0, 4.0, 0.7)
    scan = scan_from(LaserModel(SPEC), pose)
    assert scan.stamp_s == 1.5
    np.testing.assert_allclose(scan.angles_rad(), SPEC.beam_angles_rad(), atol=1e-12)
    exact = hall().cast(pose.to_array()[None], SPEC.beam_angles_rad(), 12.0)[0]
    errors = scan.ranges_m - exact
    assert errors.std() == pytest.approx(0.02, rel=0.25)
    assert abs(errors.mean()) < 0.006


def test_the_laser_sits_where_it_is_mounted() -> None:
    mount = Pose2(0.3, 0.1, math.pi / 2)
    spec = SPEC.model_copy(update={"noise_std_m": 1e-6})
    pose = Pose2(3.0, 4.0, 0.0)
    scan = scan_from(LaserModel(spec, base_from_laser=mount), pose)
    # It looks to +y from (3.3, 4.1): the middle beam meets the wall at y = 10.
    assert scan.ranges_m[90] == pytest.approx(5.9, abs=1e-3)
    assert scan.ranges_m[0] == pytest.approx(6.7, abs=1e-3)


def test_out_of_reach_and_too_near_are_told_apart() -> None:
    spec = SPEC.model_copy(update={"range_max_m": 6.0, "noise_std_m": 1e-6})
    scan = scan_from(LaserModel(spec), Pose2(3.0, 0.05, 0.0))
    assert scan.ranges_m[0] == -math.inf  # 5 cm to the wall at the right
    assert scan.ranges_m[90] == math.inf  # 7 m to the wall ahead
    assert np.isfinite(scan.ranges_m[70])
    assert not np.isnan(scan.ranges_m).any()


def test_dropouts_return_nothing() -> None:
    scan = scan_from(
        LaserModel(SPEC.model_copy(update={"range_max_m": 30.0}), dropout=0.3), Pose2(5, 5, 0)
    )
    assert np.isposinf(scan.ranges_m).mean() == pytest.approx(0.3, abs=0.12)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_passers_by_block_the_share_that_is_asked_for(share: float) -> None:
    laser = Laser(hall(), LaserModel(SPEC, blocked_share=share), np.random.default_rng(3))
    clear = hall().cast([[3.0, 4.0, 0.7]], SPEC.beam_angles_rad(), 12.0)[0]
    blocked = []
    for step in range(200):
        scan = laser.scan(Pose2(3.0, 4.0, 0.7), step / 40.0)
        # Never longer than the map allows, but for noise.
        assert (scan.ranges_m <= clear + 0.15).all()
        blocked.append(np.mean(scan.ranges_m < clear - 0.15))
    assert np.mean(blocked) == pytest.approx(share, abs=0.12)


def test_a_robot_that_drives_has_the_same_share_blocked() -> None:
    caster, angles = hall(), SPEC.beam_angles_rad()
    people, blocked = PassersBy(0.3, np.random.default_rng(5)), []
    for step in range(400):
        sensor = Pose2(4.0 + 2.0 * math.cos(0.05 * step), 4.0 + 2.0 * math.sin(0.05 * step), 0.0)
        clear = caster.cast(sensor.to_array()[None], angles, 12.0)[0]
        blocked.append(np.mean(shortened(people, sensor, angles, clear, step / 20.0) < clear))
    assert np.mean(blocked) == pytest.approx(0.3, abs=0.015)


def test_passers_by_stay_for_a_while() -> None:
    sensor, angles = Pose2(3.0, 4.0, 0.0), SPEC.beam_angles_rad()
    clear = hall().cast(sensor.to_array()[None], angles, 12.0)[0]
    people = PassersBy(0.3, np.random.default_rng(0))
    first = shortened(people, sensor, angles, clear, 0.0) < clear
    soon = shortened(people, sensor, angles, clear, 0.025) < clear
    late = shortened(people, sensor, angles, clear, 10.0) < clear
    assert np.mean(first & soon) > 0.8 * first.mean()
    assert np.mean(first & late) < 0.8 * first.mean()


def test_nobody_comes_where_nobody_was_asked_for() -> None:
    ranges = np.full(5, 3.0, dtype=np.float32)
    people = PassersBy(0.0, np.random.default_rng(0))
    seen = shortened(people, Pose2.identity(), np.linspace(-1, 1, 5), ranges, 0.0)
    np.testing.assert_array_equal(seen, ranges)


def test_a_passer_by_is_round() -> None:
    angles = np.linspace(-1.5, 1.5, 3001)
    clear = np.full(3001, 20.0, dtype=np.float32)
    people = PassersBy(1e-6, np.random.default_rng(1))
    seen = shortened(people, Pose2.identity(), angles, clear, 0.0)
    hit = seen < clear
    assert hit.sum() > 10
    ends = np.column_stack([seen * np.cos(angles), seen * np.sin(angles)])[hit].astype(float)
    # x^2 + y^2 = 2 x x0 + 2 y y0 + r^2 - x0^2 - y0^2 on a circle about (x0, y0).
    columns = np.column_stack([2.0 * ends, np.ones(len(ends))])
    (x_m, y_m, rest), *_ = np.linalg.lstsq(columns, np.sum(ends**2, axis=1), rcond=None)
    radius_m = math.sqrt(rest + x_m**2 + y_m**2)
    assert 0.05 < radius_m < 1.0
    away = np.linalg.norm(ends - [x_m, y_m], axis=1)
    np.testing.assert_allclose(away, radius_m, atol=1e-4)
    # It is the near side that is seen.
    assert (seen[hit] < math.hypot(x_m, y_m)).all()
