# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a scan speaks for its fix where the filter believes another pose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.quality.map_likelihood import MapLikelihood
from local_inn_ros.sensing import Beams

# A fix that keeps nearer than this squared Mahalanobis distance to the prior needs no support.
_NEAR = 9.0
# One that leaves more than this share of the scan unexplained has none.
_MOST_UNEXPLAINED = 0.3


def supports(
    likelihood: MapLikelihood,
    reading: Callable[[], Beams],
    prior: GaussianPose2,
    place: GaussianPose2,
    unexplained: float,
) -> bool:
    """Tell whether a scan fits where it was aligned, and no worse than at the prior.

    Args:
        likelihood: of the map.
        reading: gives the scan's beams; asked only where they are needed.
        prior: the sensor as believed before, in the map frame.
        place: where the scan was aligned.
        unexplained: share of the scan that the map leaves unexplained there.
    """
    if unexplained > _MOST_UNEXPLAINED or prior.squared_distance_to(place) < _NEAR:
        return False
    poses = np.array([prior.mean.to_array(), place.mean.to_array()])
    at_prior, at_place = likelihood.of(reading(), poses).tolist()
    return bool(at_place >= at_prior)
