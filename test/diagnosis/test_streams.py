# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from doctor_patients import (
    arrivals,
    drive,
    found,
    healthy,
    only,
    topic,
    with_node,
    with_odometry,
    with_parameter,
    with_scans,
    with_topics,
)

from local_inn_ros.diagnosis.checks import examine
from local_inn_ros.diagnosis.facts import Diagnosis, Link, Transforms
from local_inn_ros.diagnosis.findings import Severity
from local_inn_ros.diagnosis.frame_checks import goes_back_and_forth
from local_inn_ros.diagnosis.streams import ScanStream


def test_a_publisher_that_says_nothing() -> None:
    seen = healthy()
    silent = ScanStream("/scan", arrivals([], "laser"), ())
    finding = only(replace(seen, scans=(silent,)), "scan.silent")
    assert finding.what.startswith("/driver publishes /scan, but nothing came")


@pytest.mark.parametrize(
    ("simulated", "ticks", "check"),
    [(False, 10, "clock.unused"), (True, 0, "clock.missing"), (True, 10, None), (False, 0, None)],
)
def test_the_clock_and_use_sim_time(simulated: bool, ticks: int, check: str | None) -> None:
    seen = replace(healthy(), clock_ticks=ticks, clock_publishers=("/player",) * bool(ticks))
    for name in ("ekf", "lidar_localizer"):
        seen = with_parameter(seen, name, "use_sim_time", simulated)
    checks = [one.check for one in examine(seen).findings]
    assert checks == ([] if check is None else [check, check])


def test_a_laser_that_turns_slowly() -> None:
    seen = healthy()
    scans = seen.scans[0].scans[::4]
    came = arrivals([one.stamp_s for one in scans], "laser")
    finding = only(replace(seen, scans=(ScanStream("/scan", came, scans),)), "scan.rate")
    assert "10.0 Hz" in finding.what
    assert "40 Hz" in finding.why


def test_odometry_that_is_rare() -> None:
    seen = healthy()
    readings = seen.odometry.readings[::25]
    came = arrivals([one.stamp_s for one in readings], "odom")
    rare = replace(seen.odometry, readings=readings, arrivals=came)
    assert "4.0 Hz" in only(replace(seen, odometry=rare), "odom.rate").what


def test_clocks_that_differ() -> None:
    seen = with_scans(healthy(), lambda scan: scan, age_s=1.3)
    checks = found(seen)
    assert checks.keys() == {"scan.age", "clock.apart"}
    assert checks["scan.age"].severity is Severity.ERROR
    assert "1.3 s old" in checks["scan.age"].what
    assert checks["clock.apart"].what == "the stamps on /scan are 1.29 s behind those on /odom"

    ahead = with_odometry(healthy(), lambda one: one, age_s=-0.3)
    checks = found(ahead)
    assert checks.keys() == {"odom.age", "clock.apart"}
    assert checks["odom.age"].severity is Severity.WARNING
    assert "ahead" in checks["odom.age"].what
    assert checks["clock.apart"].what.startswith("the stamps on /scan are")


def test_ages_that_vary() -> None:
    seen = healthy()
    stamps = seen.scans[0].arrivals.stamps_s
    late = np.where(np.arange(len(stamps)) % 3 == 0, 0.4, 0.0)
    came = replace(seen.scans[0].arrivals, arrivals_s=stamps + late)
    jittery = replace(seen, scans=(replace(seen.scans[0], arrivals=came),))
    assert "varies by 0.40 s" in only(jittery, "scan.jitter").what


def test_stamps_that_are_zero() -> None:
    seen = with_scans(healthy(), lambda scan: replace(scan, stamp_s=0.0))
    assert found(seen).keys() == {"scan.stamps"}


def test_stamps_that_repeat_or_go_back() -> None:
    seen = healthy()
    readings = seen.odometry.readings
    doubled = tuple(one for each in readings for one in (each, each))
    came = arrivals([one.stamp_s for one in doubled], "odom")
    stream = replace(seen.odometry, readings=doubled, arrivals=came)
    assert "50%" in only(replace(seen, odometry=stream), "odom.repeated").what

    back = (*readings[:200], *readings[100:])
    stamps = np.array([one.stamp_s for one in back])
    times = drive()[1][0].stamp_s + 0.01 * np.arange(len(back))
    came = replace(came, stamps_s=stamps, arrivals_s=times)
    stream = replace(seen.odometry, readings=back, arrivals=came)
    assert "went back 1 times" in found(replace(seen, odometry=stream))["odom.order"].what


def test_a_mount_that_is_missing_or_moves() -> None:
    seen = healthy()
    troubles = {"laser": "no static transform leads from 'base_link' to 'laser'"}
    missing = replace(seen.transforms, mount_troubles=troubles)
    finding = only(replace(seen, transforms=missing), "tf.mount")
    assert finding.what == "the mount of 'laser' on 'base_link' cannot be used"
    apart = replace(missing, links=missing.links[1:])
    finding = only(replace(seen, transforms=apart), "tf.mount")
    assert finding.what == "'laser' and 'base_link' do not meet on /tf_static"
    assert "static_transform_publisher" in finding.mend
    links = (*seen.transforms.links[1:], Link("base_link", "laser", False))
    moving = replace(seen, transforms=Transforms(links, troubles))
    assert "comes on /tf, not on /tf_static" in only(moving, "tf.mount").what
    nameless = replace(seen, transforms=replace(seen.transforms, mount_troubles={"": "none"}))
    assert "no frame_id" in only(nameless, "tf.mount").what


def test_odometry_in_frames_that_were_not_told() -> None:
    seen = healthy()
    stream = replace(seen.odometry, child_frames=frozenset({"base_footprint"}))
    finding = only(replace(seen, odometry=stream), "odom.frame")
    assert "child_frame_id on /odom is 'base_footprint'" in finding.what
    assert "base_frame_id" in finding.mend
    tied = (*seen.transforms.links, Link("base_link", "base_footprint", True))
    transforms = replace(seen.transforms, links=tied)
    assert examine(replace(seen, odometry=stream, transforms=transforms)).findings == ()
    empty = replace(seen.odometry, child_frames=frozenset({""}))
    assert examine(replace(seen, odometry=empty)).findings == ()
    slashed = replace(seen.odometry, child_frames=frozenset({"/base_link"}))
    assert examine(replace(seen, odometry=slashed)).findings == ()


def test_a_tree_that_does_not_hang_together() -> None:
    seen = healthy()
    links = tuple(link for link in seen.transforms.links if link.parent != "odom")
    cut = replace(seen, transforms=replace(seen.transforms, links=links))
    assert only(cut, "tf.odom").severity is Severity.WARNING
    two = (*seen.transforms.links, Link("world", "odom", False, frozenset({"/slam"})))
    finding = only(replace(seen, transforms=replace(seen.transforms, links=two)), "tf.parents")
    assert "'odom' has 2 parents: map, world" in finding.what
    assert "/slam" in finding.mend


def test_a_second_publisher_of_the_filters_transform() -> None:
    seen = healthy()
    shared = tuple(
        replace(link, writers=frozenset({"/ekf", "/amcl"})) if link.child == "odom" else link
        for link in seen.transforms.links
    )
    known = replace(seen, transforms=replace(seen.transforms, links=shared))
    assert only(known, "tf.map").what == "/amcl publishes map to odom besides the filter"
    # The filter was told to leave it to somebody else.
    left = with_parameter(known, "ekf", "tf_broadcast", False)
    assert examine(left).findings == ()
    # Where the middleware does not say who wrote it, the values do.
    poses = np.tile([[1.0, 2.0, 0.0], [1.5, 2.0, 0.0]], (20, 1))
    nameless = tuple(replace(link, writers=frozenset()) for link in seen.transforms.links)
    single = replace(seen, transforms=replace(seen.transforms, links=nameless))
    assert examine(single).findings == ()
    unknown = replace(single, transforms=replace(single.transforms, map_from_odom=poses))
    assert only(unknown, "tf.map").what.startswith("somebody publishes map to odom")
    tf = topic("/tf", "tf2_msgs/msg/TFMessage", ["/ekf", "/driver", "/amcl"], [])
    assert only(with_topics(unknown, tf), "tf.map").what.startswith("/amcl publishes")
    # So does a filter that cannot have published any.
    waits = Diagnosis(1, "waits for an initial pose")
    checks = found(with_topics(with_node(single, "ekf", diagnosis=waits), tf))
    assert checks.keys() == {"tf.map", "health.pose"}


def test_a_transform_that_drifts_or_jumps_once_is_one_publishers() -> None:
    drift = np.cumsum(np.full((50, 3), 0.06), axis=0)
    assert not goes_back_and_forth(drift)
    jump = np.zeros((50, 3))
    jump[25:] = 3.0
    assert not goes_back_and_forth(jump)
    assert not goes_back_and_forth(np.zeros((2, 3)))
