# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inverse passes of one scan: from a prior to samples, for each place they gather at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.geometry.compiled import wrap_angle as wrapped
from local_inn_ros.localization.quality.scan_likelihood import log_likelihoods
from local_inn_ros.localization.scan_budget import ScanBudget
from local_inn_ros.sensing import Beams, LaserSpec
from local_inn_ros.systems.local_inn_2d.config import LocalInn2dConfig
from local_inn_ros.systems.local_inn_2d.even_draws import even_points
from local_inn_ros.systems.local_inn_2d.latent_draws import latent_draws
from local_inn_ros.systems.local_inn_2d.network_pass import NetworkPass
from local_inn_ros.systems.local_inn_2d.networks import Networks

# The draws are part of what a localizer is: the same scan and prior give the same fix.
_LATENT_SEED = 20
# Under priors narrower than this, in units of the widest known, there is one place to gather at.
_NARROW = 0.5
# An answer this near to a prior, in deviations of the second pass, is as good as one from its
# middle.
_CENTRED = 0.5
# A prior wider than the networks know is looked at from many narrower ones, up to this deviation;
# what is wider still is a matter for the global search.
_WIDEST_EXPLORED_M = 2.5
_MOST_PRIORS = 96
_PRIOR_AREA_M2 = 0.4
_PRIOR_YAW_RAD = 0.9
# A prior looks so far beyond itself.
_PRIOR_REACH_M = 0.35
# Of a prior, this much in the middle of each axis is looked at.
_LOOKED_AT = 0.99
# Answers nearer to each other than this are of one place.
_APART_M = 0.5
_APART_RAD = math.radians(20.0)
_MOST_PLACES = 8
# Where time is short, so many priors are looked at, and so many places drawn at, before the next
# look at the clock. The priors get this share of the time, so that some is left for the places.
_PRIORS_AT_ONCE, _PLACES_AT_ONCE = 8, 1
# So many of the fullest places are compared then.
_MOST_WEIGHED = 16
_PRIORS_SHARE, _PLACES_SHARE = 0.6, 0.8
# How far off the poses of the first pass let a range be.
_ANSWER_DEVIATION_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PoseSamples:
    """What the network draws at one place. Poses are of the sensor in the map frame.

    Attributes:
        middle: of the prior that they are drawn from.
        covariance: (3, 3) of that prior.
        samples: (s, 3) poses.
    """

    middle: Pose2
    covariance: NDArray[np.float64]
    samples: NDArray[np.float64]

    @property
    def prior(self) -> GaussianPose2:
        """The prior that the samples are drawn from."""
        return GaussianPose2(self.middle, self.covariance)


class InversePasses:
    """Runs the inverse pass twice, or once.

    First from the prior, for the places that are possible; then from each of them with a narrow
    prior, for the samples. A prior that is no wider than that, and that the answer keeps to, needs
    no second pass: so it is while a robot is tracked.
    """

    def __init__(
        self,
        config: LocalInn2dConfig,
        sensor: LaserSpec,
        networks: Networks,
        sample_count: int,
        budget: ScanBudget | None = None,
    ) -> None:
        """Set up.

        Args:
            config: of the bundle.
            sensor: that it is for.
            networks: of the bundle.
            sample_count: poses drawn at each place; an even number.
            budget: bounds how many priors and places are looked at, where there is one.
        """
        self._budget = budget or ScanBudget()
        self._networks = networks
        self._spec = config.prior
        fine = np.array(config.prior.deviation) * config.prior.fine_spread
        self._fine_prior_covariance = np.diag(np.square(fine))
        self._centred_within: list[float] = (_CENTRED * fine).tolist()
        self._most_probable = np.zeros((1, config.latent_size), dtype=np.float32)
        self._range_max_m = sensor.range_max_m
        self._deviation_m = math.hypot(
            config.forward_deviation_m,
            sensor.noise_std_m,
            _ANSWER_DEVIATION_M,
        )
        self._latents = latent_draws(
            sample_count, config.latent_size, np.random.default_rng(_LATENT_SEED)
        )
        self._first_latents = np.concatenate([self._most_probable, self._latents])

    def draw(self, reading: Beams, prior: GaussianPose2) -> tuple[PoseSamples, ...]:
        """Return what is drawn at each place, at least one: the likeliest where there are many.

        Raises:
            BundleError: the network answers with something that is not a number.
        """
        network = NetworkPass(self._networks, reading)
        spec = self._spec
        spread = _spread_of(prior, spec.deviation)
        if spread <= spec.fine_spread:
            mean = prior.mean
            # The most probable answer and samples, from one narrow prior.
            found = network.sample(
                [[mean.x, mean.y, mean.yaw]], spec.fine_spread, self._first_latents
            )
            if self._centred(found[0, 0], mean):
                return (PoseSamples(mean, self._fine_prior_covariance, found[0, 1:]),)
            return self._drawn_at(network, found[0, :1])
        explored = self._explored(prior, spread)
        # Where time is short, more priors tell more than more draws from each.
        one_each = spread < _NARROW * spec.widest_spread or (
            self._budget.bounded and len(explored) > 1
        )
        answers = self._answers(
            network,
            explored,
            min(max(spread, spec.fine_spread), spec.widest_spread),
            self._most_probable if one_each else self._first_latents,
        )
        # The most probable answers lead, so that where there is one place, it is one of them.
        starts = places_of(answers.swapaxes(0, 1).reshape(-1, 3))
        if self._budget.bounded:
            starts = starts[:_MOST_WEIGHED]
        if len(starts) > _MOST_PLACES:
            starts = self._likeliest(reading, prior, starts)
        return self._drawn_at(network, starts)

    def _answers(
        self,
        network: NetworkPass,
        priors: NDArray[np.float64],
        spread: float,
        latents: NDArray[np.float32],
    ) -> NDArray[np.float64]:
        """Return what is answered from priors (k, 3): from the first of them, if time is short."""
        if not self._budget.bounded:
            return network.sample(priors, spread, latents)
        answers: list[NDArray[np.float64]] = []
        for start in range(0, len(priors), _PRIORS_AT_ONCE):
            if answers and not self._budget.allows(_PRIORS_SHARE):
                break
            some = priors[start : start + _PRIORS_AT_ONCE]
            answers.append(network.sample(some, spread, latents))
        return np.concatenate(answers)

    def _centred(self, answer: NDArray[np.float64], middle: Pose2) -> bool:
        """Tell whether an answer (3,) lies near the middle of the prior that it was drawn from."""
        found: list[float] = answer.tolist()
        x, y, yaw = found
        most_x, most_y, most_yaw = self._centred_within
        turned = abs(wrap_angle(yaw - middle.yaw)) <= most_yaw
        return turned and abs(x - middle.x) <= most_x and abs(y - middle.y) <= most_y

    def _drawn_at(
        self, network: NetworkPass, starts: NDArray[np.float64]
    ) -> tuple[PoseSamples, ...]:
        """Draw from a narrow prior at each of some places (k, 3), the first of them at least."""
        at_once = _PLACES_AT_ONCE if self._budget.bounded else len(starts)
        drawn: list[PoseSamples] = []
        for first in range(0, len(starts), at_once):
            if drawn and not self._budget.allows(_PLACES_SHARE):
                break
            some = starts[first : first + at_once]
            samples = network.sample(some, self._spec.fine_spread, self._latents)
            drawn += (
                PoseSamples(Pose2.from_array(start), self._fine_prior_covariance, one)
                for start, one in zip(some, samples, strict=True)
            )
        return tuple(drawn)

    def _likeliest(
        self, reading: Beams, prior: GaussianPose2, places: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the likeliest of some places (k, 3), the likeliest first.

        How many answers gather at a place tells little where there are many priors: one that is
        near no place that fits is answered by itself.
        """
        expected = self._networks.expected_ranges(places.astype(np.float32))
        logs = log_likelihoods(expected, reading, self._deviation_m, self._range_max_m)
        logs -= 0.5 * np.array([prior.squared_mahalanobis(Pose2.from_array(p)) for p in places])
        return places[np.argsort(-logs, kind="stable")[:_MOST_PLACES]]

    def _explored(self, prior: GaussianPose2, spread: float) -> NDArray[np.float64]:
        """Return the priors (k, 3) to look from."""
        middle = prior.mean.to_array()[None]
        axes_m2 = np.linalg.eigvalsh(prior.covariance[:2, :2])
        if spread <= self._spec.widest_spread or axes_m2[-1] > _WIDEST_EXPLORED_M**2:
            return middle
        # Each prior looks a little round itself: an ellipse is never too thin to need any.
        axes_m = 2.0 * np.sqrt(np.maximum(axes_m2, 0.0)) + _PRIOR_REACH_M
        area_m2 = math.pi * float(np.prod(axes_m))
        turns = max(1, round(4.0 * float(prior.deviations()[2]) / _PRIOR_YAW_RAD))
        count = min(max(round(area_m2 / _PRIOR_AREA_M2), 1) * turns, _MOST_PRIORS)
        shares = 0.5 + _LOOKED_AT * (even_points(count) - 0.5)
        unit = np.vectorize(NormalDist().inv_cdf)(shares)
        priors: NDArray[np.float64] = middle + unit @ np.linalg.cholesky(prior.covariance).T
        return np.concatenate([middle, priors])


def _spread_of(prior: GaussianPose2, deviation: tuple[float, float, float]) -> float:
    """Return the width of a prior, in units of a deviation (x m, y m, yaw rad) of spread 1."""
    xx, _, _, _, yy, _, _, _, turn = prior.covariance.ravel().tolist()
    x, y, yaw = deviation
    return math.sqrt(max(xx / (x * x), yy / (y * y), turn / (yaw * yaw), 0.0))


def places_of(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places (k, 3) at which poses (n, 3) gather, the fullest first.

    A pose belongs to the first one in order that is near it, which stands for the place.
    """
    leaders, counts = _gathered(np.ascontiguousarray(answers), _APART_M, _APART_RAD)
    fullest = np.argsort(-counts, kind="stable")
    places: NDArray[np.float64] = answers[leaders[fullest]]
    return places


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gathered(poses, distance_m, angle_rad):  # type: ignore[no-untyped-def]
    """Return the indices of the poses that stand for places, and how many gather at each."""
    leaders = np.empty(len(poses), np.intp)
    counts = np.zeros(len(poses), np.intp)
    found = 0
    for i in range(len(poses)):
        own = found
        for k in range(found):
            one = leaders[k]
            off_m = math.hypot(poses[i, 0] - poses[one, 0], poses[i, 1] - poses[one, 1])
            turned = abs(wrapped(poses[i, 2] - poses[one, 2]))
            if off_m < distance_m and turned < angle_rad:
                own = k
                break
        if own == found:
            leaders[found] = i
            found += 1
        counts[own] += 1
    return leaders[:found], counts[:found]
