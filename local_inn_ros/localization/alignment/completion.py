# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network adds to an alignment with the grid, where the grid says nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.alignment.refiner import Refinement, at_most
from local_inn_ros.localization.alignment.scan_refiner import ScanRefiner
from local_inn_ros.sensing import Beams, Scan

# The forward pass is aligned from these places along the open direction: where the odometry slips,
# the robot is farther off than one alignment reaches, and each bend has its like a little on.
_ALONG_M = (0.0, -0.3, 0.3, -0.6, 0.6)
# Another place than the first is taken where it explains this much more of the scan.
_BETTER = 0.005
_TURN_ALONE = 0.1
# What a forward pass has wrong of a wall, neighbouring beams share, and the next scan too: so many
# tell as much of the way along it as one (docs/accuracy.md says what this was chosen by).
_SHARED = 6.0


class Completion:
    """Asks a second refiner where the first leaves a direction open.

    The stairs of a grid look like surfaces that face along a smooth bend or corridor, so a
    likelihood field has to leave such directions alone. The forward pass has no stairs: where the
    bend tightens or ends, its ranges tell how far along the robot is.
    """

    def __init__(self, first: ScanRefiner, second: ScanRefiner) -> None:
        """Set up.

        Args:
            first: made the alignments.
            second: asked only where one is incomplete.
        """
        self._first = first
        self._second = second

    def complete(self, scan: Scan, reading: Beams, aligned: Refinement) -> Refinement:
        """Return an alignment with what the second refiner says of its unseen directions."""
        if aligned.complete:
            return aligned
        here = aligned.pose.to_array()
        along = _open_direction(aligned.unseen)
        starts = here + np.array(_ALONG_M)[:, None] * along
        found = [
            (again, second)
            for second in self._second.refine_all(scan, reading, starts)
            for again in [self._moved(scan, reading, aligned, second)]
        ]
        # The first start is where the robot is believed to be.
        again, second = found[0]
        best, other = max(found, key=lambda pair: pair[0].inlier_share)
        if best.inlier_share > again.inlier_share + _BETTER:
            again, second = best, other
        return replace(
            again,
            information=again.information
            + at_most(again.unseen.T @ second.information @ again.unseen / _SHARED, again.most),
            unseen=again.unseen @ second.unseen,
        )

    def _moved(
        self, scan: Scan, reading: Beams, aligned: Refinement, second: Refinement
    ) -> Refinement:
        """Move an alignment along what it leaves open, as the second says, and settle it there."""
        here = aligned.pose.to_array()
        difference = second.pose.to_array() - here
        difference[2] = wrap_angle(float(difference[2]))
        moved = Pose2.from_array(here + aligned.unseen @ difference)
        # Along an arc, the rest is right only once the pose has moved along it.
        return self._first.refine_near(scan, reading, moved)


def _open_direction(unseen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the change (x, y, yaw) for each metre along what is left open; 0 for a turn alone."""
    _, directions = np.linalg.eigh(unseen @ unseen.T)
    widest = directions[:, -1]
    length = math.hypot(float(widest[0]), float(widest[1]))
    along: NDArray[np.float64] = widest / length if length > _TURN_ALONE else np.zeros(3)
    return along
