# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a bundle's robot drives in, and drives as a robot can use them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.benchmarking.accuracy_job import AccuracyJob, noisy_sensor
from local_inn_ros.benchmarking.watched_drive import in_order_of_use
from local_inn_ros.benchmarking.worlds import (
    DRAWN_FLOOR,
    ScanKind,
    drawn_floor,
    floor,
    lap_of,
    world_of,
)
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation import TruthState
from local_inn_ros.simulation.worlds import WorldKind
from local_inn_ros.world import RayCaster, plan_lap

SHIPPED = resource_directory("models") / "generated_track"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(SHIPPED)


def job(world: WorldKind, scan: ScanKind) -> AccuracyJob:
    return AccuracyJob(SHIPPED, "track", "clean", 5.0, 0.5, 0, world, scan)


def test_jobs_drive_the_same_way_in_every_world_with_every_laser(bundle: Bundle) -> None:
    drives = {
        (world, scan): job(world, scan).drive(bundle) for world in WorldKind for scan in ScanKind
    }
    reference = drives[WorldKind.SMOOTH, ScanKind.IN_TURN]
    beside: dict[tuple[WorldKind, ScanKind], float] = {}
    for (world, scan), drive in drives.items():
        told = drive.truth.at(reference.truth.stamps_s[:-4:10])
        known = reference.truth.at(reference.truth.stamps_s[:-4:10])
        np.testing.assert_allclose(told, known, atol=1e-3)
        duration_s = 0.0 if scan is ScanKind.INSTANT else 0.75 / 40.0
        for swept, steady in zip(drive.swept_scans, drive.scans, strict=True):
            assert swept.sweep_s == pytest.approx(duration_s, rel=1e-6)
            assert steady.time_increment_s == 0.0
            assert steady.stamp_s == pytest.approx(swept.stamp_s + 0.5 * duration_s)
        at = drive.truth.at([one.stamp_s for one in drive.scans])
        angles = noisy_sensor(bundle).beam_angles_rad()
        expected = RayCaster(bundle.grid, threads=1).cast(at, angles, 30.0)
        off = np.abs(np.stack([one.ranges_m for one in drive.scans]) - expected)
        beside[world, scan] = float(np.percentile(off[np.isfinite(off)], 75))
    for scan in ScanKind:
        # Of noise of 1 cm three quarters are within 11.5 mm; smooth walls leave the map's.
        assert beside[WorldKind.OWN, scan] < 0.0145
        assert beside[WorldKind.SMOOTH, scan] > 1.3 * beside[WorldKind.OWN, scan]


def test_what_is_kept_of_a_run_is_kept_apart() -> None:
    jobs = [job(world, scan) for world in WorldKind for scan in ScanKind]
    assert len({one.file_name("code") for one in jobs}) == 4
    assert len({replace(one, scan=ScanKind.IN_TURN).sequence for one in jobs}) == 2


def test_a_seed_is_a_world(bundle: Bundle) -> None:
    route = plan_lap(bundle.grid)
    one, same, other = (world_of(bundle, WorldKind.SMOOTH, route, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.grid.cells, same.grid.cells)
    assert (one.grid.cells != other.grid.cells).any()
    assert world_of(bundle, WorldKind.OWN, route, 0).grid is bundle.grid


def test_who_knows_a_drawn_map_drives_in_what_it_was_drawn_of(bundle: Bundle) -> None:
    drawn = drawn_floor()
    knows = replace(bundle, path=Path("bundles") / DRAWN_FLOOR, occupancy=drawn)
    np.testing.assert_array_equal(lap_of(knows), floor().route)
    world = world_of(knows, WorldKind.SMOOTH, lap_of(knows), 0)
    assert world.grid.cells.shape == floor().grid.cells.shape
    assert world_of(knows, WorldKind.OWN, lap_of(knows), 0).grid is drawn
    # Beams from the lap meet the drawn walls about where they are.
    poses = np.column_stack([floor().route[::40], np.zeros(len(floor().route[::40]))])
    angles = np.linspace(-3.0, 3.0, 200)
    true, told = (one.cast(poses, angles, 6.0) for one in (world.caster, RayCaster(drawn)))
    met = np.isfinite(true) & np.isfinite(told)
    off = true[met] - told[met]
    assert 0.0 < np.median(off) < 0.05
    assert np.mean(np.abs(off) < 0.1) > 0.75


def test_a_scan_waits_for_the_odometry_that_moves_its_beams() -> None:
    scan = Scan(0.1, np.ones(11, np.float32), -1.0, 0.2, 0.1, 30.0, 0.02 / 10)
    told = [Odometry(stamp, Pose2(2.0 * stamp, 0.0, 0.0)) for stamp in (0.08, 0.1, 0.115, 0.125)]
    truth = TruthState(0.1, Pose2(0.2, 0.0, 0.0), 2.0, 0.0)
    events = [truth, *told[:3], scan, told[3], replace(scan, stamp_s=0.2)]
    # The last scan waits for an odometry that never comes.
    assert list(in_order_of_use(events)) == [truth, *told, scan]
