# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of cameras."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from doctor_patients import DRIVE_S, START_S, arrivals, healthy, node, topic

from local_inn_ros.diagnosis.checks import examine
from local_inn_ros.diagnosis.facts import Diagnosis, Facts
from local_inn_ros.diagnosis.findings import Finding, Severity
from local_inn_ros.diagnosis.streams import CameraStream

IMAGE, INFO = "sensor_msgs/msg/Image", "sensor_msgs/msg/CameraInfo"
NAME = "/camera_localizer"


def with_camera(age_s: float = 0.02, infos: int = 50, **stream: Any) -> Facts:
    """A robot with laser and camera, and nothing wrong."""
    seen = healthy()
    stamps = START_S + np.arange(0.0, DRIVE_S, 1 / 30)
    told = CameraStream(
        "/image_raw",
        "/camera_info",
        arrivals(stamps.tolist(), "camera_optical_frame", age_s),
        infos,
        **stream,
    )
    topics = {
        **seen.topics,
        "/image_raw": topic("/image_raw", IMAGE, ["/driver"], [NAME], reliable=False),
        "/camera_info": topic("/camera_info", INFO, ["/driver"], [NAME], reliable=False),
    }
    return replace(
        seen,
        all_nodes=(*seen.all_nodes, NAME),
        nodes={**seen.nodes, "camera_localizer": node(NAME, "fixes are made", quality="0.97")},
        names=replace(seen.names, pictures=("/image_raw",), camera_infos=("/camera_info",)),
        topics=topics,
        cameras=(told,),
    )


def saying(seen: Facts, message: str, values: dict[str, str]) -> Facts:
    """What is seen where the camera's node says something."""
    changed = replace(seen.nodes["camera_localizer"], diagnosis=Diagnosis(2, message, values))
    return replace(seen, nodes={**seen.nodes, "camera_localizer": changed})


def found(seen: Facts) -> dict[str, Finding]:
    return {one.check: one for one in examine(seen).findings}


def test_camera_beside_a_laser_has_nothing_wrong() -> None:
    assert found(with_camera()) == {}


def test_camera_alone_needs_no_laser() -> None:
    seen = with_camera()
    nodes = {name: one for name, one in seen.nodes.items() if name != "lidar_localizer"}
    gone = ("/scan", "/lidar_localizer/measurement")
    topics = {name: one for name, one in seen.topics.items() if name not in gone}
    alone = replace(
        seen, nodes=nodes, scans=(), names=replace(seen.names, scans=()), topics=topics, bundle=None
    )
    assert found(alone) == {}


@pytest.mark.parametrize("age_s", [0.7, -0.7])
def test_stamps_that_are_late_or_ahead(age_s: float) -> None:
    told = found(with_camera(age_s=age_s))
    assert told["camera.age"].severity is Severity.ERROR
    assert ("old" if age_s > 0 else "ahead") in told["camera.age"].what
    assert "/image_raw" in told["clock.apart"].what


def test_camera_info_that_nobody_publishes_is_told_with_those_there_are() -> None:
    seen = with_camera(infos=0)
    topics = {name: one for name, one in seen.topics.items() if name != "/camera_info"}
    topics["/front/camera_info"] = topic("/front/camera_info", INFO, ["/driver"], [])
    told = found(replace(seen, topics=topics))["camera.info"]
    assert told.what == "nobody publishes /camera_info"
    assert "/front/camera_info" in told.mend


def test_camera_that_is_nowhere_on_the_robot() -> None:
    told = found(with_camera(mount_troubles={"camera_optical_frame": "no static transform"}))
    assert "'camera_optical_frame'" in told["camera.mount"].what


@pytest.mark.parametrize(
    ("reason", "check"),
    [
        ("too dark", "camera.exposure"),
        ("a covered lens, or nothing to see", "camera.exposure"),
        ("a camera that does not fit the bundle", "camera.calibration"),
        ("a compressed picture that is cut off", "camera.data"),
    ],
)
def test_what_the_node_does_not_use_is_explained(reason: str, check: str) -> None:
    key = f"picture unusable: {reason}"
    message = f"pictures come, and none can be used; {key} (30 times)"
    told = found(saying(with_camera(), message, {key: "120"}))
    assert f"{reason} (120 so far)" in told[check].what
    # Once, and not in the node's words as well.
    assert set(told) == {check}


def test_body_frame_is_told() -> None:
    message = "by the transform from 'base_link' to 'camera_link' the camera looks at the ceiling"
    told = found(saying(with_camera(), message, {}))
    assert set(told) == {"camera.frame"}
