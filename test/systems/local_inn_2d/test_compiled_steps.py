# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compiled steps against the same written with numpy alone."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import eigh

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.filtering.motion_model import in_map_axes, motion_jacobian
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.pose import compose_poses
from local_inn_ros.localization.alignment.alignment_kernel import known_directions
from local_inn_ros.localization.alignment.refiner import USUAL_INLIER_SHARE, Refinement
from local_inn_ros.localization.covariance_model import (
    calibrated,
    calibrated_information,
    model_covariance,
)
from local_inn_ros.localization.evidence import (
    WIDEST_M,
    WIDEST_RAD,
    covariance_of,
    fused,
    without_prior,
)
from local_inn_ros.localization.sample_statistics import gaussian_of
from local_inn_ros.sensing import Beams, Scan
from local_inn_ros.sensing.mounted_poses import pose_of_base, pose_of_mounted, poses_of_mounted
from local_inn_ros.systems.local_inn_2d.inverse_passes import PoseSamples
from local_inn_ros.systems.local_inn_2d.place_estimator import best_alignment
from local_inn_ros.systems.local_inn_2d.posterior import is_plausible, posterior_of

SEEDS = range(6)
SCAN = Scan(0.0, np.ones(1, dtype=np.float32), 0.0, 0.1, 0.05, 30.0)
READING = Beams(0.0, np.zeros(1), np.ones(1, dtype=np.float32), np.zeros(1, dtype=np.uint8))


def random_gaussian(rng: np.random.Generator) -> GaussianPose2:
    root = rng.normal(size=(3, 3)) * [0.1, 0.1, 0.05]
    return GaussianPose2(Pose2.from_array(rng.uniform(-3.0, 3.0, 3)), root.T @ root)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_calibrated_covariance_is_the_models_in_the_axes_of_the_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose, unexplained = random_gaussian(rng), float(rng.uniform())
    model = CovarianceModel(scale=(0.8, 1.3, 0.5), floor=(0.01, 0.02, 0.003), unexplained_gain=2.0)
    yaw = pose.mean.yaw
    own = model_covariance(in_map_axes(pose.covariance, -yaw), model, unexplained)
    found = calibrated(pose, model, unexplained)
    assert found.mean == pose.mean
    assert found.covariance == pytest.approx(in_map_axes(own, yaw), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_words_fused_are_their_information_added(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prior = random_gaussian(rng)
    other = random_gaussian(rng)
    offset = 0.1 * rng.normal(size=3)
    measurement = replace(other, mean=Pose2.from_array(prior.mean.to_array() + offset))
    first, second = np.linalg.inv(prior.covariance), np.linalg.inv(measurement.covariance)
    covariance = np.linalg.inv(first + second)
    found = fused(prior, measurement)
    assert found.covariance == pytest.approx(covariance, rel=1e-6, abs=1e-9)
    expected = covariance @ second @ prior.offset_of(measurement.mean)
    assert prior.offset_of(found.mean) == pytest.approx(expected, abs=1e-7)


def taken_out_in_each_direction(posterior: GaussianPose2, prior: GaussianPose2) -> GaussianPose2:
    """``without_prior`` by the directions in which both covariances are diagonal together."""
    shares, directions = eigh(posterior.covariance, prior.covariance)
    shares = np.clip(shares, 1e-12, None)
    known = directions * np.clip(1.0 / shares - 1.5, 0.0, None) @ directions.T
    least = np.diag([WIDEST_M, WIDEST_M, WIDEST_RAD]) ** 2
    longer = np.minimum(1.0 / np.clip(1.0 - shares, 1e-12, None), 2.0)
    offset = prior.offset_of(posterior.mean)
    moved = prior.covariance @ directions @ (longer * (directions.T @ offset))
    mean = Pose2.from_array(prior.mean.to_array() + moved)
    return GaussianPose2(mean, np.linalg.inv(known + np.linalg.inv(least)))


@pytest.mark.parametrize("width", [1e-4, 0.1, 0.6, 0.9, 2.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_prior_is_taken_out_in_each_direction(seed: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    prior = random_gaussian(rng)
    narrower = width**2 * random_gaussian(rng).covariance
    mean = Pose2.from_array(prior.mean.to_array() + 0.05 * rng.normal(size=3))
    posterior = GaussianPose2(mean, narrower)
    found, expected = without_prior(posterior, prior), taken_out_in_each_direction(posterior, prior)
    assert found.covariance == pytest.approx(expected.covariance, rel=1e-5, abs=1e-10)
    assert expected.offset_of(found.mean) == pytest.approx(np.zeros(3), abs=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_mounted_swings_round_the_base(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base, mount = random_gaussian(rng), Pose2(0.27, -0.1, 0.4)
    jacobian = motion_jacobian(base.mean, mount, (0.0, 0.0))[:, :3]
    found = pose_of_mounted(base, mount)
    assert found.mean.to_array() == pytest.approx((base.mean @ mount).to_array(), abs=1e-12)
    assert found.covariance == pytest.approx(jacobian @ base.covariance @ jacobian.T, rel=1e-9)
    assert np.array_equal(found.covariance, found.covariance.T)
    back = pose_of_base(found, mount)
    assert back.covariance == pytest.approx(base.covariance, rel=1e-9, abs=1e-15)


def test_poses_of_what_is_mounted_follow_those_of_the_bases() -> None:
    rng, mount = np.random.default_rng(0), Pose2(0.27, -0.1, 2.4)
    bases = rng.uniform(-3.0, 3.0, (50, 3))
    found = poses_of_mounted(bases, mount)
    assert found == pytest.approx(compose_poses(bases, mount.to_array()), abs=1e-12)


@pytest.mark.parametrize("least", [1e-6, 0.02, 0.3, 50.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_known_directions_are_those_of_enough_weight(seed: int, least: float) -> None:
    rng = np.random.default_rng(seed)
    roots = [np.diag([1.0, 0.5, 0.1]) @ rng.normal(size=(3, 3)) for _ in range(2)]
    normal, seen = (root.T @ root for root in roots)
    values, directions = np.linalg.eigh(seen)
    smooth = directions[:, values >= least] @ directions[:, values >= least].T
    values, directions = np.linalg.eigh(smooth @ normal @ smooth)
    kept = directions[:, values >= least]
    known, inverse = known_directions(normal, seen, least)
    assert known == pytest.approx(kept @ kept.T, abs=1e-9)
    expected = kept / values[values >= least] @ kept.T
    assert inverse == pytest.approx(expected, rel=1e-6, abs=1e-9)


class TwoAnswers:
    """A refiner that finds one thing from nearby and another from farther away."""

    def __init__(self, near: Refinement, far: Refinement) -> None:
        self.near, self.far, self.asked = near, far, 0

    def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
        return self.near

    def refine_all(self, scan: Scan, reading: Beams, starts: np.ndarray) -> tuple[Refinement, ...]:
        self.asked += 1
        return (self.far,)


@pytest.mark.parametrize(
    ("share", "open_share", "converged", "looked_far"),
    [
        (USUAL_INLIER_SHARE + 0.01, 0.0, True, False),
        (USUAL_INLIER_SHARE - 0.1, 0.0, True, True),
        (USUAL_INLIER_SHARE + 0.01, 1.0, True, True),
        (USUAL_INLIER_SHARE + 0.01, 0.0, False, True),
    ],
)
def test_farther_away_is_looked_only_where_something_is_left_to_explain(
    share: float, open_share: float, converged: bool, looked_far: bool
) -> None:
    unseen = np.diag([open_share, 0.0, 0.0])
    near = Refinement(Pose2.identity(), np.eye(3), unseen, 0.01, share, converged, 3)
    far = replace(near, pose=Pose2(0.2, 0.0, 0.0), inlier_share=0.97, unseen=np.zeros((3, 3)))
    refiner = TwoAnswers(near, far)
    found = best_alignment(refiner, SCAN, READING, iter([Pose2.identity()]))
    assert refiner.asked == int(looked_far)
    assert found is (far if looked_far else near)


@pytest.mark.parametrize("aside_m", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_networks_word_is_that_of_its_samples_step_by_step(seed: int, aside_m: float) -> None:
    rng = np.random.default_rng(seed)
    told = GaussianPose2.from_deviations(Pose2(3.0, -2.0, 3.1), 0.1, 0.1, 0.05)
    samples = rng.normal(size=(20, 3)) * [0.02, 0.03, 0.01] + [3.05, -2.0, math.pi]
    believed = GaussianPose2(
        Pose2(3.0 + aside_m, -2.05, -3.12), 4.0 * random_gaussian(rng).covariance
    )
    model = CovarianceModel(scale=(0.8, 1.3, 0.5), floor=(0.01, 0.02, 0.003), unexplained_gain=2.0)
    network = calibrated(GaussianPose2.from_samples(samples), model, 0.0)
    alone = without_prior(network, told)
    found = posterior_of(PoseSamples(told.mean, told.covariance, samples), believed, model)
    assert network.offset_of(found.pose) == pytest.approx(np.zeros(3), abs=1e-12)
    assert found.covariance == pytest.approx(network.covariance, rel=1e-9, abs=1e-15)
    assert found.plausible == is_plausible(believed, alone)
    joined = fused(believed, alone)
    assert joined.offset_of(found.joined) == pytest.approx(np.zeros(3), abs=1e-9)


def test_words_are_plausible_near_the_prior_alone() -> None:
    samples = np.random.default_rng(1).normal(size=(20, 3)) * 0.01
    wide, model = np.diag([0.01, 0.01, 0.002]), CovarianceModel()
    drawn = PoseSamples(Pose2.identity(), wide, samples)
    for x_m, plausible in ((0.02, True), (0.3, False)):
        believed = GaussianPose2.from_deviations(Pose2(x_m, 0.0, 0.0), 0.02, 0.02, 0.01)
        assert posterior_of(drawn, believed, model).plausible is plausible


def test_information_is_calibrated_as_its_covariance_is() -> None:
    model = CovarianceModel(scale=(0.8, 1.3, 0.5), floor=(0.01, 0.02, 0.003), unexplained_gain=2.0)
    for information in (np.diag([1e4, 3e4, 1e5]), np.diag([0.0, 3e4, 1e5])):
        pose = Pose2(1.0, 2.0, 0.7)
        expected = calibrated(GaussianPose2(pose, covariance_of(information)), model, 0.3)
        found = calibrated_information(pose, information, model, 0.3)
        assert found.mean == pose
        assert found.covariance == pytest.approx(expected.covariance, rel=1e-12)


def test_samples_are_summed_up_as_by_numpy() -> None:
    rng = np.random.default_rng(4)
    samples = rng.normal(size=(20, 3)) * [0.1, 0.2, 0.3] + [3.0, -2.0, math.pi]
    expected = GaussianPose2.from_samples(samples)
    found = gaussian_of(samples)
    assert expected.offset_of(found.mean) == pytest.approx(np.zeros(3), abs=1e-12)
    assert found.covariance == pytest.approx(expected.covariance, abs=1e-12)
