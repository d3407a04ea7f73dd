# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math
from dataclasses import replace

import numpy as np
import pytest
from local_inn_bundles import build_localizer
from localization_helpers import (
    FINE_SPREAD,
    PRIOR_DEVIATION,
    SENSOR,
    BayesNetworks,
    bundle_of,
    gaussian,
    room,
    scan_at,
)

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.errors import BundleError, SensorError
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.alignment.refiner import Refinement
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.evidence import WIDEST_M, covariance_of, fused
from local_inn_ros.sensing import Scan
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.systems.local_inn_2d.place_estimator import alignment_starts, joined_with_word
from local_inn_ros.systems.local_inn_2d.posterior import Posterior, is_plausible
from local_inn_ros.world import FreeSpace, OccupancyGrid

GRID = room()
BUNDLE = bundle_of(GRID)
MOUNT = Pose2(0.27, -0.05, 0.4)


def error_of(found: Pose2, truth: Pose2) -> np.ndarray:
    error = found.to_array() - truth.to_array()
    error[2] = wrap_angle(error[2])
    return error


def at(base: Pose2, mount: Pose2 = MOUNT):
    """An engine and a scan for a robot that stands at ``base``."""
    engine = BayesNetworks(GRID)
    engine.truth = base @ mount
    return engine, scan_at(GRID, engine.truth, np.random.default_rng(1), stamp_s=3.5)


BASE = Pose2(0.6, 0.4, 2.9)
PRIOR = gaussian(0.75, 0.3, wrap_angle(2.9 + 0.3), 0.15, 0.2)


def test_the_network_alone_finds_the_base_from_a_prior_that_is_off():
    engine, scan = at(BASE)
    fix = Localizer(BUNDLE, engine, MOUNT).locate(scan, PRIOR)
    assert error_of(fix.measurement.mean, BASE) == pytest.approx(np.zeros(3), abs=0.01)
    assert error_of(fix.network.mean, BASE) == pytest.approx(np.zeros(3), abs=0.02)
    assert fix.stamp_s == 3.5
    assert set(fix.stage_s) == {"beams", "inverse", "statistics", "forward"}
    assert all(seconds >= 0.0 for seconds in fix.stage_s.values())


def test_the_measurement_says_what_the_scan_says_whatever_the_prior():
    engine, scan = at(BASE)
    engine.information = np.diag(np.array([0.03, 0.06, 0.02]) ** -2.0)
    localizer = Localizer(BUNDLE, engine, Pose2.identity())
    engine.truth = BASE
    covariances = [
        localizer.locate(scan, gaussian(0.6, 0.4, 2.9, deviation, deviation)).measurement.covariance
        for deviation in (0.01, 0.05, 0.2)
    ]
    for covariance in covariances:
        # Up to half again wider where the fine prior is hardly wider than the reading.
        assert np.sqrt(np.diag(covariance))[0] == pytest.approx(0.03, rel=0.2)
        assert 0.06 * 0.99 < np.sqrt(np.diag(covariance))[1] < 0.06 * 2.5
        assert np.sqrt(np.diag(covariance))[2] == pytest.approx(0.02, rel=0.2)


def test_samples_spread_as_the_network_says():
    engine, scan = at(BASE)
    fix = Localizer(BUNDLE, engine, MOUNT, sample_count=40).locate(scan, PRIOR)
    assert fix.samples.shape == (40, 3)
    fitted = GaussianPose2.from_samples(fix.samples)
    assert error_of(fitted.mean, fix.network.mean) == pytest.approx(np.zeros(3), abs=1e-3)
    assert fitted.covariance == pytest.approx(fix.network.covariance, rel=0.1, abs=1e-5)


def test_calibration_widens_the_network():
    engine, scan = at(BASE, Pose2.identity())
    description = BUNDLE.description
    scaled = description.calibration.model_copy(
        update={"samples": CovarianceModel(scale=(2.0, 2.0, 1.0))}
    )
    bundle = type(BUNDLE)(BUNDLE.path, description.model_copy(update={"calibration": scaled}), GRID)
    plain = Localizer(BUNDLE, engine, Pose2.identity()).locate(scan, PRIOR).network
    wide = Localizer(bundle, engine, Pose2.identity()).locate(scan, PRIOR).network
    assert wide.deviations() / plain.deviations() == pytest.approx([2.0, 2.0, 1.0])
    correlation = plain.covariance[0, 1] / np.prod(plain.deviations()[:2])
    assert wide.covariance[0, 1] / np.prod(wide.deviations()[:2]) == pytest.approx(correlation)


@pytest.mark.parametrize(
    ("deviation_m", "yaw_rad", "spread"),
    [
        (0.1, 0.01, 0.5),
        (0.001, 0.75 * PRIOR_DEVIATION[2], 0.75),
        (5.0, 0.01, 1.0),
    ],
)
def test_the_first_pass_is_told_how_wide_the_prior_is(deviation_m, yaw_rad, spread):
    engine, scan = at(BASE, Pose2.identity())
    prior = gaussian(0.6, 0.4, 2.9, deviation_m, yaw_rad)
    Localizer(BUNDLE, engine, Pose2.identity()).locate(scan, prior)
    assert engine.spreads == pytest.approx([spread, FINE_SPREAD])


def test_a_direction_that_the_scan_does_not_show_is_left_open():
    engine, scan = at(BASE, Pose2.identity())
    along = np.array([math.cos(0.6), math.sin(0.6), 0.0])
    engine.information = 0.01**-2 * (np.eye(3) - np.outer(along, along))
    measured = Localizer(BUNDLE, engine, Pose2.identity()).locate(scan, PRIOR).measurement
    assert math.sqrt(along @ measured.covariance @ along) > 0.3 * WIDEST_M
    across = np.array([-along[1], along[0], 0.0])
    assert math.sqrt(across @ measured.covariance @ across) < 0.015


def test_the_refiner_brings_it_to_the_lasers_limit():
    rng = np.random.default_rng(0)
    errors, squared = [], []
    for row in FreeSpace(GRID, 0.6).sample(rng, 25):
        base = Pose2.from_array(row) @ MOUNT.inverse()
        engine, scan = at(base)
        # The network is off by more than the refiner should leave.
        engine.truth = engine.truth @ Pose2(0.04, -0.03, 0.01)
        prior = GaussianPose2.from_deviations(base @ Pose2(0.1, 0.05, 0.05), 0.1, 0.1, 0.1)
        fix = build_localizer(BUNDLE, engine, MOUNT, RefinerChoice.FIELD).locate(scan, prior)
        assert fix.stage_s["refiner"] > 0.0
        error = error_of(fix.measurement.mean, base)
        errors.append(math.hypot(error[0], error[1]))
        squared.append(fix.measurement.squared_mahalanobis(base))
        # The network's own answer is not touched by the refiner.
        assert math.hypot(*error_of(fix.network.mean, base)[:2]) > 0.03
    assert np.median(errors) < 0.004
    assert 1.0 < np.mean(squared) < 5.0


def test_expected_ranges_are_those_of_the_measured_pose():
    engine, scan = at(BASE)
    fix = build_localizer(BUNDLE, engine, MOUNT, RefinerChoice.FIELD).locate(scan, PRIOR)
    sensor = (fix.measurement.mean @ MOUNT).to_array()[None].astype(np.float32)
    assert np.array_equal(fix.expected.ranges_m, engine.expected_ranges(sensor)[0])
    assert fix.expected.ranges_m.shape == (SENSOR.network_beams,)


def test_quality_tells_right_from_wrong():
    engine, scan = at(BASE)
    right = Localizer(BUNDLE, engine, MOUNT).locate(scan, PRIOR).quality
    elsewhere, _ = at(Pose2(2.5, 2.0, 0.3))
    prior = gaussian(2.5, 2.0, 0.3, 0.05, 0.05)
    wrong = Localizer(BUNDLE, elsewhere, MOUNT).locate(scan, prior).quality
    assert right > 0.9
    assert wrong < 0.5


def test_the_same_scan_and_prior_give_the_same_fix():
    engine, scan = at(BASE)
    fixes = [
        build_localizer(BUNDLE, engine, MOUNT, RefinerChoice.FIELD).locate(scan, PRIOR)
        for _ in range(2)
    ]
    assert fixes[0].measurement.mean == fixes[1].measurement.mean
    assert np.array_equal(fixes[0].samples, fixes[1].samples)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0])
@pytest.mark.parametrize("refiner", RefinerChoice)
def test_a_scan_that_shows_nothing_is_no_fix(value, refiner):
    engine, scan = at(BASE)
    engine.information = np.zeros((3, 3))
    blind = replace(scan, ranges_m=np.full(scan.ranges_m.shape, value, np.float32))
    localizer = build_localizer(BUNDLE, engine, MOUNT, refiner)
    with pytest.raises(SensorError, match="fewer than 3 measured distances"):
        localizer.locate(blind, PRIOR)


def test_a_scan_of_another_sensor_is_refused():
    engine, scan = at(BASE)
    narrow = Scan(0.0, scan.ranges_m, -0.3, 0.6 / 540, 0.05, 15.0)
    with pytest.raises(SensorError, match="sensor"):
        Localizer(BUNDLE, engine, MOUNT).locate(narrow, PRIOR)


def test_an_answer_that_is_no_number_is_refused():
    engine, scan = at(BASE)
    engine.sample_poses = lambda *_: np.full((1, 1, 3), np.nan, np.float32)
    with pytest.raises(BundleError, match="not a number"):
        Localizer(BUNDLE, engine, MOUNT).locate(scan, PRIOR)


def test_an_odd_number_of_samples_is_refused():
    with pytest.raises(ValueError, match="even"):
        Localizer(BUNDLE, BayesNetworks(GRID), MOUNT, sample_count=7)


def test_a_network_that_is_lost_does_not_lead_the_refiner_astray():
    engine, scan = at(BASE, Pose2.identity())
    # Sure of a place half a metre away.
    engine.truth = BASE @ Pose2(0.5, -0.2, 0.3)
    prior = GaussianPose2.from_deviations(BASE @ Pose2(0.02, 0.01, 0.01), 0.03, 0.03, 0.02)
    engine.reach = 1e9
    fix = build_localizer(BUNDLE, engine, Pose2.identity(), RefinerChoice.FIELD).locate(scan, prior)
    assert math.hypot(*error_of(fix.network.mean, BASE)[:2]) > 0.3
    assert math.hypot(*error_of(fix.measurement.mean, BASE)[:2]) < 0.01


def test_a_prior_that_is_off_is_brought_back_by_the_network():
    engine, scan = at(BASE, Pose2.identity())
    engine.reach = 1e9
    prior = GaussianPose2.from_deviations(BASE @ Pose2(0.8, -0.4, 0.5), 0.1, 0.1, 0.1)
    fix = build_localizer(BUNDLE, engine, Pose2.identity(), RefinerChoice.FIELD).locate(scan, prior)
    assert math.hypot(*error_of(fix.measurement.mean, BASE)[:2]) < 0.01


def test_a_pose_is_measured_without_the_forward_pass(monkeypatch):
    engine, scan = at(BASE, Pose2.identity())
    drawn = []
    forward = engine.expected_ranges
    monkeypatch.setattr(engine, "expected_ranges", lambda poses: drawn.append(1) or forward(poses))
    prior = GaussianPose2.from_deviations(BASE, 0.03, 0.03, 0.01)
    localizer = build_localizer(BUNDLE, engine, Pose2.identity(), RefinerChoice.FIELD)
    sighting = localizer.measure(scan, prior)
    assert drawn == []
    fix = sighting.explain()
    assert len(drawn) == 1
    assert fix.measurement is sighting.measurement
    again = localizer.locate(scan, prior)
    assert again.measurement.mean == fix.measurement.mean
    assert again.quality == fix.quality
    assert set(fix.stage_s) == {"beams", "inverse", "refiner", "forward"}


def in_a_corridor() -> tuple[BayesNetworks, Scan, Localizer]:
    """Return a network, a scan from 0.3 m along a corridor, and what locates it."""
    cells = np.zeros((60, 800), dtype=np.int8)
    cells[:10], cells[-10:] = 100, 100
    grid = OccupancyGrid(cells, 0.05, Pose2(-20.0, -1.5, 0.0))
    engine = BayesNetworks(grid)
    engine.truth = Pose2(0.3, 0.1, 0.2)
    engine.information = np.diag(np.array([0.05, 0.02, 0.01]) ** -2.0)
    scan = scan_at(grid, engine.truth, np.random.default_rng(0))
    localizer = build_localizer(bundle_of(grid), engine, Pose2.identity(), RefinerChoice.FIELD)
    return engine, scan, localizer


def test_where_the_scan_shows_nothing_the_network_claims_nothing_either():
    """What a network knows of the way along bare walls are its map's stairs, which no wall has."""
    _, scan, localizer = in_a_corridor()
    fix = localizer.locate(scan, gaussian(0.2, 0.15, 0.22, 0.1, 0.05))
    along, across, yaw = fix.measurement.deviations()
    # It claims 5 cm; what chance shows of the walls' directions is no more than this.
    assert along > 0.4
    assert across < 0.01
    assert yaw < 0.01
    assert fix.measurement.mean.y == pytest.approx(0.1, abs=0.01)


def test_a_word_that_contradicts_the_prior_leaves_the_open_direction_open() -> None:
    engine, scan, localizer = in_a_corridor()
    # Sure of a place half a metre further along.
    engine.truth, engine.reach = Pose2(0.8, 0.1, 0.2), 1e9
    fix = localizer.locate(scan, gaussian(0.3, 0.1, 0.2, 0.02, 0.01))
    along, across, _ = fix.measurement.deviations()
    assert along > 1.0
    assert across < 0.01


def test_a_network_that_is_sure_of_a_wrong_place_does_not_hide_the_prior_as_a_start():
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.3), 0.07, 0.07, 0.02)
    network = GaussianPose2.from_deviations(Pose2(1.12, 2.0, 0.325), 0.02, 0.02, 0.005)
    joined = fused(prior, network).mean
    word = Posterior(network.mean, network.covariance, True, joined)
    starts = np.array([start.to_array() for start in alignment_starts(prior.mean, word)])
    assert starts[0] == pytest.approx(joined.to_array())
    assert np.abs(starts - prior.mean.to_array()).max(axis=1).min() < 1e-9
    assert np.abs(starts - network.mean.to_array()).max(axis=1).min() < 0.03


def along_a_corridor() -> Refinement:
    """An alignment that says nothing of x."""
    return Refinement(
        pose=Pose2.identity(),
        information=np.diag([0.0, 1e4, 1e4]),
        unseen=np.diag([1.0, 0.0, 0.0]),
        rms_m=0.01,
        inlier_share=0.9,
        converged=True,
        iterations=3,
    )


def test_a_word_that_contradicts_the_prior_is_not_plausible() -> None:
    prior = GaussianPose2.from_deviations(Pose2.identity(), 0.02, 0.02, 0.01)
    near = GaussianPose2.from_deviations(Pose2(0.05, 0.0, 0.0), 0.02, 0.02, 0.01)
    far = GaussianPose2.from_deviations(Pose2(0.3, 0.0, 0.0), 0.02, 0.02, 0.01)
    assert is_plausible(prior, near)
    assert not is_plausible(prior, far)


def test_the_word_is_doubted_by_what_the_map_leaves_unexplained() -> None:
    word = GaussianPose2.from_deviations(Pose2(0.05, 0.0, 0.0), 0.02, 0.02, 0.01)
    explained, certain = joined_with_word(along_a_corridor(), word, 0.0)
    blocked, doubted = joined_with_word(along_a_corridor(), word, 1.0 / 3.0)
    assert explained.x == blocked.x == pytest.approx(0.05)
    assert covariance_of(certain)[0, 0] == pytest.approx(0.02**2, rel=0.02)
    # A third unexplained: a third of a metre of doubt.
    assert covariance_of(doubted)[0, 0] == pytest.approx((1.0 / 3.0) ** 2, rel=0.04)
