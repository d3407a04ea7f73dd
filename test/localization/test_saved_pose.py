# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.localization.search.saved_pose import SavedPose, SavedPoseError, place_left

MAP = "0123456789abcdef" * 4


def saved_at(mean: Pose2, covariance: np.ndarray | None = None) -> SavedPose:
    spread = np.diag([0.04, 0.01, 0.0025]) if covariance is None else covariance
    return SavedPose(GaussianPose2(mean, spread), MAP, 1_700_000_000.5)


@given(
    x=st.floats(-1e4, 1e4),
    y=st.floats(-1e4, 1e4),
    yaw=st.floats(-math.pi, math.pi),
    root=st.lists(st.floats(-3.0, 3.0), min_size=9, max_size=9),
)
def test_what_is_saved_comes_back(
    tmp_path_factory: pytest.TempPathFactory, x: float, y: float, yaw: float, root: list[float]
) -> None:
    path = tmp_path_factory.getbasetemp() / "deep" / "saved" / "pose.json"
    factor = np.array(root).reshape(3, 3)
    saved = saved_at(Pose2(x, y, yaw), factor @ factor.T)
    saved.save(path)
    back = SavedPose.load(path, MAP)
    assert back is not None
    assert back.pose.mean.distance_to(saved.pose.mean) == 0.0
    assert back.pose.mean.between(saved.pose.mean).yaw == pytest.approx(0.0, abs=1e-12)
    assert np.array_equal(back.pose.covariance, saved.pose.covariance)
    assert (back.map_sha256, back.time_s) == (MAP, saved.time_s)
    # Nothing half-written is left beside it.
    assert [one.name for one in path.parent.iterdir()] == ["pose.json"]


def test_without_a_file_there_is_no_pose(tmp_path: Path) -> None:
    assert SavedPose.load(tmp_path / "pose.json", MAP) is None


def test_a_pose_in_another_map_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pose.json"
    saved_at(Pose2.identity()).save(path)
    with pytest.raises(SavedPoseError, match="is in another map"):
        SavedPose.load(path, "f" * 64)


def edited(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "pose.json"
    saved_at(Pose2(1.0, 2.0, 0.5)).save(path)
    content = json.loads(path.read_text())
    for name, value in changes.items():
        content.pop(name) if value is None else content.update({name: value})
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"pose": {"x_m": 1.0, "y_m": 2.0}},
        {"pose": {"x_m": math.inf, "y_m": 2.0, "yaw_rad": 0.0}},
        {"covariance": [{"x_m": -1.0, "y_m": 0.0, "yaw_rad": 0.0}] * 3},
        {"covariance": []},
        {"map_sha256": None},
        {"schema_name": "local_inn_ros/saved_pose/9"},
        {"pose": "here"},
    ],
    ids=["yaw", "infinite", "negative", "empty", "no map", "newer", "text"],
)
def test_a_file_that_makes_no_sense_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = edited(tmp_path, **changes)
    with pytest.raises(SavedPoseError, match=f"{path} is no saved pose"):
        SavedPose.load(path, MAP)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[]", b"null"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pose.json"
    path.write_bytes(content)
    with pytest.raises(SavedPoseError, match=f"{path} is no saved pose"):
        SavedPose.load(path, MAP)


def test_a_place_that_cannot_be_written_or_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "pose.json"
    with pytest.raises(SavedPoseError, match=f"the pose is not saved: cannot write {inside}"):
        saved_at(Pose2.identity()).save(inside)
    with pytest.raises(SavedPoseError, match="cannot read the saved pose"):
        SavedPose.load(tmp_path, MAP)


LEFT = Pose2(2.0, 1.0, 0.5)
NEAR, FAR = Pose2(2.2, 0.9, 0.45), Pose2(9.0, 1.0, 0.5)


def answer(reason: str, *places: tuple[Pose2, float]) -> SearchResult:
    hypotheses = tuple(
        Hypothesis(GaussianPose2.from_deviations(pose, 0.1, 0.1, 0.1), 0.8, weight)
        for pose, weight in places
    )
    pose = None if reason else hypotheses[0].pose
    return SearchResult(not reason, pose, hypotheses, reason, 0.1)


def test_the_place_found_is_where_the_robot_was_left() -> None:
    found = place_left(answer("", (NEAR, 0.999), (FAR, 0.001)), [LEFT])
    assert found is not None
    assert found.mean == NEAR


def test_a_robot_found_elsewhere_was_moved() -> None:
    assert place_left(answer("", (FAR, 0.999), (NEAR, 0.001)), [LEFT]) is None
    turned = Pose2(LEFT.x, LEFT.y, LEFT.yaw + 2.0)
    assert place_left(answer("", (turned, 1.0)), [LEFT]) is None


def test_between_places_alike_the_one_where_it_was_left_is_right() -> None:
    found = place_left(answer("ambiguous: two", (FAR, 0.55), (NEAR, 0.45)), [LEFT])
    assert found is not None
    assert found.mean == NEAR


def test_a_place_that_explains_the_scans_much_worse_is_not() -> None:
    assert place_left(answer("ambiguous: three", (FAR, 0.9), (NEAR, 0.1)), [LEFT]) is None


def test_where_nothing_fits_it_is_not_there_either() -> None:
    assert place_left(answer("nothing fits: 20%", (NEAR, 1.0)), [LEFT]) is None
    assert place_left(answer("no odometry: none", (NEAR, 1.0)), [LEFT]) is None
    assert place_left(answer("ambiguous: none left"), [LEFT]) is None


def test_a_robot_that_drove_on_is_found_within_its_reach() -> None:
    far = answer("", (FAR, 0.999), (NEAR, 0.001))
    found = place_left(far, [LEFT], reach_m=8.0)
    assert found is not None
    assert found.mean == FAR
    assert place_left(far, [LEFT], reach_m=6.0) is None
    assert place_left(answer("ambiguous: two", (FAR, 0.7), (NEAR, 0.1)), [LEFT], 8.0) is None


def test_how_far_a_robot_can_have_driven_is_known_for_a_minute() -> None:
    saved = saved_at(LEFT)
    assert saved.reach_m(saved.time_s + 3.0) == pytest.approx(31.0)
    # The program was switched off, or the clock was set.
    assert saved.reach_m(saved.time_s + 3600.0) == 1.0
    assert saved.reach_m(saved.time_s - 1.0) == 1.0


def test_the_odometry_that_went_on_tells_the_way(tmp_path: Path) -> None:
    then, now = Pose2(10.0, -3.0, 1.0), Pose2(12.0, -3.5, 1.4)
    pose = GaussianPose2.from_deviations(LEFT, 0.01, 0.01, 0.005)
    SavedPose(pose, MAP, 1_700_000_000.0, then).save(tmp_path / "pose.json")
    saved = SavedPose.load(tmp_path / "pose.json", MAP)
    assert saved is not None
    carried, left = saved.places(now, saved.time_s + 2.0)
    expected = LEFT @ then.between(now)
    assert carried.mean.distance_to(expected) < 1e-9
    assert carried.mean.between(expected).yaw == pytest.approx(0.0, abs=1e-9)
    # Two metres are not driven without an error.
    assert carried.deviations()[:2].max() > 0.05
    assert left.mean == LEFT
    assert [one.mean for one in saved.places(None, saved.time_s)] == [LEFT]


def test_a_file_of_the_first_schema_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pose.json"
    saved_at(LEFT).save(path)
    content = json.loads(path.read_text())
    del content["odometry"]
    content["schema_name"] = "local_inn_ros/saved_pose/1"
    path.write_text(json.dumps(content))
    saved = SavedPose.load(path, MAP)
    assert saved is not None
    assert saved.odometry is None
