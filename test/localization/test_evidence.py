# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.evidence import (
    WIDEST_M,
    WIDEST_RAD,
    covariance_of,
    without_prior,
)
from local_inn_ros.systems.local_inn_2d.latent_draws import latent_draws


def posterior_of(prior: GaussianPose2, mean: Pose2, information: np.ndarray) -> GaussianPose2:
    told = np.linalg.inv(prior.covariance)
    covariance = np.linalg.inv(told + information)
    offset = covariance @ information @ prior.offset_of(mean)
    return GaussianPose2(Pose2.from_array(prior.mean.to_array() + offset), covariance)


@given(seed=st.integers(0, 10_000), yaw=st.floats(-math.pi, math.pi))
@settings(max_examples=60)
def test_a_sharp_reading_comes_out_as_it_went_in(seed, yaw):
    rng = np.random.default_rng(seed)
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, wrap_angle(yaw)), 0.2, 0.3, 0.2)
    root = rng.normal(0.0, 0.01, (3, 3)) + 0.01 * np.eye(3)
    covariance = root @ root.T + 1e-6 * np.eye(3)
    mean = Pose2.from_array(prior.mean.to_array() + rng.normal(0.0, 0.1, 3))
    found = without_prior(posterior_of(prior, mean, np.linalg.inv(covariance)), prior)
    assert found.offset_of(mean) == pytest.approx(np.zeros(3), abs=2e-3)
    # A little wider, since more than the prior is taken out.
    wider = np.linalg.eigvals(found.covariance @ np.linalg.inv(covariance)).real
    assert np.all(wider > 0.99)
    assert np.all(wider < 1.1)


def test_what_only_repeats_the_prior_says_nothing():
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.05, 0.05, 0.05)
    found = without_prior(prior, prior)
    assert found.deviations() == pytest.approx([WIDEST_M, WIDEST_M, WIDEST_RAD])
    assert found.mean.distance_to(prior.mean) < 1e-9


def test_a_posterior_wider_than_the_prior_says_nothing():
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.05, 0.05, 0.05)
    wider = GaussianPose2(prior.mean, 2.0 * prior.covariance)
    assert without_prior(wider, prior).deviations()[0] == pytest.approx(WIDEST_M)


def test_a_direction_that_was_not_seen_is_wide_and_the_others_are_not():
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.05, 0.05, 0.05)
    along = np.array([math.cos(0.4), math.sin(0.4), 0.0])
    information = 0.01**-2 * (np.eye(3) - np.outer(along, along))
    found = without_prior(posterior_of(prior, prior.mean, information), prior)
    assert math.sqrt(along @ found.covariance @ along) == pytest.approx(WIDEST_M, rel=1e-3)
    across = np.array([-along[1], along[0], 0.0])
    assert math.sqrt(across @ found.covariance @ across) == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("ratio", [0.1, 0.3, 1.0, 3.0])
def test_it_never_claims_to_know_more_than_the_reading_does(ratio):
    prior = GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)
    information = np.diag([(0.1 * ratio) ** -2] * 3)
    found = without_prior(posterior_of(prior, Pose2(0.05, 0.0, 0.0), information), prior)
    assert np.all(found.deviations() >= 0.999 * 0.1 * ratio)


def test_the_mean_is_never_thrown_far_from_the_prior():
    prior = GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)
    # By the exact formula this posterior is of a reading a hundred times further away.
    posterior = GaussianPose2(Pose2(0.1, 0.0, 0.0), 0.99 * prior.covariance)
    assert without_prior(posterior, prior).mean.x == pytest.approx(0.2)


def test_a_posterior_without_spread_is_kept_finite():
    prior = GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)
    posterior = GaussianPose2(Pose2(0.1, 0.0, 0.0), np.zeros((3, 3)))
    found = without_prior(posterior, prior)
    assert found.mean.x == pytest.approx(0.1)
    assert np.all(np.isfinite(found.covariance))


def test_covariance_of_what_is_known_and_what_is_not():
    assert covariance_of(np.zeros((3, 3))) == pytest.approx(
        np.diag(np.square([WIDEST_M, WIDEST_M, WIDEST_RAD]))
    )
    information = np.diag([1e4, 0.0, 1e6])
    assert np.sqrt(np.diag(covariance_of(information))) == pytest.approx(
        [1e-2, WIDEST_M, 1e-3], rel=1e-4
    )


@pytest.mark.parametrize(("count", "size"), [(20, 6), (20, 10), (64, 6), (2, 1)])
def test_draws_have_the_moments_of_a_unit_normal(count, size):
    drawn = latent_draws(count, size, np.random.default_rng(0)).astype(np.float64)
    assert drawn.shape == (count, size)
    assert drawn.mean(axis=0) == pytest.approx(np.zeros(size), abs=1e-7)
    assert np.atleast_2d(np.cov(drawn.T)) == pytest.approx(np.eye(size), abs=1e-5)


def test_few_draws_of_many_numbers_are_still_pairs():
    drawn = latent_draws(4, 6, np.random.default_rng(0))
    assert np.array_equal(drawn[:2], -drawn[2:])
    assert np.all(np.isfinite(drawn))


def test_draws_repeat_with_the_seed():
    first = latent_draws(20, 6, np.random.default_rng(3))
    assert np.array_equal(first, latent_draws(20, 6, np.random.default_rng(3)))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_draws_come_in_pairs(count):
    with pytest.raises(ValueError, match="even"):
        latent_draws(count, 6, np.random.default_rng(0))
