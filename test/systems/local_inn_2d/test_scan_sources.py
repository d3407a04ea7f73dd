# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch")
from tiny_training import SENSOR, room, source

from local_inn_ros.sensing import Scan
from local_inn_ros.systems.local_inn_2d.scan_sources import MixedSource, PosedScans
from local_inn_ros.world import RayCaster


def test_scans_of_a_map_are_noisy_casts():
    drawn = source().draw(np.random.default_rng(0), 300)
    cast = RayCaster(room()).cast(drawn.poses, SENSOR.network_angles_rad(), SENSOR.range_max_m)
    np.testing.assert_array_equal(drawn.expected_m, np.minimum(cast, SENSOR.range_max_m))
    known = drawn.states == 1.0
    assert 0.98 < known.mean() < 1.0
    noise = (drawn.ranges_m - drawn.expected_m)[known]
    assert abs(float(noise.mean())) < 1e-3
    assert float(noise.std()) == pytest.approx(SENSOR.noise_std_m, rel=0.05)
    assert np.all(drawn.ranges_m[~known] == 0.0)


def test_unmapped_things_only_shorten():
    drawn = source(blocked_share=1.0).draw(np.random.default_rng(0), 300)
    known = drawn.states == 1.0
    shortened = drawn.expected_m - drawn.ranges_m > 0.1
    assert 0.02 < shortened[known].mean() < 0.5
    assert np.all(drawn.ranges_m[known] < drawn.expected_m[known] + 0.06)


def test_the_same_seed_draws_the_same_scans():
    first = source(0.5).draw(np.random.default_rng(7), 20)
    second = source(0.5).draw(np.random.default_rng(7), 20)
    np.testing.assert_array_equal(first.ranges_m, second.ranges_m)
    np.testing.assert_array_equal(first.poses, second.poses)


def recorded(count: int) -> PosedScans:
    poses = source().free_space.sample(np.random.default_rng(3), count)
    angles = SENSOR.beam_angles_rad()
    ranges = RayCaster(room()).cast(poses, angles, SENSOR.range_max_m)
    ranges[:, 0] = np.nan
    step = float(angles[1] - angles[0])
    scans = [Scan(0.0, row, float(angles[0]), step, 0.05, 12.0) for row in ranges]
    return PosedScans(scans, poses, SENSOR)


def test_posed_scans_keep_what_is_unknown_apart():
    drawn = recorded(5).draw(np.random.default_rng(0), 50)
    assert np.all(drawn.states[:, 0] == 0.0)
    assert not drawn.expected_known[:, 0].any()
    assert drawn.expected_known[:, 1:].all()


def test_a_mixed_source_draws_its_share_of_posed_scans():
    posed = recorded(5)
    drawn = MixedSource(source(), posed, 0.25).draw(np.random.default_rng(0), 80)
    from_recording = (drawn.poses[:, None] == posed.poses[None]).all(axis=2).any(axis=1)
    assert from_recording.sum() == 20


def test_another_recording_has_another_hash():
    first, again = recorded(5), recorded(5)
    assert first.sha256() == again.sha256()
    again.poses[2, 0] += 1e-6
    assert first.sha256() != again.sha256() != recorded(6).sha256()
