# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When the filter gives way: refused fixes that agree with each other and with what was seen.

One fix that the gate refuses is an outlier; several of one source that agree with each other,
carried on by the odometry, tell that the filter is wrong (multiple-hypothesis tracking with two
hypotheses, Reid 1979). A source can also repeat an error, such as a corridor's next door: so only
fixes are counted that are supported, which is for whoever made them to say (see ``Measurement``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Generic

import numpy as np

from local_inn_ros.filtering.belief import Belief, Rival
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.state_space import GaussianT, PoseT, StateSpace

# So many supported fixes in a row that agree, and not with the filter, are right.
AGREEING = 3
# A rival takes what is believed for so many times as uncertain as it is off.
_DOUBT = 10.0


class Rivals(Generic[PoseT, GaussianT]):
    """Keeps, for each source, what would be believed if its refused fixes were right."""

    def __init__(
        self,
        space: StateSpace[PoseT, GaussianT],
        judge: Callable[[Belief[PoseT], Measurement[GaussianT]], Belief[PoseT] | None],
    ) -> None:
        """Set up.

        Args:
            space: of the poses.
            judge: corrects a belief by a fix; None where the gate refuses it.
        """
        self._space = space
        self._judge = judge

    def after_accepted(
        self, rivals: Mapping[str, Rival[PoseT]], accepted: Measurement[GaussianT]
    ) -> dict[str, Rival[PoseT]]:
        """Return those rivals that a fix which the filter has accepted does not contradict."""
        left = {}
        for name, rival in rivals.items():
            belief = self._judge(rival.belief, accepted)
            if belief is not None:
                left[name] = Rival(belief, rival.agreeing)
        return left

    def after_refused(
        self, belief: Belief[PoseT], refused: Measurement[GaussianT]
    ) -> Rival[PoseT] | None:
        """Return the rival that a refused fix speaks for; what it was before if for none.

        Args:
            belief: before the fix.
            refused: what it says.
        """
        rival = belief.rivals.get(refused.source)
        if not refused.supported:
            return rival
        joined = None if rival is None else self._judge(rival.belief, refused)
        if rival is not None and joined is not None:
            return Rival(joined, rival.agreeing + 1)
        begun = self._judge(self._doubted(belief, refused), refused)
        return rival if begun is None else Rival(begun, 1)

    def _doubted(self, belief: Belief[PoseT], refused: Measurement[GaussianT]) -> Belief[PoseT]:
        """Return the belief of one who thinks it off by as much as a fix says.

        Across that it keeps what it knows: a fix may leave directions open.
        """
        offset, _ = self._space.seen(belief.pose, refused.pose)
        seen = refused.observed_directions()
        offset = np.linalg.pinv(seen) @ (seen @ offset)
        covariance = belief.total_covariance().copy()
        size = self._space.dof
        covariance[:size, :size] += _DOUBT**2 * np.outer(offset, offset)
        return replace(belief, covariance=covariance, shared={}, refusals={}, rivals={})
