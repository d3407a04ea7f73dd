# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose that is saved, and what the next start makes of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from localizer_bench import BASE, ELSEWHERE, Bench, Robot
from ros_fixtures import RosWorld

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.saved_pose import SavedPose
from local_inn_ros.nodes.common.conversions import to_gaussian
from local_inn_ros.nodes.localizer.pose_store import pose_path


def left_at(
    path: Path,
    base: Pose2,
    map_sha256: str,
    time_s: float = 1_700_000_000.0,
    odometry: Pose2 | None = None,
) -> None:
    pose = GaussianPose2.from_deviations(base, 0.05, 0.05, 0.02)
    SavedPose(pose, map_sha256, time_s, odometry).save(path)


def started(ros: RosWorld, path: Path, sha256: str = "", **parameters: Any) -> Bench:
    """Start the node for a robot that was left at BASE."""
    if not sha256:
        sha256 = Bench.map_sha256()
    left_at(path, BASE, sha256)
    return Bench(ros, pose_file=str(path), **parameters)


class Said:
    """What nodes have written to the log; its topic may still be that of a test before."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self._text = ""

    def count(self, words: str) -> int:
        self._text += self._capfd.readouterr().err
        return sum(words in line for line in self._text.splitlines() if "[WARN]" in line)


def test_the_next_start_begins_where_the_robot_was_left(ros: RosWorld, tmp_path: Path) -> None:
    bench = started(ros, tmp_path / "pose.json")
    here = BASE @ Pose2(0.05, -0.05, 0.02)
    bench.stand_at(here)
    bench.look_until(lambda: bench.found, "the robot", here)
    assert to_gaussian(bench.found[0].pose).mean.distance_to(here) < 0.05


def test_a_robot_moved_meanwhile_waits_for_a_pose(
    ros: RosWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs = Said(capfd)
    bench = started(ros, tmp_path / "pose.json")
    bench.stand_at(ELSEWHERE)
    bench.look_until(lambda: logs.count("do not agree with the pose"), "the verdict", ELSEWHERE)
    for _ in range(20):
        bench.look_from(ELSEWHERE)
    assert bench.found == []
    assert not bench.searching
    assert bench.wait_for_health("waits for a first pose", ELSEWHERE)["state"] == "waiting"


def test_after_a_crash_the_odometry_tells_where_the_robot_has_driven(
    ros: RosWorld, tmp_path: Path
) -> None:
    """A wall clock that nobody set has no say in it."""
    path, wheels = tmp_path / "pose.json", Pose2(7.0, 3.0, -1.0)
    left_at(path, BASE, Bench.map_sha256(), odometry=wheels)
    bench = Bench(ros, pose_file=str(path))
    bench.stand_at(ELSEWHERE)
    bench.wheels = wheels @ BASE.between(ELSEWHERE)
    bench.look_until(lambda: bench.found, "the robot", ELSEWHERE)
    assert to_gaussian(bench.found[0].pose).mean.distance_to(ELSEWHERE) < 0.05


def test_after_a_crash_a_robot_is_found_that_rolled_on_while_its_odometry_restarted(
    ros: RosWorld, tmp_path: Path
) -> None:
    path = tmp_path / "pose.json"
    left_at(path, BASE, Bench.map_sha256(), time.time() - 2.0, Pose2(40.0, 3.0, 1.0))
    bench = Bench(ros, pose_file=str(path))
    bench.stand_at(ELSEWHERE)
    bench.look_until(lambda: bench.found, "the robot", ELSEWHERE)
    assert to_gaussian(bench.found[0].pose).mean.distance_to(ELSEWHERE) < 0.05


def test_a_robot_that_was_switched_off_begins_its_odometry_anew(
    ros: RosWorld, tmp_path: Path
) -> None:
    path = tmp_path / "pose.json"
    left_at(path, BASE, Bench.map_sha256(), odometry=Pose2(40.0, 3.0, 1.0))
    bench = Bench(ros, pose_file=str(path))
    bench.stand_at(BASE)
    bench.look_until(lambda: bench.found, "the robot")
    assert to_gaussian(bench.found[0].pose).mean.distance_to(BASE) < 0.05


def test_where_a_search_is_wanted_a_moved_robot_is_found(ros: RosWorld, tmp_path: Path) -> None:
    bench = started(ros, tmp_path / "pose.json", search_at_start=True)
    bench.stand_at(ELSEWHERE)
    bench.look_until(lambda: bench.found, "the robot", ELSEWHERE)
    assert to_gaussian(bench.found[0].pose).mean.distance_to(ELSEWHERE) < 0.05


def test_a_pose_that_is_told_comes_first(ros: RosWorld, tmp_path: Path) -> None:
    bench = started(ros, tmp_path / "pose.json")
    bench.stand_at(ELSEWHERE)
    bench.look_from(ELSEWHERE)
    bench.tell_pose(ELSEWHERE, bench.sent_s)
    for _ in range(30):
        bench.look_from(ELSEWHERE)
        bench.tell_pose(ELSEWHERE, bench.sent_s)
    assert bench.found == []
    assert bench.total("fix") > 20


@pytest.mark.parametrize("damage", ["another map", "no file at all", "torn"])
def test_a_file_that_is_no_use_is_one_warning(
    ros: RosWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str], damage: str
) -> None:
    path = tmp_path / "pose.json"
    logs = Said(capfd)
    if damage == "another map":
        bench = started(ros, path, "f" * 64)
    else:
        if damage == "torn":
            path.write_text('{"schema_name": "local_inn')
        bench = Bench(ros, pose_file=str(path))
    bench.stand_at(BASE)
    for _ in range(20):
        bench.look_from(BASE)
    assert bench.found == []
    assert bench.wait_for_health("waits for a first pose", BASE)["state"] == "waiting"
    if damage != "no file at all":
        ros.wait_for(lambda: logs.count("begins without it"), "the warning")
    assert logs.count("begins without it") == (damage != "no file at all")


def test_the_pose_is_saved_while_all_is_well(ros: RosWorld, tmp_path: Path) -> None:
    path = tmp_path / "ros_home" / "local_inn_ros" / f"{Bench.map_sha256()[:12]}.json"
    robot = Robot(ros, save_pose_period=0.1, auto_relocalize=False)
    robot.step()
    assert not path.exists()
    robot.localize()
    robot.step_until(path.exists, "the file")

    def saved() -> Pose2:
        found = SavedPose.load(path, Bench.map_sha256())
        assert found is not None
        return found.pose.mean

    robot.step_until(lambda: saved().between(robot.base).yaw < 0.1, "the newest pose")
    with_odometry = SavedPose.load(path, Bench.map_sha256())
    assert with_odometry is not None
    assert with_odometry.odometry is not None
    assert abs(with_odometry.odometry.between(robot.wheels).yaw) < 0.3
    assert saved().distance_to(robot.base) < 0.1
    # A robot that is lost keeps what it last knew, also when it is switched off.
    robot.base = ELSEWHERE
    robot.step_until(lambda: robot.lost[-1].data, "the alarm")
    path.unlink()
    for _ in range(40):
        robot.step()
    robot.node.destroy_node()
    assert not path.exists()


def test_the_pose_is_saved_at_the_end(ros: RosWorld, tmp_path: Path) -> None:
    path = tmp_path / "pose.json"
    robot = Robot(ros, pose_file=str(path))
    robot.localize()
    for _ in range(5):
        robot.step()
    path.unlink(missing_ok=True)
    robot.node.destroy_node()
    saved = SavedPose.load(path, Bench.map_sha256())
    assert saved is not None
    assert saved.pose.mean.distance_to(robot.base) < 0.1
    assert saved.pose.deviations().max() < 0.2


def test_a_folder_that_cannot_be_written_is_one_warning_until_it_can(
    ros: RosWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "pose.json"
    logs = Said(capfd)
    robot = Robot(ros, pose_file=str(path), save_pose_period=0.1)
    # Told before there is any pose to save.
    assert logs.count("the pose is not saved") == 1
    robot.localize()
    for _ in range(40):
        robot.step()
    assert logs.count("the pose is not saved") == 1
    (tmp_path / "file").unlink()
    robot.step_until(path.exists, "the file")
    assert logs.count("the pose is not saved") == 1


def test_a_user_without_a_home_is_told_and_localized(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ROS_HOME")
    monkeypatch.setattr(Path, "expanduser", no_home)
    logs = Said(capfd)
    robot = Robot(ros, pose_file="auto")
    assert logs.count("the pose is not saved: this user has no home: set ROS_HOME") == 1
    robot.localize()
    assert robot.is_right()


def no_home(_: Path) -> Path:
    # As pathlib does for users that the system does not know.
    raise RuntimeError("Could not determine home directory.")


def test_robots_that_share_a_map_have_files_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    files = [pose_path("auto", "a" * 64, namespace) for namespace in ("/", "/one", "/two/left")]
    names = ("aaaaaaaaaaaa.json", "aaaaaaaaaaaa_one.json", "aaaaaaaaaaaa_two_left.json")
    assert files == [tmp_path / "local_inn_ros" / name for name in names]
    assert pose_path("", "a" * 64, "/") is None
    assert pose_path("/somewhere/pose.json", "a" * 64, "/one") == Path("/somewhere/pose.json")
