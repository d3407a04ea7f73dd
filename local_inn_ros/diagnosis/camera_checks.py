# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of a camera: its CameraInfo, where it is mounted, and what its pictures show."""

from __future__ import annotations

from collections.abc import Iterator

from local_inn_ros.diagnosis.facts import CAMERA, Facts
from local_inn_ros.diagnosis.findings import Finding, error, warning
from local_inn_ros.diagnosis.streams import CameraStream

_INFO_KIND = "sensor_msgs/msg/CameraInfo"
# What the node says of messages that it did not use, by the check, with what comes of it and what
# to do. The words are those of ``messages.unused.Unused``.
_UNUSED = (
    (
        "camera.exposure",
        ("too dark", "over-exposed", "a covered lens, or nothing to see"),
        "what shows nothing is no fix: the odometry carries the pose alone",
        "Take the cap off, light the room, or let the driver expose by itself (exposure, gain)",
    ),
    (
        "camera.calibration",
        (
            "no calibration of the camera",
            "a calibration that cannot be used",
            "a size that does not fit the calibration",
            "a camera that does not fit the bundle",
        ),
        "without a CameraInfo that goes with pictures and bundle none of them can be used",
        "Calibrate the camera at the size that it publishes (camera_calibration), and let its "
        "driver publish that; the node's log has both cameras' numbers where the bundle is for "
        "another one",
    ),
    (
        "camera.data",
        (
            "a picture without size or data",
            "an encoding that is not known",
            "rows that do not fit the picture",
            "a picture larger than any camera's",
            "a compressed picture that is cut off",
            "a compressed picture that cannot be decoded",
        ),
        "they are left out, and there are as many fewer fixes",
        "docs/camera.md lists what is read; what is cut off was lost on the way, over Wi-Fi above "
        "all",
    ),
)
_LOOKS_AT = "the camera looks at the"


def check_cameras(seen: Facts) -> Iterator[Finding]:
    """Look at what a camera's node hears, and at what it says of it."""
    for stream in seen.cameras:
        yield from _check_info(stream, seen)
        yield from _check_mount(stream)
    node = seen.nodes.get(CAMERA)
    if node is None or node.diagnosis is None:
        return
    for part in node.diagnosis.message.split("; "):
        if _LOOKS_AT in part:
            yield error(
                "camera.frame",
                part,
                "every fix is turned by a quarter and more, and none is right",
                "Mend header.frame_id in the driver, or the transform in the robot's description",
            )
    for check, reasons, why, mend in _UNUSED:
        said = [
            f"{reason} ({node.diagnosis.values[key]} so far)"
            for reason in reasons
            for key in (f"picture unusable: {reason}", f"camera_info unusable: {reason}")
            if key in node.diagnosis.values and key in node.diagnosis.message
        ]
        if said:
            yield error(check, f"{node.name} cannot use pictures: {', '.join(said)}", why, mend)


def _check_info(stream: CameraStream, seen: Facts) -> Iterator[Finding]:
    if stream.infos or not stream.arrivals.count:
        return
    writers = seen.topic(stream.info_topic).publishers
    what = (
        f"nothing came on {stream.info_topic} in {seen.seconds:g} s"
        if writers
        else f"nobody publishes {stream.info_topic}"
    )
    others = sorted(
        topic.name
        for topic in seen.topics.values()
        if topic.name != stream.info_topic and _INFO_KIND in topic.kinds()
    )
    hint = f": there is {', '.join(others)} (parameter camera_info_topic)" if others else ""
    yield error(
        "camera.info",
        what,
        f"pictures come on {stream.topic}, and nobody says of what camera they are",
        f"Let the driver publish its calibration beside the pictures{hint}",
    )


def _check_mount(stream: CameraStream) -> Iterator[Finding]:
    for frame, trouble in sorted(stream.mount_troubles.items()):
        yield error(
            "camera.mount",
            f"where '{frame}' is on the robot is not known",
            trouble,
            "Publish it on /tf_static: the optical frame, x right, y down, z into the picture "
            "(REP-103)",
        )
    if len(stream.arrivals.frames) > 1:
        yield warning(
            "camera.frames",
            f"pictures of several frames come on {stream.topic}: "
            f"{', '.join(sorted(stream.arrivals.frames))}",
            "they are of several cameras, and the bundle is for one",
            "Give each camera a topic of its own",
        )
