# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the forward pass adds where the grid leaves a direction open."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from localization_helpers import SENSOR, scan_at
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.completion import Completion
from local_inn_ros.localization.alignment.refiner import Refinement
from local_inn_ros.sensing import BeamPicker, Beams, Scan
from local_inn_ros.world import OccupancyGrid

ALONG = Refinement(
    pose=Pose2.identity(),
    information=np.diag([0.0, 1e4, 1e5]),
    unseen=np.diag([1.0, 0.0, 0.0]),
    rms_m=0.01,
    inlier_share=0.9,
    converged=True,
    iterations=3,
)
WHOLE = replace(ALONG, information=np.diag([1e3, 1e4, 1e5]), unseen=np.zeros((3, 3)))
GRID = OccupancyGrid(
    np.pad(np.zeros((40, 200), dtype=np.int8), 5, constant_values=100), 0.05, Pose2(-5.0, -1.0, 0.0)
)
SCAN = scan_at(GRID, Pose2.identity(), np.random.default_rng(0))
READING = BeamPicker(SENSOR.network_angles_rad(), SENSOR.range_max_m).pick(SCAN)


class Grid:
    """Keeps x as it is, and explains the more of the scan the nearer x is to the truth."""

    def __init__(self, truth_m: float) -> None:
        self.truth_m = truth_m

    def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
        share = 0.9 - 0.2 * min(abs(start.x - self.truth_m), 1.0)
        return replace(ALONG, pose=Pose2(start.x, 0.0, 0.0), inlier_share=share)

    def refine_all(
        self, scan: Scan, reading: Beams, starts: NDArray[np.float64]
    ) -> tuple[Refinement, ...]:
        raise AssertionError("the first refiner has aligned already")


class Network:
    """Finds the nearest of some places along x, one of them right."""

    def __init__(self, *places_m: float) -> None:
        self.places_m = np.array(places_m)
        self.asked: list[NDArray[np.float64]] = []

    def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
        raise AssertionError("it is asked once, for all starts together")

    def refine_all(
        self, scan: Scan, reading: Beams, starts: NDArray[np.float64]
    ) -> tuple[Refinement, ...]:
        self.asked.append(starts)
        nearest = [self.places_m[np.argmin(np.abs(self.places_m - x))] for x in starts[:, 0]]
        # It would move y as well, of which the grid knows better.
        return tuple(replace(WHOLE, pose=Pose2(float(x), 0.5, 0.1)) for x in nearest)


def test_a_whole_alignment_is_left_alone() -> None:
    network = Network(0.0)
    whole = replace(WHOLE, pose=Pose2(0.3, 0.2, 0.1))
    assert Completion(Grid(0.0), network).complete(SCAN, READING, whole) is whole
    assert network.asked == []


def test_the_network_moves_a_pose_along_what_is_open_and_nowhere_else() -> None:
    found = Completion(Grid(0.1), Network(0.1)).complete(SCAN, READING, ALONG)
    assert found.pose.x == pytest.approx(0.1)
    assert found.pose.y == 0.0
    assert found.pose.yaw == 0.0
    assert found.complete
    # What the grid knows, and of the rest what the network does: its beams share what it has
    # wrong, so that six of them tell as much as one.
    assert np.diag(found.information) == pytest.approx([1e3 / 6.0, 1e4, 1e5])


def test_of_several_places_the_one_that_explains_more_is_taken() -> None:
    network = Network(0.05, 0.55, -0.6)
    found = Completion(Grid(0.55), network).complete(SCAN, READING, ALONG)
    assert found.pose.x == pytest.approx(0.55)
    (starts,) = network.asked
    assert np.all(starts[:, 1:] == 0.0)
    assert np.ptp(starts[:, 0]) > 1.0


def test_where_no_place_explains_more_the_pose_believed_stays() -> None:
    class Indifferent(Grid):
        def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
            return replace(ALONG, pose=start)

    found = Completion(Indifferent(0.0), Network(0.02, 0.5)).complete(SCAN, READING, ALONG)
    assert found.pose.x == pytest.approx(0.02)


def test_what_neither_sees_stays_open() -> None:
    class Blind(Network):
        def refine_all(
            self, scan: Scan, reading: Beams, starts: NDArray[np.float64]
        ) -> tuple[Refinement, ...]:
            return tuple(replace(ALONG, pose=Pose2.from_array(start)) for start in starts)

    found = Completion(Grid(0.0), Blind()).complete(SCAN, READING, ALONG)
    assert not found.complete
    assert found.information[0, 0] == 0.0
    assert math.isclose(found.pose.x, 0.0, abs_tol=1e-9)
