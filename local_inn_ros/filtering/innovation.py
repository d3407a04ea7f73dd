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
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.belief import Belief
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.source import Source
from local_inn_ros.filtering.state_space import GaussianT, PoseT, StateSpace


@dataclass(slots=True, eq=False)
class Innovation(Generic[PoseT]):
    """A measured pose beside the one believed; n is the size of the state, d that of a pose.

    Attributes:
        offset: (d,) from what is believed to what is measured.
        spread: (d, d) covariance of what is measured.
        squared_distance: squared Mahalanobis distance of the two.
        total: (n, n) covariance of the belief.
        own: (n, n) the same without what the source shares at this place.
        shared: (n, d) what earlier fixes have left in the belief of the source's shared error;
            None where that is nothing.
        alike: (d, d) the fix's part in it; None where fixes of the source share nothing.
        anchor: where the numbers that both are derived by were the ones of the place.
    """

    offset: NDArray[np.float64]
    spread: NDArray[np.float64]
    squared_distance: float
    total: NDArray[np.float64]
    own: NDArray[np.float64]
    shared: NDArray[np.float64] | None
    alike: NDArray[np.float64] | None
    anchor: PoseT


def compare(
    belief: Belief[PoseT],
    measurement: Measurement[GaussianT],
    source: Source,
    space: StateSpace[PoseT, GaussianT],
) -> Innovation[PoseT]:
    """Compare a fix with what is believed before it.

    Raises:
        LinAlgError: both are certain in some direction.
    """
    anchor = belief.pose
    offset, spread = space.seen(anchor, measurement.pose)
    own = total = belief.covariance
    shared = alike = None
    for name, error in belief.shared.items():
        variance = error.derivative.dot(error.derivative.T)
        total = total + variance
        if name == measurement.source:
            kept = source.kept(*space.apart(error.anchor, anchor))
            shared, anchor = error.derivative, error.anchor
            if kept < 1.0:
                # What belonged to the place before is an error like any other here.
                own = own + (1.0 - kept * kept) * variance
                shared, anchor = kept * shared, belief.pose
        else:
            own = own + variance
    d = space.dof
    apart = total[:d, :d] + spread
    if source.shared_deviation > 0.0:
        alike = source.shared_deviation * space.root(belief.pose, spread)
        if shared is not None:
            both = shared[:d].dot(alike.T)
            apart -= both + both.T
    white = space.whitening(apart).dot(offset)
    return Innovation(offset, spread, float(white.dot(white)), total, own, shared, alike, anchor)


def gain_of(
    innovation: Innovation[PoseT], space: StateSpace[PoseT, GaussianT]
) -> NDArray[np.float64]:
    """Return (n, d) by how much of the offset a fix moves the state.

    Raises:
        LinAlgError: both are certain in some direction.
    """
    total, d = innovation.total, space.dof
    whitening = space.whitening(total[:d, :d] + innovation.spread)
    gain: NDArray[np.float64] = total[:, :d].dot(whitening.T).dot(whitening)
    return gain
