# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from local_inn_bundles import build_relocalizer
from localization_helpers import SENSOR, BayesNetworks, bundle_of, gaussian, room, scan_at

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.search.coarse_search import CoarseSearch
from local_inn_ros.sensing import Scan
from local_inn_ros.world import FreeSpace, OccupancyGrid

GRID = room()
MOUNT = Pose2(0.2, 0.0, 0.1)


def search_from(base: Pose2, refiner: RefinerChoice, grid: OccupancyGrid = GRID, seed: int = 1):
    engine = BayesNetworks(grid)
    engine.truth = base @ MOUNT
    scan = scan_at(grid, engine.truth, np.random.default_rng(seed))
    return build_relocalizer(bundle_of(grid), engine, MOUNT, refiner).search(scan)


def is_at(found: Pose2, truth: Pose2) -> bool:
    turned = abs(wrap_angle(found.yaw - truth.yaw))
    return found.distance_to(truth) < 0.1 and turned < math.radians(3.0)


@pytest.mark.parametrize("refiner", RefinerChoice)
def test_the_robot_is_found_wherever_it_is(refiner):
    rng = np.random.default_rng(5)
    for row in FreeSpace(GRID, 0.6).sample(rng, 6):
        base = Pose2.from_array(row) @ MOUNT.inverse()
        result = search_from(base, refiner)
        assert result.found
        assert result.reason == ""
        assert is_at(result.pose.mean, base)
        assert result.pose is result.hypotheses[0].pose
        assert result.seconds > 0.0
        # Room for the filter to correct what one scan decided.
        assert np.all(result.pose.deviations() > [0.05, 0.05, math.radians(1.0)])


def test_hypotheses_are_ranked_and_distinct():
    result = search_from(Pose2(0.6, 0.4, 2.9), RefinerChoice.FIELD)
    weights = [one.weight for one in result.hypotheses]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(1.0)
    assert all(0.0 <= one.score <= 1.0 for one in result.hypotheses)
    for k, one in enumerate(result.hypotheses):
        for other in result.hypotheses[k + 1 :]:
            here, there = one.pose.mean, other.pose.mean
            turned = abs(wrap_angle(here.yaw - there.yaw))
            assert here.distance_to(there) > 0.39 or turned > math.radians(9.9)


class TwoPlaces(BayesNetworks):
    """Answers with either of two places that look alike, whichever the prior is nearer to."""

    def __init__(self, grid, first: Pose2, second: Pose2) -> None:
        super().__init__(grid)
        self.places = (first, second)

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        answers = []
        for place in self.places:
            self.truth = place
            answers.append(super().sample_poses(ranges_m, states, priors, spreads, latents))
        offsets = [np.abs(wrap_yaw(priors - place.to_array())).sum(axis=1) for place in self.places]
        return np.where((offsets[0] <= offsets[1])[:, None, None], *answers)


def wrap_yaw(offsets):
    wrapped = np.array(offsets, dtype=np.float64)
    wrapped[:, 2] = np.mod(wrapped[:, 2] + math.pi, 2 * math.pi) - math.pi
    return wrapped


def test_two_rooms_alike_are_ambiguous():
    one = room().cells
    grid = OccupancyGrid(np.hstack([one, one]), 0.05, Pose2(0.0, 0.0, 0.0))
    # A doorless pair of rooms would be two regions: open a hatch that no scan here can see.
    cells = grid.cells.copy()
    cells[96:112, 156:164] = 0
    grid = OccupancyGrid(cells, 0.05, Pose2.identity())
    first = Pose2(2.0, 1.2, -2.2)
    second = Pose2(2.0 + 0.05 * one.shape[1], 1.2, -2.2)
    scan = scan_at(grid, first, np.random.default_rng(0))
    engine = TwoPlaces(grid, first, second)
    result = build_relocalizer(
        bundle_of(grid), engine, Pose2.identity(), RefinerChoice.FIELD
    ).search(scan)
    assert not result.found
    assert result.pose is None
    assert "ambiguous" in result.reason
    found = [one.pose.mean for one in result.hypotheses[:2]]
    assert {is_at(pose, first) for pose in found} == {True, False}
    assert {is_at(pose, second) for pose in found} == {True, False}
    assert all(0.35 < one.weight < 0.65 for one in result.hypotheses[:2])


def test_a_scan_from_another_building_fits_nowhere():
    rng = np.random.default_rng(2)
    engine = BayesNetworks(GRID)
    engine.truth = Pose2(50.0, 50.0, 0.0)
    angles = SENSOR.beam_angles_rad()
    ranges = rng.uniform(0.3, 9.0, len(angles)).astype(np.float32)
    scan = Scan(0.0, ranges, float(angles[0]), float(angles[1] - angles[0]), 0.05, 15.0)
    result = build_relocalizer(bundle_of(GRID), engine, MOUNT, RefinerChoice.FIELD).search(scan)
    assert not result.found
    assert "nothing fits" in result.reason
    assert len(result.hypotheses) > 0


def test_what_is_offered_is_looked_at_whatever_the_lattice_says(monkeypatch):
    base = Pose2(0.6, 0.4, 2.9)
    engine = BayesNetworks(GRID)
    engine.truth = base @ MOUNT
    scan = scan_at(GRID, engine.truth, np.random.default_rng(1))
    relocalizer = build_relocalizer(bundle_of(GRID), engine, MOUNT, RefinerChoice.FIELD)
    monkeypatch.setattr(CoarseSearch, "candidates", lambda *_: np.zeros((0, 3)))
    assert "nothing fits" in relocalizer.search(scan).reason
    near = gaussian(base.x + 0.2, base.y - 0.1, base.yaw + 0.1, 0.2, 0.1)
    far = gaussian(base.x + 2.0, base.y, base.yaw, 0.2, 0.1)
    result = relocalizer.search(scan, (far, near))
    assert result.found
    assert is_at(result.pose.mean, base)
    assert is_at(relocalizer.search(scan, (near, far)).pose.mean, base)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_blind_scan_fits_nowhere(value):
    angles = SENSOR.beam_angles_rad()
    ranges = np.full(len(angles), value, np.float32)
    scan = Scan(0.0, ranges, float(angles[0]), float(angles[1] - angles[0]), 0.05, 15.0)
    relocalizer = build_relocalizer(bundle_of(GRID), BayesNetworks(GRID), MOUNT, RefinerChoice.NONE)
    result = relocalizer.search(scan)
    assert not result.found
    assert result.hypotheses == ()
    assert "nothing fits" in result.reason


def test_an_empty_scan_is_refused():
    relocalizer = build_relocalizer(bundle_of(GRID), BayesNetworks(GRID), MOUNT, RefinerChoice.NONE)
    with pytest.raises(SensorError, match="empty"):
        relocalizer.search(Scan(0.0, np.zeros(0, np.float32), -1.0, 0.1, 0.05, 15.0))


def test_the_same_scan_gives_the_same_answer():
    first, second = (search_from(Pose2(0.6, 0.4, 2.9), RefinerChoice.FIELD) for _ in range(2))
    assert first.pose.mean == second.pose.mean
    assert [one.score for one in first.hypotheses] == [one.score for one in second.hypotheses]
