# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A measured pose beside the one believed, where both have part of their errors from one map.

Let d numbers s of unit variance be the shared error of a source hereabouts. What is believed and
what is measured of the true pose are::

    believed = true + e + S s      with cov(e) = P
    measured = true + v + L s      with cov(v) = (1 - c) R and L L' = c R

where c is the share of a fix's variance R that is shared, and S is what earlier fixes of the source
have left in the belief. s is the same in both, so that it drops out as far as S and L agree. The
difference, measured - believed, is v - e + (L - S) s, and its covariance is::

    P + (1 - c) R + (S - L) (S - L)' = (P + S S') + R - S L' - L S'

s is considered and not estimated (Schmidt, Application of State-Space Methods to Navigation
Problems, 1966; Simon, Optimal State Estimation, 2006, section 10.3): after a correction by a gain K
the belief's error is (1 - K) e + K v and, apart, ((1 - K) S + K L) s, whatever the gain is.

The gain here is that of independent errors, (P + S S') (P + S S' + R)^-1. The one that leaves the
least variance would be (P + S S' - S L') times the inverse of the covariance above. Where fixes
differ in R it leaves the range from 0 to 1 and reads s off their difference: it takes the model at
its word that the map's error grows with R from one fix to the next. On real scans it does not, and
the pose becomes worse and its covariance too small; docs/filter.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.belief import Belief
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.planar_space import PlanarSpace
from local_inn_ros.filtering.source import Source
from local_inn_ros.geometry import Pose2


@dataclass(slots=True, eq=False)
class Innovation:
    """A measured pose beside the one believed; n is the size of the state, d that of a pose.

    Attributes:
        offset: (d,) from what is believed to what is measured.
        squared_distance: squared Mahalanobis distance of the two.
        total: (n, n) covariance of the belief.
        own: (n, n) the same without what the source shares at this place.
        shared: (n, d) what earlier fixes have left in the belief of the source's shared error;
            None where that is nothing.
        alike: (d, d) the fix's part in it; None where fixes of the source share nothing.
        anchor: where the numbers that both are derived by were the ones of the place.
    """

    offset: NDArray[np.float64]
    squared_distance: float
    total: NDArray[np.float64]
    own: NDArray[np.float64]
    shared: NDArray[np.float64] | None
    alike: NDArray[np.float64] | None
    anchor: Pose2


def compare(
    belief: Belief, measurement: Measurement, source: Source, space: PlanarSpace
) -> Innovation:
    """Compare a fix with what is believed before it.

    Raises:
        LinAlgError: both are certain in some direction.
    """
    measured, anchor = measurement.pose, belief.pose
    offset = space.offset(anchor, measured.mean)
    own = total = belief.covariance
    shared = alike = None
    for name, error in belief.shared.items():
        spread = error.derivative @ error.derivative.T
        total = total + spread
        if name == measurement.source:
            kept = source.kept(*space.apart(error.anchor, anchor))
            shared, anchor = error.derivative, error.anchor
            if kept < 1.0:
                # What belonged to the place before is an error like any other here.
                own = own + (1.0 - kept * kept) * spread
                shared, anchor = kept * shared, belief.pose
        else:
            own = own + spread
    d = space.dof
    apart = total[:d, :d] + measured.covariance
    if source.shared_deviation > 0.0:
        alike = source.shared_deviation * space.root(measured)
        if shared is not None:
            both = shared[:d] @ alike.T
            apart -= both + both.T
    white = space.whitening(apart) @ offset
    return Innovation(offset, float(white @ white), total, own, shared, alike, anchor)


def gain_of(
    innovation: Innovation, measurement: Measurement, space: PlanarSpace
) -> NDArray[np.float64]:
    """Return (n, d) by how much of the offset a fix moves the state."""
    total, d = innovation.total, space.dof
    whitening = space.whitening(total[:d, :d] + measurement.pose.covariance)
    gain: NDArray[np.float64] = (total[:, :d] @ whitening.T) @ whitening
    return gain
