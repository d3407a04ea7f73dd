# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network adds to an alignment with the grid, where the grid says nothing."""

from __future__ import annotations

from dataclasses import replace

from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.refiner import Refinement
from local_inn_ros.localization.scan_refiner import ScanRefiner
from local_inn_ros.sensing import BeamReading, Scan


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

    def complete(self, scan: Scan, reading: BeamReading, aligned: Refinement) -> Refinement:
        """Return an alignment with what the second refiner says of its unseen directions."""
        if aligned.complete:
            return aligned
        here = aligned.pose.to_array()
        second = self._second.refine_near(scan, reading, aligned.pose)
        difference = second.pose.to_array() - here
        difference[2] = wrap_angle(float(difference[2]))
        moved = Pose2.from_array(here + aligned.unseen @ difference)
        # Along an arc, the rest is right only once the pose has moved along it.
        again = self._first.refine_near(scan, reading, moved)
        return replace(
            again,
            information=again.information + again.unseen.T @ second.information @ again.unseen,
            unseen=again.unseen @ second.unseen,
        )
