# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CARMEN logs: both kinds of scan, the mount, damaged lines, and the way into a bag."""

from __future__ import annotations

import gzip
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.recordings.bag_writer import write_bag
from local_inn_ros.recordings.carmen import read_carmen_log

TAIL = "robothost 0.25"


def words(values: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


def flaser(
    stamp: float, ranges: Sequence[float], laser: Sequence[float], robot: Sequence[float]
) -> str:
    return f"FLASER {len(ranges)} {words(ranges)} {words(laser)} {words(robot)} {stamp} {TAIL}"


def robotlaser(stamp: float, ranges: Sequence[float], laser: Sequence[float], axis: bool) -> str:
    speeds = "0.5 0.1 0.2 0.2" + (" 1000000" if axis else "")
    return (
        f"ROBOTLASER1 0 -1.2 2.4 0.6 30.0 0.01 0 {len(ranges)} {words(ranges)} 2 7 8 "
        f"{words(laser)} 1 2 0.3 {speeds} {stamp} {TAIL}"
    )


def odom(stamp: float, x: float) -> str:
    return f"ODOM {x} 0.5 0.1 0.7 -0.2 0 {stamp} {TAIL}"


def log(path: Path, *lines: str) -> Path:
    path.write_text("# CARMEN Logfile\nSYNC start\n\n" + "\n".join(lines) + "\n")
    return path


def test_flaser_is_a_sick_with_one_beam_a_degree(tmp_path: Path) -> None:
    ranges = [1.0] * 178 + [81.83, 80.0]
    path = log(
        tmp_path / "a.log",
        odom(10.0, 1.0),
        flaser(10.5, ranges, [1, 2, 0.3], [1, 2, 0.3]),
    )
    read = read_carmen_log(path)
    scan = read.scans[0]
    assert scan.stamp_s == 10.5
    angles = np.degrees(scan.angles_rad())
    assert angles[0] == pytest.approx(-90.0)
    assert angles[-1] == pytest.approx(89.0)
    assert np.isposinf(scan.ranges_m[-2:]).all()
    assert scan.ranges_m[0] == 1.0
    assert read.mount.to_array() == pytest.approx([0.0, 0.0, 0.0])
    assert [reading.stamp_s for reading in read.odometry] == [10.0, 10.5]
    assert read.odometry[1].pose.to_array() == pytest.approx([1.0, 2.0, 0.3])
    assert (read.odometry[1].speed_mps, read.odometry[1].yaw_rate_radps) == (0.7, -0.2)


@pytest.mark.parametrize(
    ("beams", "first_deg", "last_deg"),
    [(180, -90, 89), (181, -90, 90), (360, -90, 89.5), (361, -90, 90), (401, -50, 50)],
)
def test_flaser_geometry(tmp_path: Path, beams: int, first_deg: float, last_deg: float) -> None:
    path = log(tmp_path / "a.log", flaser(1.0, [2.0] * beams, [0, 0, 0], [0, 0, 0]))
    angles = np.degrees(read_carmen_log(path).scans[0].angles_rad())
    assert angles[0] == pytest.approx(first_deg)
    assert angles[-1] == pytest.approx(last_deg)


@pytest.mark.parametrize("axis", [True, False])
def test_robotlaser_says_its_own_geometry(tmp_path: Path, axis: bool) -> None:
    laser = (Pose2(1.0, 2.0, 0.3) @ Pose2(0.2, 0.0, 0.0)).to_array()
    path = log(tmp_path / "a.log", robotlaser(5.25, [1, 2, 3, 30, 31], laser, axis))
    read = read_carmen_log(path)
    scan = read.scans[0]
    np.testing.assert_allclose(scan.angles_rad(), [-1.2, -0.6, 0.0, 0.6, 1.2])
    assert scan.ranges_m.tolist() == [1, 2, 3, math.inf, math.inf]
    assert scan.range_max_m == 30.0
    assert read.odometry[0].stamp_s == scan.stamp_s == 5.25
    assert (read.odometry[0].speed_mps, read.odometry[0].yaw_rate_radps) == (0.5, 0.1)
    assert read.mount.to_array() == pytest.approx([0.2, 0.0, 0.0], abs=1e-4)


def test_parameters_say_the_mount(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.log",
        "PARAM robot_frontlaser_offset 0.15 nohost 0",
        "PARAM robot_frontlaser_side_offset -0.05 nohost 0",
        "PARAM robot_frontlaser_use on nohost 0",
        flaser(1.0, [2.0] * 180, [5, 5, 1], [0, 0, 0]),
    )
    assert read_carmen_log(path).mount == Pose2(0.15, -0.05, 0.0)


def test_the_mount_by_hand_wins(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.log",
        "PARAM robot_frontlaser_offset 0.15 nohost 0",
        flaser(1.0, [2.0] * 180, [0, 0, 0], [0, 0, 0]),
    )
    assert read_carmen_log(path, Pose2(0.3, 0.0, 0.0)).mount == Pose2(0.3, 0.0, 0.0)


def test_corrected_laser_poses_say_no_mount(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.log",
        flaser(1.0, [2.0] * 180, [0, 0, 0], [0, 0, 0]),
        flaser(2.0, [2.0] * 180, [1, 0, 0], [2, 0.4, 0.2]),
    )
    with pytest.raises(BagError, match=r"corrected against its odometry; .* --mount"):
        read_carmen_log(path)


def test_robotlaser_goes_before_flaser(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.log",
        flaser(1.0, [2.0] * 180, [0, 0, 0], [0, 0, 0]),
        robotlaser(2.0, [1, 2, 3], [1, 2, 0.3], True),
    )
    assert [scan.ranges_m.size for scan in read_carmen_log(path).scans] == [3]


def test_ranges_may_be_nan_or_infinite(tmp_path: Path) -> None:
    line = robotlaser(2.0, [1, 2, 3], [1, 2, 0.3], True).replace(" 1 2 3 ", " nan inf -inf ")
    ranges = read_carmen_log(log(tmp_path / "a.log", line)).scans[0].ranges_m
    np.testing.assert_array_equal(ranges, np.array([np.nan, np.inf, -np.inf], dtype=np.float32))


def test_gzipped_logs_are_read(tmp_path: Path) -> None:
    plain = log(tmp_path / "a.log", flaser(1.0, [2.0] * 180, [0, 0, 0], [0, 0, 0]))
    packed = tmp_path / "a.log.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert len(read_carmen_log(packed).scans) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("FLASER", "line 4 .* ends after 1 words"),
        ("FLASER 180 1.0 2.0", "line 4 .* FLASER has 4 words where 191 are needed"),
        ("FLASER many 1.0", "line 4 .* how many readings follow"),
        (f"ODOM 1 2 x 0 0 0 1.0 {TAIL}", "line 4 .* 'x' is not a number"),
        (f"ODOM 1 2 nan 0 0 0 1.0 {TAIL}", "line 4 .* not a finite number"),
        (f"ODOM 1 2 3 0 0 0 -1.0 {TAIL}", "line 4 .* stamp -1.0"),
        ("ODOM 1 2 3", "line 4 .* ODOM has 4 words where 10 are needed"),
        (flaser(1.0, [1] * 5, [0] * 3, [0] * 3).replace(" 1 1 ", " 1 ? "), "line 4 .* range"),
        (robotlaser(1.0, [1], [0] * 3, True).replace("0.6 30.0", "0 30.0"), "line 4 .* steps of 0"),
        ("ROBOTLASER1 0 -1.5 3 0.1", "line 4 .* ends after 5 words"),
        ("PARAM robot_frontlaser_offset front nohost 0", "line 4 .* 'front' is not a number"),
    ],
)
def test_bad_lines_are_named_by_number(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(BagError, match=message):
        read_carmen_log(log(tmp_path / "a.log", line))


def test_a_log_without_scans_says_what_it_has(tmp_path: Path) -> None:
    path = log(tmp_path / "a.log", odom(1.0, 1.0), odom(2.0, 1.0))
    with pytest.raises(BagError, match=r"no FLASER or ROBOTLASER1 .* 2 ODOM, 1 SYNC"):
        read_carmen_log(path)


def test_missing_and_binary_logs_are_named(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="no log at"):
        read_carmen_log(tmp_path / "none.log")
    with pytest.raises(BagError, match="cannot be read"):
        read_carmen_log(tmp_path)
    binary = tmp_path / "b.log"
    binary.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(BagError, match="no FLASER"):
        read_carmen_log(binary)
    binary.write_bytes(gzip.compress(b"x" * 10000)[:30])
    with pytest.raises(BagError, match="cannot be read"):
        read_carmen_log(binary)


def test_a_log_becomes_a_bag(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    lines = ["PARAM robot_frontlaser_offset 0.15 nohost 0"]
    for k in range(20):
        pose = [0.1 * k, 0.02 * k, 0.03 * k]
        lines.append(odom(100.0 + 0.2 * k, 0.1 * k))
        lines.append(flaser(100.1 + 0.2 * k, rng.uniform(1, 5, 180).round(2).tolist(), pose, pose))
    read = read_carmen_log(log(tmp_path / "a.log", *lines))
    write_bag(tmp_path / "bag", read.mount, read.scans, read.odometry)
    recording = open_recording(tmp_path / "bag", BagTopics())
    assert recording.mount.to_array() == pytest.approx([0.15, 0.0, 0.0])
    assert len(recording.odometry) == 40
    for got, want in zip(recording.scans(), read.scans, strict=True):
        assert got.stamp_s == pytest.approx(want.stamp_s, abs=1e-8)
        np.testing.assert_array_equal(got.ranges_m, want.ranges_m)


def test_a_git_lfs_pointer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 1\n")
    with pytest.raises(BagError, match="is a Git LFS pointer"):
        read_carmen_log(path)
