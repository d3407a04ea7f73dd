# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a running localizer learns from its own fixes: ranges, covariances, and when it does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from drawn_walls import CELL_M, DRAWINGS, Drawing, drawn, scans_of_world
from local_inn_bundles import description_of
from localization_helpers import SENSOR

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import MapReference
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.localization.fix import Fix, Mode
from local_inn_ros.localization.self_calibration.producer import SelfCalibratingProducer
from local_inn_ros.localization.self_calibration.self_calibration import SelfCalibration
from local_inn_ros.sensing import Scan
from local_inn_ros.systems.local_inn_2d.config import PriorSpec
from local_inn_ros.world import OccupancyGrid, grid_hash
from local_inn_ros.world.wall_drawing import wall_drawing

LASER = SENSOR.model_copy(update={"noise_std_m": 0.01, "range_max_m": 20.0})
PRIOR = PriorSpec(deviation=(0.2, 0.2, 0.2), widest_spread=1.0, fine_spread=0.3)
DEVIATIONS = (0.01, 0.01, 0.005)
POSES, ANGLES, RANGES = scans_of_world(260, 120, 0.01)


def bundle_of(grid: OccupancyGrid) -> Bundle:
    told = wall_drawing(grid)
    reference = MapReference(
        file="map.yaml",
        sha256=grid_hash(grid),
        surface_offset_m=told.surface_offset_m,
        surface_deviation_m=told.deviation_m,
    )
    return Bundle(Path("none"), description_of(LASER, reference, PRIOR, 0.02), grid)


def fix_at(pose: Pose2, stamp_s: float, **changes: object) -> Fix:
    told = GaussianPose2.from_deviations(pose, *DEVIATIONS)
    sample = pose.to_array()[None]
    fix = Fix(stamp_s, told, told, (Mode(told, 1.0),), sample, 0.0, 0.95, {})
    return replace(fix, **changes)  # type: ignore[arg-type]


@dataclass
class Drive:
    """A robot that is set down at one place after another, and aligns each scan there.

    The odometry is exact: it is how the places differ.
    """

    bundle: Bundle
    learns: bool = True
    calibration: SelfCalibration = field(init=False)
    errors_m: list[float] = field(default_factory=list)
    stamp_s: float = 0.0

    def __post_init__(self) -> None:
        learner = SelfCalibration.of(self.bundle, Pose2.identity())
        assert learner is not None
        self.calibration = learner
        self.refiner = Refiner(self.bundle.field, LASER.noise_std_m)
        self.points = ScanPoints(LASER.range_max_m)

    def go(self, rows: range, too_long_m: float = 0.0, **changes: object) -> None:
        """Stop at some of the places, with a laser that is off and fixes that are changed so."""
        rng = np.random.default_rng(rows.start)
        for row in rows:
            self.stamp_s += 0.2
            true = Pose2.from_array(POSES[row])
            step = float(ANGLES[1] - ANGLES[0])
            ranges = (RANGES[row] + too_long_m).astype(np.float32)
            scan = Scan(self.stamp_s, ranges, float(ANGLES[0]), step, 0.05, 20.0)
            start = true @ Pose2.from_array(rng.normal(size=3) * [0.02, 0.02, 0.01])
            points = self.points.of(self.calibration.corrected(scan))
            found = self.refiner.refine(points, start, near=True).pose
            self.errors_m.append(found.distance_to(true))
            prior = GaussianPose2.from_deviations(found, 0.05, 0.05, 0.03)
            fix = fix_at(found, self.stamp_s, **changes)
            if self.learns:
                self.calibration.learn(scan, fix, prior, true)

    @property
    def bias_m(self) -> float:
        return self.calibration.learned.range_bias_m


def untaught(bundle: Bundle, too_long_m: float = 0.0) -> Drive:
    """Let the same robot go the same way and learn nothing."""
    drive = Drive(bundle, learns=False)
    drive.go(range(200), too_long_m)
    return drive


def error_m(drive: Drive) -> float:
    """Return the median error of the second half of 200 places."""
    return float(np.median(drive.errors_m[100:200]))


@pytest.mark.parametrize("too_long_m", [-0.03, 0.03])
def test_ranges_that_are_off_are_learned_within_bounded_steps(too_long_m: float) -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    heard = [drive.bias_m]
    for first in range(0, 260, 10):
        drive.go(range(first, first + 10), too_long_m)
        heard.append(drive.bias_m)
    # What the map's cells make of the surfaces is learned too: a tenth of a cell here.
    assert drive.bias_m == pytest.approx(too_long_m, abs=0.006)
    assert np.abs(np.diff(heard)).max() <= 0.01 + 1e-9
    assert heard[1] == 0.0
    assert error_m(drive) < 0.4 * error_m(untaught(drive.bundle, too_long_m))


@pytest.mark.parametrize("way", DRAWINGS, ids=lambda way: way.name)
@pytest.mark.parametrize(
    "shifted",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["", "half a cell on"],
)
def test_however_walls_are_drawn_scans_align_as_well_as_before_or_better(
    way: Drawing, shifted: bool
) -> None:
    drive = Drive(bundle_of(drawn(way, shifted)))
    drive.go(range(200))
    assert abs(drive.bias_m) < 0.6 * CELL_M
    assert error_m(drive) < 1.02 * error_m(untaught(drive.bundle))


def test_surfaces_of_which_the_map_leaves_open_where_they_are_are_learned() -> None:
    # The map puts them a quarter of a cell behind the faces that they are on.
    drive = Drive(bundle_of(drawn(DRAWINGS[2], False)))
    drive.go(range(200))
    assert drive.bias_m == pytest.approx(-0.25 * CELL_M, abs=0.1 * CELL_M)
    assert error_m(drive) < 0.8 * error_m(untaught(drive.bundle))


def test_what_is_less_than_a_cell_leaves_open_is_left() -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    drive.go(range(200), 0.006)
    assert drive.calibration.learned.scans > 150
    assert drive.bias_m == 0.0


DOUBTS: dict[str, dict[str, object]] = {
    "little is explained": {"quality": 0.3},
    "two places": {
        "modes": tuple(
            Mode(GaussianPose2.from_deviations(Pose2.identity(), *DEVIATIONS), 0.5)
            for _ in range(2)
        )
    },
    "elsewhere than believed": {
        "measurement": GaussianPose2.from_deviations(Pose2(50.0, 0.0, 0.0), *DEVIATIONS)
    },
    "much in the way": {"unexplained": 0.6},
    "not known in every direction": {
        "measurement": GaussianPose2.from_deviations(Pose2.identity(), 10.0, 0.01, 0.01)
    },
}


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS)
def test_nothing_is_learned_from_fixes_in_doubt(doubt: dict[str, object]) -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    drive.go(range(80), 0.03, **doubt)
    assert drive.calibration.learned.scans == 0
    assert drive.bias_m == 0.0


def test_a_wrong_pose_that_comes_to_light_has_taught_nothing() -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    drive.go(range(100))
    learned = drive.calibration.learned
    drive.go(range(100, 109), 0.05)
    drive.go(range(109, 110), 0.05, quality=0.1)
    # What was right before is taken at most.
    assert drive.calibration.learned.scans <= learned.scans + 10
    assert abs(drive.bias_m - learned.range_bias_m) < 0.003
    drive.go(range(110, 119), 0.05)
    assert drive.calibration.learned.scans <= learned.scans + 10


def test_a_robot_that_stands_learns_nothing() -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    for _ in range(60):
        drive.go(range(1), 0.03)
    assert drive.calibration.learned.scans == 0


def test_stamps_that_go_back_or_leave_a_gap_begin_anew() -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    for first in range(0, 100, 10):
        drive.go(range(first, first + 10), 0.03)
        drive.stamp_s += 5.0
    assert drive.calibration.learned.scans == 0


def test_the_same_fixes_teach_the_same() -> None:
    twins = [Drive(bundle_of(drawn(DRAWINGS[0], False))) for _ in range(2)]
    for twin in twins:
        twin.go(range(60), 0.02)
    assert twins[0].calibration.learned == twins[1].calibration.learned
    assert twins[0].bias_m > 0.0


def test_a_bundle_for_no_laser_learns_nothing() -> None:
    bundle = bundle_of(drawn(DRAWINGS[0], False))
    blind = bundle.description.model_copy(update={"sensors": {}})
    assert SelfCalibration.of(replace(bundle, description=blind), Pose2.identity()) is None


class Echo:
    """Answers with the prior, and remembers the scan."""

    seen: Scan

    def measure(self, observation: Scan, prior: GaussianPose2) -> Echo:
        self.seen, self.measurement = observation, prior
        return self

    def locate(self, observation: Scan, prior: GaussianPose2) -> Fix:
        return self.measure(observation, prior).explain()

    def explain(self) -> Fix:
        return fix_at(self.measurement.mean, 0.0)


def test_a_producer_is_given_scans_as_they_should_have_been() -> None:
    drive = Drive(bundle_of(drawn(DRAWINGS[0], False)))
    drive.go(range(60), 0.03)
    echo = Echo()
    producer = SelfCalibratingProducer(echo, drive.calibration)
    scan = Scan(0.0, np.full(5, 2.0, dtype=np.float32), 0.0, 0.1, 0.05, 20.0)
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.2, 0.05)
    fix = producer.locate(scan, prior)
    assert echo.seen.ranges_m == pytest.approx(2.0 - drive.bias_m)
    assert fix.measurement.mean == prior.mean
    assert scan.ranges_m[0] == 2.0
