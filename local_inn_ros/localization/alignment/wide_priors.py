# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Alignments under a prior that is wider than one alignment reaches.

After a stretch that shows nothing of the way along it, what is believed is metres wide in one
direction. Where landmarks come in sight again, an alignment from the middle ends beside them; so it
is tried all along. What fits as well in two places is told of neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner import Refinement

# An alignment finds its place from so far away.
_REACH_M = 0.15
_APART_M = 0.25
_DEVIATIONS = 3.0
_MOST_TO_A_SIDE = 12
# Another place than the nearest is taken where it explains this much more of the scan, and is no
# rival where it explains this much less.
_CLEARLY_BETTER = 0.005
# Places farther apart than this, squared and in units of what an alignment claims, are two.
_TWO_PLACES = 25.0


def starts_along(prior: GaussianPose2) -> NDArray[np.float64]:
    """Return poses (k, 3) all along a prior, its mean first; the mean alone where it is narrow."""
    variances, axes = np.linalg.eigh(prior.covariance[:2, :2])
    mean, deviation_m = prior.mean.to_array(), math.sqrt(max(float(variances[1]), 0.0))
    if deviation_m <= _REACH_M:
        return mean[None]
    side = min(math.ceil(_DEVIATIONS * deviation_m / _APART_M), _MOST_TO_A_SIDE)
    # Where a prior is wide along a bend, heading and place go together.
    along = prior.covariance[:, :2] @ axes[:, 1] / float(variances[1])
    steps = sorted(range(-side, side + 1), key=abs)
    starts: NDArray[np.float64] = mean + _APART_M * np.array(steps)[:, None] * along
    return starts


def aligned_within(prior: GaussianPose2, align: Callable[[Pose2], Refinement]) -> Refinement:
    """Return the best alignment from anywhere in a prior, open along what rivals differ by.

    Args:
        prior: of the sensor in the map frame.
        align: aligns the scan from a start.
    """
    return settled([align(Pose2.from_array(start)) for start in starts_along(prior)])


def settled(found: Sequence[Refinement]) -> Refinement:
    """Return the best of some alignments, open along what its rivals differ by.

    Args:
        found: alignments of one scan; the first is from where the robot is believed to be, and is
            the best unless another explains clearly more.
    """
    best = max(found, key=_inlier_share)
    if best.inlier_share <= found[0].inlier_share + _CLEARLY_BETTER:
        best = found[0]
    return _open_to(best, found)


def _open_to(best: Refinement, found: Sequence[Refinement]) -> Refinement:
    """Return an alignment without what it claims of a way that leads to a rival."""
    information = best.information
    for one in found:
        if one.inlier_share < best.inlier_share - _CLEARLY_BETTER:
            continue
        offset = one.pose.to_array() - best.pose.to_array()
        offset[2] = math.remainder(offset[2], math.tau)
        claimed = float(offset @ information @ offset)
        if claimed > _TWO_PLACES:
            told = information @ offset
            information = information - np.outer(told, told) / claimed
    return best if information is best.information else replace(best, information=information)


def _inlier_share(refinement: Refinement) -> float:
    return refinement.inlier_share
