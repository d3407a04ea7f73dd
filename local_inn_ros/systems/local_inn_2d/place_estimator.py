# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a scan says of the pose at one place: the network's word, aligned with the map."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.completion import Completion
from local_inn_ros.localization.alignment.refiner import USUAL_INLIER_SHARE, Refinement, at_most
from local_inn_ros.localization.alignment.scan_refiner import ScanRefiner
from local_inn_ros.localization.alignment.wide_priors import settled, starts_along
from local_inn_ros.localization.covariance_model import (
    calibrated,
    calibrated_information,
    growth_of,
    unexplained_share,
)
from local_inn_ros.localization.evidence import without_prior
from local_inn_ros.localization.sample_statistics import gaussian_of
from local_inn_ros.sensing import Beams, Scan
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.inverse_passes import PoseSamples
from local_inn_ros.systems.local_inn_2d.networks import Networks
from local_inn_ros.systems.local_inn_2d.posterior import Posterior, is_plausible, posterior_of

# Starts nearer to each other than this lead to the same alignment.
_SAME_START_M = 0.03
_SAME_START_RAD = math.radians(1.0)
_FARTHEST_ASIDE_M = 0.2
# A prior farther off than this is of another place.
_ONE_PLACE_M = 1.0
# Where less of the scan is explained, the robot is not there: nothing further is asked of it.
_WORTH_COMPLETING = 0.35
# An alignment from farther away is taken where it explains this much more of the scan.
_CLEARLY_BETTER = 0.02
# Standard deviations of a prior: one alignment reaches all of a narrower one, and starts along it
# (``starts_along``) no longer all of a wider one.
_NARROW_M, _LOST_M = 0.15, 1.0
# How far off (x m, y m, yaw rad) the network may be in a direction that only it tells of, where
# nothing of the scan is explained.
_DOUBT = np.array([1.0, 1.0, 0.2])


@dataclass(frozen=True, slots=True, eq=False)
class PlaceEstimate:
    """What a scan says at one place. Poses are of the sensor in the map frame.

    Attributes:
        network: what the network alone answers.
        measurement: what the scan by itself says, aligned where there is a refiner.
        unexplained: share of the scan that the map leaves unexplained, in [0, 1].
    """

    network: GaussianPose2
    measurement: GaussianPose2
    unexplained: float


class PlaceEstimator:
    """Takes what the network draws at a place for a start, and aligns the scan from there."""

    def __init__(
        self,
        bundle: Bundle,
        networks: Networks,
        refiner: ScanRefiner | None,
        completion: Completion | None,
        aligned_model: CovarianceModel,
    ) -> None:
        """Set up; see ``Localizer``."""
        description = bundle.description
        self._networks = networks
        self._refiner = refiner
        self._completion = completion
        self._samples_model = description.calibration.samples
        self._aligned_model = aligned_model
        self._forward_deviation_m = math.hypot(
            config_of(bundle).forward_deviation_m, description.laser.noise_std_m
        )

    def read(
        self,
        scan: Scan,
        reading: Beams,
        prior: GaussianPose2,
        drawn: PoseSamples,
        all_along: bool = False,
    ) -> PlaceEstimate:
        """Return what a scan says at one place.

        Args:
            scan: as it came.
            reading: its beams at the network's angles.
            prior: the sensor in the map frame, as believed before the reading is used.
            drawn: what the network draws there.
            all_along: whether the scan is aligned from all along a wide prior as well; once is
                enough.
        """
        if self._refiner is None:
            return self._network_alone(reading, drawn)
        word = posterior_of(drawn, prior, self._samples_model)
        elsewhere = _starts_elsewhere(prior) if all_along else None
        starts = alignment_starts(prior.mean, word)
        aligned = self._aligned(self._refiner, scan, reading, starts, elsewhere)
        unexplained = 1.0 - min(1.0, aligned.inlier_share / USUAL_INLIER_SHARE)
        covariance = word.covariance
        if unexplained > 0.0:
            covariance = growth_of(self._samples_model, unexplained) * covariance
        network = GaussianPose2(word.pose, covariance)
        pose, information = aligned.pose, aligned.information
        if not aligned.complete:
            alone = without_prior(network, drawn.prior)
            if is_plausible(prior, alone):
                pose, information = joined_with_word(aligned, alone, unexplained)
        measurement = calibrated_information(pose, information, self._aligned_model, unexplained)
        return PlaceEstimate(network, measurement, unexplained)

    def _aligned(
        self,
        refiner: ScanRefiner,
        scan: Scan,
        reading: Beams,
        starts: Iterator[Pose2],
        elsewhere: NDArray[np.float64] | None,
    ) -> Refinement:
        """Align a scan from wherever it may have been taken."""
        aligned = best_alignment(refiner, scan, reading, starts)
        if elsewhere is not None:
            aligned = settled((aligned, *refiner.refine_all(scan, reading, elsewhere)))
        if self._completion is not None and aligned.inlier_share >= _WORTH_COMPLETING:
            aligned = self._completion.complete(scan, reading, aligned)
        return aligned

    def _network_alone(self, reading: Beams, drawn: PoseSamples) -> PlaceEstimate:
        """Let the forward pass tell how much of the scan is explained: no alignment does."""
        fitted = gaussian_of(drawn.samples)
        (expected,) = self._networks.expected_ranges(
            fitted.mean.to_array()[None].astype(np.float32)
        )
        unexplained = unexplained_share(expected, reading, self._forward_deviation_m)
        network = calibrated(fitted, self._samples_model, unexplained)
        return PlaceEstimate(network, without_prior(network, drawn.prior), unexplained)


def _starts_elsewhere(prior: GaussianPose2) -> NDArray[np.float64] | None:
    """Return poses (k, 3) all along a wide prior.

    None where it is narrow, or so wide that the robot is lost: no starts reach all along that.
    """
    xx, xy, _, _, yy = prior.covariance.ravel()[:5].tolist()
    longest_m2 = 0.5 * (xx + yy) + math.hypot(0.5 * (xx - yy), xy)
    if not _NARROW_M**2 < longest_m2 <= _LOST_M**2:
        return None
    return starts_along(prior)


def best_alignment(
    refiner: ScanRefiner, scan: Scan, reading: Beams, starts: Iterator[Pose2]
) -> Refinement:
    """Return the best alignment from any start.

    The first start holds all that is known. Where it explains the scan about as well from where it
    is, others are not believed: things that no map has, a person or a box, draw a scan away.
    Where it leaves a direction open, how well each fits tells at least something of that.
    """
    first = next(starts)
    near = refiner.refine_near(scan, reading, first)
    if near.converged and near.complete and near.inlier_share >= USUAL_INLIER_SHARE:
        # All that the map can explain is explained already.
        return near
    everywhere = np.array([start.to_array() for start in (first, *starts)])
    best = max(refiner.refine_all(scan, reading, everywhere), key=_inlier_share)
    no_better = best.inlier_share < near.inlier_share + _CLEARLY_BETTER
    return near if near.complete and no_better else best


def joined_with_word(
    best: Refinement, word: GaussianPose2, unexplained: float
) -> tuple[Pose2, NDArray[np.float64]]:
    """Let the network's word stand in directions in which an alignment shows nothing.

    It is doubted as much as the map leaves unexplained of the scan: along a corridor, what stands
    in the way is most of what there is to see. Where its word does not stand either, those
    directions stay open, and the filter goes on by odometry.

    Returns:
        The pose, and the information (3, 3) on it.
    """
    doubted = word.covariance + np.diag(np.square(unexplained * _DOUBT))
    information = at_most(best.unseen.T @ np.linalg.solve(doubted, best.unseen), best.most)
    aside = best.unseen @ -word.offset_of(best.pose)
    # Along an arc a direction that shows nothing is one only nearby.
    aside *= min(1.0, _FARTHEST_ASIDE_M / max(math.hypot(aside[0], aside[1]), 1e-12))
    return Pose2.from_array(best.pose.to_array() + aside), best.information + information


def alignment_starts(prior: Pose2, word: Posterior) -> Iterator[Pose2]:
    """Yield the poses to align from: all that is known, and each part of it alone.

    A network that is sure of a wrong place draws what is known together along with it: an
    alignment from there can slide along an arc into a wrong minimum, where one from the prior
    would not.
    """
    starts: list[Pose2] = []
    for candidate in _candidates(prior, word):
        if not any(_same_start(start, candidate) for start in starts):
            starts.append(candidate)
            yield candidate


def _candidates(prior: Pose2, word: Posterior) -> Iterator[Pose2]:
    """Yield the same, alike ones too, each worked out when it is asked for."""
    if word.plausible:
        yield word.joined
    if prior.distance_to(word.pose) < _ONE_PLACE_M:
        yield prior
    yield word.pose


def _same_start(one: Pose2, other: Pose2) -> bool:
    difference = one.between(other)
    near = math.hypot(difference.x, difference.y) < _SAME_START_M
    return near and abs(difference.yaw) < _SAME_START_RAD


def _inlier_share(refinement: Refinement) -> float:
    return refinement.inlier_share
