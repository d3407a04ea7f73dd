# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.covariance_model import calibrated
from local_inn_ros.places import PlaceError

pytest.importorskip("torch", reason="training needs torch")
from tiny_training import SENSOR

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.recalibration import rewrite_calibration
from local_inn_ros.localization.covariance_fit import ErrorSample, fit_covariance_model
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.systems.local_inn_2d.calibrate import (
    calibrated_on_map,
    calibrated_on_recording,
    calibrated_on_what_was_learned,
)
from local_inn_ros.systems.local_inn_2d.driving_poses import driving_poses
from local_inn_ros.systems.local_inn_2d.scan_sources import PosedScans
from local_inn_ros.systems.local_inn_2d.simulated_scans import simulated_scans
from local_inn_ros.world import FreeSpace, OccupancyGrid, plan_lap

TRUE = CovarianceModel(scale=(2.0, 0.7, 1.5), floor=(0.01, 0.01, 0.004), unexplained_gain=2.0)


def drawn(model: CovarianceModel, count: int, seed: int, astray: float = 0.0) -> ErrorSample:
    """Errors as a model has them, of which a share is ten times as large."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(count, 3, 3)) * np.array([0.02, 0.01, 0.005])[:, None]
    told = roots @ np.swapaxes(roots, 1, 2)
    unexplained = rng.uniform(0.0, 0.5, count)
    sample = ErrorSample(np.zeros((count, 3)), told, unexplained)
    true = np.linalg.cholesky(sample.modelled(model))
    errors: NDArray[np.float64] = (true @ rng.normal(size=(count, 3, 1)))[..., 0]
    errors[rng.random(count) < astray] *= 20.0
    return ErrorSample(errors, told, unexplained)


@pytest.mark.parametrize("astray", [0.0, 0.01])
def test_the_model_that_errors_were_drawn_from_is_found(astray: float) -> None:
    found = fit_covariance_model(drawn(TRUE, 3000, 0, astray))
    assert found.scale == pytest.approx(TRUE.scale, rel=0.15)
    assert found.floor == pytest.approx(TRUE.floor, rel=0.15)
    assert found.unexplained_gain == pytest.approx(TRUE.unexplained_gain, abs=0.4)
    # On errors that the fit has not seen: chi-squares of 3 degrees of freedom.
    fresh = drawn(TRUE, 3000, 1).squared_distances(found)
    assert np.mean(fresh) == pytest.approx(3.0, abs=0.25)
    assert np.mean(fresh < 1.0) == pytest.approx(0.199, abs=0.03)
    assert np.mean(fresh < 9.0) == pytest.approx(0.971, abs=0.015)


def test_directions_of_which_nothing_is_known_do_not_count() -> None:
    sample = drawn(TRUE, 2000, 0)
    wide = sample.covariances.copy()
    wide[::2, 0, 0] += 100.0
    found = fit_covariance_model(ErrorSample(sample.errors, wide, sample.unexplained))
    assert found.scale == pytest.approx(TRUE.scale, rel=0.25)


def test_from_too_few_errors_nothing_is_concluded() -> None:
    assert fit_covariance_model(drawn(TRUE, 20, 0)) == CovarianceModel()


def test_a_model_works_in_the_axes_of_the_sensor() -> None:
    told = GaussianPose2.from_deviations(Pose2(1.0, 2.0, math.pi / 2), 0.02, 0.05, 0.01)
    model = CovarianceModel(scale=(3.0, 1.0, 2.0), floor=(0.0, 0.0, 0.01), unexplained_gain=2.0)
    found = calibrated(told, model, 0.5)
    grown = math.exp(0.5)
    # Ahead is along y.
    assert found.deviations()[1] == pytest.approx(3.0 * 0.05 * grown)
    assert found.deviations()[0] == pytest.approx(0.02 * grown)
    assert found.deviations()[2] == pytest.approx(math.hypot(0.02, 0.01) * grown)
    assert found.mean == told.mean
    assert calibrated(told, CovarianceModel(), 0.7).covariance == pytest.approx(told.covariance)


@pytest.fixture(scope="module")
def folder(trained_room: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained bundle, to be calibrated again."""
    out: Path = tmp_path_factory.mktemp("calibrate") / "tiny"
    shutil.copytree(trained_room.path, out)
    return out


def in_no_doubt(bundle: Bundle) -> Bundle:
    """A bundle that takes its map for exact."""
    told = bundle.description
    maps = (told.maps[0].model_copy(update={"surface_deviation_m": 0.0}),)
    return replace(bundle, description=told.model_copy(update={"maps": maps}))


@pytest.mark.slow
def test_covariances_hold_what_the_map_leaves_open(folder: Path) -> None:
    bundle = Bundle.load(folder)
    assert bundle.description.maps[0].surface_deviation_m == pytest.approx(
        bundle.grid.resolution_m / math.sqrt(12.0)
    )
    sure = calibrated_on_map(in_no_doubt(bundle), 200, np.random.default_rng(1)).aligned["field"]
    unsure = calibrated_on_map(bundle, 200, np.random.default_rng(1)).aligned["field"]
    told = GaussianPose2.from_deviations(Pose2.identity(), 0.002, 0.002, 0.001)
    narrow, wide = (calibrated(told, model, 0.0).deviations() for model in (sure, unsure))
    assert np.all(wide[:2] > 1.5 * narrow[:2])


def test_simulated_scans_fit_the_map_and_the_sensor(folder: Path) -> None:
    scans = simulated_scans(Bundle.load(folder), 40, np.random.default_rng(0))
    assert len(scans) == 40
    for one in scans:
        assert one.scan.ranges_m.size == SENSOR.beam_count
        returned = np.isfinite(one.scan.ranges_m)
        assert returned.any()
        assert np.all(one.scan.ranges_m[returned] > 0.0)


def test_training_leaves_a_calibrated_bundle(folder: Path) -> None:
    calibration = Bundle.load(folder).description.calibration
    assert set(calibration.aligned) == {"field", "forward"}
    assert calibration.samples != CovarianceModel()


def test_calibrating_again_changes_only_the_calibration(folder: Path) -> None:
    bundle = Bundle.load(folder)
    before = bundle.description
    found = calibrated_on_map(bundle, 80, np.random.default_rng(5))
    rewrite_calibration(bundle, found)
    after = Bundle.load(folder).description
    assert after.calibration == found != before.calibration
    assert after.model_copy(update={"calibration": before.calibration}) == before


def test_a_reference_that_is_off_widens_what_is_told(folder: Path) -> None:
    bundle = in_no_doubt(Bundle.load(folder))
    rng = np.random.default_rng(0)
    scans = simulated_scans(bundle, 200, rng)
    poses = np.array([one.pose.to_array() for one in scans])
    exact = PosedObservations(tuple(one.scan for one in scans), poses)
    off = rng.normal(0.0, [0.03, 0.03, 0.01], poses.shape)
    doubtful = PosedObservations(tuple(one.scan for one in scans), poses + off)
    sharp = calibrated_on_recording(bundle, 200, exact, rng).aligned["field"]
    blunt = calibrated_on_recording(bundle, 200, doubtful, rng).aligned["field"]

    def widths(model: CovarianceModel) -> NDArray[np.float64]:
        told = GaussianPose2.from_deviations(Pose2.identity(), 0.002, 0.002, 0.001)
        return calibrated(told, model, 0.0).deviations()

    assert np.all(widths(sharp) < np.array([0.008, 0.008, 0.004]))
    assert widths(blunt) == pytest.approx([0.03, 0.03, 0.01], rel=0.35)


def test_networks_are_not_measured_on_scans_that_they_learned(folder: Path) -> None:
    bundle = in_no_doubt(Bundle.load(folder))
    rng = np.random.default_rng(0)
    scans = simulated_scans(bundle, 200, rng)
    poses = np.array([one.pose.to_array() for one in scans])
    off = rng.normal(0.0, [0.03, 0.03, 0.01], poses.shape)
    learned = PosedScans([one.scan for one in scans], poses + off, SENSOR)
    plain = calibrated_on_map(bundle, 200, np.random.default_rng(1))
    found = calibrated_on_what_was_learned(bundle, 200, learned, (), np.random.default_rng(1))
    # What the networks draw is as it is on simulated scans, and wider by what the reference is off.
    assert found.samples.scale == plain.samples.scale
    for wider, before, deviation in zip(
        found.samples.floor, plain.samples.floor, (0.03, 0.03, 0.01), strict=True
    ):
        assert wider == pytest.approx(math.hypot(before, deviation), rel=0.25)
    assert found.aligned["forward"].floor[0] > plain.aligned["forward"].floor[0]


def test_a_bundle_that_cannot_be_written_stays_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = Bundle.load(folder)
    before = (folder / "bundle.yaml").read_bytes()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PlaceError, match=r"cannot write .*bundle.yaml: Permission denied"):
        rewrite_calibration(bundle, bundle.description.calibration)
    assert (folder / "bundle.yaml").read_bytes() == before
    assert sorted(path.name for path in folder.glob(".*")) == []


def test_robots_drive_about_the_lap_and_keep_clear_of_walls() -> None:
    rng = np.random.default_rng(0)
    track = generate_race_track(np.random.default_rng(3), lap_m=40.0)
    poses = driving_poses(track.grid, rng, 300)
    assert poses.shape == (300, 3)
    assert FreeSpace(track.grid, 0.29).contains(poses[:, :2]).all()
    lap = plan_lap(track.grid)
    offsets = np.linalg.norm(poses[:, None, :2] - lap[None], axis=-1)
    assert offsets.min(axis=1).max() < 0.4 * math.sqrt(2.0) + 0.1
    nearest = offsets.argmin(axis=1)
    ahead = np.roll(lap, -1, axis=0)[nearest] - lap[nearest]
    along = np.cos(poses[:, 2] - np.arctan2(ahead[:, 1], ahead[:, 0]))
    # Both ways, and rarely across.
    assert 0.35 < np.mean(along > 0.0) < 0.65
    assert np.mean(np.abs(along) > 0.8) > 0.8


def test_where_there_is_no_lap_robots_are_anywhere_clear_of_walls() -> None:
    cells = np.full((100, 120), 100, dtype=np.int8)
    cells[10:90, 10:110] = 0
    grid = OccupancyGrid(cells, 0.05, Pose2.identity())
    poses = driving_poses(grid, np.random.default_rng(0), 200)
    assert FreeSpace(grid, 0.6).contains(poses[:, :2]).all()
    assert np.ptp(poses[:, 0]) > 3.0
