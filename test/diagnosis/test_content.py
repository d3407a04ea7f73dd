# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from doctor_patients import (
    arrivals,
    drive,
    found,
    healthy,
    only,
    with_odometry,
    with_scans,
)

from local_inn_ros.diagnosis.checks import examine
from local_inn_ros.diagnosis.findings import Severity
from local_inn_ros.diagnosis.streams import OdometryStream
from local_inn_ros.filtering.twist_agreement import motion
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import OccupancyGrid

START = drive()[1][0].stamp_s


def test_a_map_that_is_not_the_bundles() -> None:
    cells = np.zeros((50, 40), dtype=np.int8)
    other = OccupancyGrid(cells, 0.05, Pose2.identity())
    finding = only(replace(healthy(), grid=other), "bundle.map")
    assert "another map" in finding.what


def test_a_bundle_that_cannot_be_read() -> None:
    seen = replace(healthy(), bundle=None, bundle_trouble="no bundle at /x: it has no bundle.yaml")
    assert "bundle.yaml" in only(seen, "bundle.unreadable").what


def test_a_bundle_of_another_sensor() -> None:
    narrow = with_scans(healthy(), lambda scan: cut(scan, 300, 780))
    assert "cannot be used" in only(narrow, "bundle.sensor").what
    wide = with_scans(healthy(), lambda scan: cut(scan, 120, 960))
    finding = only(wide, "bundle.view")
    assert "210 degrees" in finding.what
    assert "270" in finding.why
    few = with_scans(healthy(), lambda scan: thinned(scan, 20))
    assert "54 beams" in only(few, "bundle.beams").what
    near = with_scans(healthy(), lambda scan: replace(scan, range_max_m=12.0))
    assert found(near).keys() == {"bundle.reach"}


def cut(scan: Scan, first: int, last: int) -> Scan:
    start = scan.angle_min_rad + first * scan.angle_increment_rad
    return replace(scan, ranges_m=scan.ranges_m[first:last], angle_min_rad=start)


def thinned(scan: Scan, step: int) -> Scan:
    increment = step * scan.angle_increment_rad
    return replace(scan, ranges_m=scan.ranges_m[::step], angle_increment_rad=increment)


@pytest.mark.parametrize(
    ("value", "told"), [(math.nan, "100% NaN"), (math.inf, "100% infinite"), (0.0, "100% zero")]
)
def test_scans_that_hold_nothing(value: float, told: str) -> None:
    seen = with_scans(
        healthy(), lambda scan: replace(scan, ranges_m=np.full_like(scan.ranges_m, value))
    )
    finding = only(seen, "scan.empty")
    assert told in finding.what
    assert finding.severity is Severity.ERROR


def test_scans_that_hold_little() -> None:
    def blinded(scan: Scan) -> Scan:
        ranges = scan.ranges_m.copy()
        ranges[100:] = np.nan
        return replace(scan, ranges_m=ranges)

    assert only(with_scans(healthy(), blinded), "scan.empty").severity is Severity.WARNING


def test_odometry_that_stands_while_scans_move() -> None:
    still = Odometry(0.0, Pose2(1.0, 2.0, 0.3))
    seen = with_odometry(healthy(), lambda one: replace(still, stamp_s=one.stamp_s))
    assert "stands" in only(seen, "odom.stands").what


def test_scans_that_stand_while_odometry_moves() -> None:
    ranges = drive()[0][0].ranges_m
    seen = with_scans(healthy(), lambda scan: replace(scan, ranges_m=ranges))
    assert "do not change" in only(seen, "odom.slides").what


def test_headers_that_contradict_themselves() -> None:
    seen = healthy()
    said = "angle_increment says 1, angle_max says 2"
    streams = tuple(replace(stream, contradictions=(said,)) for stream in seen.scans)
    finding = only(replace(seen, scans=streams), "scan.header")
    assert finding.what == said
    assert finding.severity is Severity.WARNING


def test_odometry_that_jumps() -> None:
    def jump(one: Odometry) -> Odometry:
        if one.stamp_s < START + 2.0:
            return one
        return replace(one, pose=Pose2(5.0, 1.0, 0.0) @ one.pose)

    finding = found(with_odometry(healthy(), jump))["odom.jumps"]
    assert "jumped 1 times" in finding.what


def test_odometry_that_begins_again() -> None:
    """The doctor goes by the filter's own rule."""

    def restart(one: Odometry) -> Odometry:
        if one.stamp_s < START + 2.0:
            return replace(one, pose=Pose2(3.0, 1.0, 1.0) @ one.pose)
        return one

    finding = found(with_odometry(healthy(), restart))["odom.jumps"]
    assert "jumped 1 times" in finding.what
    assert "begins anew" in finding.why


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: replace(one, speed_mps=-one.speed_mps), "sign is wrong"),
        (lambda one: replace(one, speed_mps=1000.0 * one.speed_mps), "millimetres"),
        (lambda one: replace(one, speed_mps=3.6 * one.speed_mps), "km/h"),
        (lambda one: replace(one, speed_mps=0.0), "zero while the pose moves"),
        (lambda one: replace(one, yaw_rate_radps=-one.yaw_rate_radps), "twist.angular.z"),
        (lambda one: replace(one, yaw_rate_radps=math.degrees(one.yaw_rate_radps)), "degrees"),
    ],
)
def test_speeds_that_do_not_agree_with_the_poses(
    change: Callable[[Odometry], Odometry], told: str
) -> None:
    finding = only(with_odometry(healthy(), change), "odom.twist")
    assert told in f"{finding.what} {finding.mend}"


def test_speeds_in_the_frame_of_the_odometry() -> None:
    def turned(one: Odometry) -> Odometry:
        yaw = one.pose.yaw
        speed = one.speed_mps
        return replace(
            one, speed_mps=speed * math.cos(yaw), lateral_speed_mps=speed * math.sin(yaw)
        )

    finding = only(with_odometry(healthy(), turned), "odom.twist_frame")
    assert "header.frame_id" in finding.what


def test_a_robot_that_stands_is_not_accused_of_its_speeds() -> None:
    scan = drive()[0][0]
    rng = np.random.default_rng(3)

    def noisy(one: Scan) -> Scan:
        noise = rng.normal(0.0, 0.01, scan.ranges_m.size).astype(np.float32)
        return replace(scan, stamp_s=one.stamp_s, ranges_m=scan.ranges_m + noise)

    seen = with_odometry(
        with_scans(healthy(), noisy), lambda one: Odometry(one.stamp_s, Pose2(1.0, 1.0, 2.0))
    )
    assert examine(seen).findings == ()


def test_motion_by_poses_and_by_speeds_is_the_same_for_right_odometry() -> None:
    moved = motion(healthy().odometry.readings)
    assert len(moved.by_pose) > 10
    assert moved.by_speed == pytest.approx(moved.by_pose, abs=0.02)


def test_odometry_that_cannot_be_read() -> None:
    stream = OdometryStream(
        "/odom", arrivals([START], "odom"), (), frozenset({"base_link"}), "a quaternion is zero"
    )
    assert "a quaternion" in found(replace(healthy(), odometry=stream))["odom.unusable"].why
