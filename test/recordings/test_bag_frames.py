# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the transforms of a bag tell: the mount of the laser, and a reference."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from bag_messages import MOUNT, Messages, basics, make_bag, raw_bag

from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording


def test_the_mount_follows_the_chain_of_transforms(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(
        1.0,
        ("base_footprint", "base_link", 0.1, 0.0, 0.0),
        ("base_link", "mast", 0.2, math.pi / 2, 0.0),
        ("mast", "laser", 0.3, 0.1, 0.0),
    )
    content = [*basics(make, "laser", "base_footprint"), ("/tf_static", tree)]
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert recording.base_frame == "base_footprint"
    assert recording.mount.to_array() == pytest.approx([0.3, 0.3, math.pi / 2 + 0.1])


def test_the_mount_may_be_a_sibling_and_come_over_tf(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(
        1.0, ("chassis", "base_link", 0.1, 0.0, 0.0), ("chassis", "laser", 0.5, 0.0, 0.0)
    )
    content = [*basics(make, "laser"), ("/tf", tree), ("/tf", tree)]
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert recording.mount.to_array() == pytest.approx([0.4, 0.0, 0.0])


def test_a_missing_mount_is_an_error_and_may_be_given(tmp_path: Path) -> None:
    path = raw_bag(tmp_path / "run", basics(Messages(), "laser"))
    with pytest.raises(BagError, match=r"do not connect base_link with laser .* --mount x,y,yaw"):
        open_recording(path, BagTopics())
    assert open_recording(path, BagTopics(), MOUNT).mount == MOUNT


def test_the_scans_of_a_laser_upside_down_are_read_as_seen_from_above(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(1.0, ("base_link", "laser", 0.1, 0.0, math.pi))
    content = [*basics(make, "laser"), ("/tf_static", tree)]
    above = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert above.upside_down
    assert above.mount.to_array() == pytest.approx([0.1, 0.0, 0.0])
    as_told = open_recording(tmp_path / "run", BagTopics(), MOUNT)
    assert not as_told.upside_down
    for righted, told in zip(above.scans(), as_told.scans(), strict=True):
        assert righted.angles_rad() == pytest.approx(-told.angles_rad())
        np.testing.assert_array_equal(righted.ranges_m, told.ranges_m)


def test_a_laser_that_leans_is_refused(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(1.0, ("base_link", "laser", 0.1, 0.0, 0.3))
    path = raw_bag(tmp_path / "run", [*basics(make, "laser"), ("/tf_static", tree)])
    with pytest.raises(SensorError, match=r"'laser' leans by 17\.2 degrees against 'base_link'"):
        open_recording(path, BagTopics())


def test_a_laser_that_moves_is_refused(tmp_path: Path) -> None:
    make = Messages()
    turning = [
        ("/tf", make.transforms(1.0 + k, ("base_link", "laser", 0.1, 0.2 * k, 0.0)))
        for k in range(3)
    ]
    path = raw_bag(tmp_path / "run", [*basics(make, "laser"), *turning])
    with pytest.raises(BagError, match="laser moves against base_link"):
        open_recording(path, BagTopics())


def test_the_reference_may_be_a_frame(tmp_path: Path) -> None:
    make = Messages()
    content = basics(make)
    for k in range(10):
        content.append(
            ("/tf", make.transforms(1.0 + 0.1 * k, ("odom", "base_link", 0.1 * k, 0.0, 0.0)))
        )
    for k in range(6):
        content.append(("/tf", make.transforms(1.0 + 0.2 * k, ("map", "odom", 5.0, 0.01 * k, 0.0))))
    path = raw_bag(tmp_path / "run", content)
    reference = open_recording(path, BagTopics(reference="base_link")).reference
    assert reference is not None
    np.testing.assert_allclose(reference.stamps_s, 1.0 + 0.1 * np.arange(10))
    turn = 0.05 * 0.1 * np.arange(10)
    np.testing.assert_allclose(
        reference.poses[:, 0], 5.0 + np.cos(turn) * 0.1 * np.arange(10), atol=1e-9
    )


def test_a_reference_in_the_odometry_frame_is_refused(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run")
    with pytest.raises(BagError, match="odometry frame odom, which drifts"):
        open_recording(path, BagTopics(reference="/odom"))
