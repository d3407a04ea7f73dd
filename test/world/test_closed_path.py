# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.world import ClosedPath


def circle(radius: float, count: int = 40) -> np.ndarray:
    turn = 2.0 * math.pi * np.arange(count) / count
    return radius * np.column_stack([np.cos(turn), np.sin(turn)]) + [3.0, -1.0]


@given(st.floats(0.5, 50.0), st.booleans())
def test_a_circle_has_its_length_heading_and_curvature(radius: float, repeat: bool) -> None:
    points = circle(radius)
    path = ClosedPath.through(np.vstack([points, points[:1]]) if repeat else points, 0.05 * radius)
    assert path.length_m == pytest.approx(2.0 * math.pi * radius, rel=1e-3)
    np.testing.assert_allclose(path.curvatures, 1.0 / radius, rtol=0.01)
    out = path.points - [3.0, -1.0]
    along = np.column_stack([np.cos(path.headings_rad), np.sin(path.headings_rad)])
    assert np.abs(np.sum(out * along, axis=1)).max() < 0.01 * radius
    steps = np.linalg.norm(np.roll(path.points, -1, axis=0) - path.points, axis=1)
    np.testing.assert_allclose(steps, path.step_m, rtol=1e-3)


def test_reversed_it_goes_the_other_way_through_the_same_points() -> None:
    path = ClosedPath.through(circle(4.0))
    back = path.reversed()
    assert {tuple(point) for point in back.points} == {tuple(point) for point in path.points}
    np.testing.assert_allclose(back.curvatures, -path.curvatures[::-1])
    ahead = np.roll(back.points, -1, axis=0) - back.points
    along = np.column_stack([np.cos(back.headings_rad), np.sin(back.headings_rad)])
    assert (np.sum(ahead * along, axis=1) > 0.0).all()


def test_nearest_and_pose() -> None:
    path = ClosedPath.through(circle(4.0))
    index = path.nearest(3.0, 10.0)
    pose = path.pose(index)
    assert (pose.x, pose.y) == pytest.approx((3.0, 3.0), abs=path.step_m)
    assert abs(pose.yaw) == pytest.approx(math.pi, abs=0.05)


def test_two_points_make_no_lap() -> None:
    with pytest.raises(ValueError, match="three different points"):
        ClosedPath.through([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
