# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `local-inn train` learns from of a bag with pictures: where each of them was taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.options import open_bag
from local_inn_ros.cli.output import progress_bar, say
from local_inn_ros.cli.verdict_lines import print_verdict
from local_inn_ros.errors import BagError, LocalInnError
from local_inn_ros.evaluation.localized_way import localized_way
from local_inn_ros.messages.unused import unused_in_words
from local_inn_ros.recordings.bag_pictures import (
    PictureRecording,
    PictureTopics,
    only_picture_topic,
    open_pictures,
)
from local_inn_ros.recordings.bag_reference import open_reference
from local_inn_ros.recordings.base_way import BaseWay, ReferenceWay
from local_inn_ros.recordings.posed_bag_pictures import learnable_pictures
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.fitted_spec import fitted_spec, usual_size
from local_inn_ros.sensing.camera.optical_frame import ceiling_warning
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.sensing.sensor_kinds import load_camera_spec
from local_inn_ros.systems.registry import load_bundle

# Of a camera whose pictures are too few to tell.
_USUAL_RATE_HZ = 30.0


@dataclass(frozen=True, slots=True)
class PicturesOfBag:
    """What a person says of a bag with pictures.

    Attributes:
        bag: the recording; None where a folder of pictures is learned from.
        image_topic: topic of the pictures; None for the only ones.
        sensor: description of the pictures that networks take; None for what suits the camera.
        localize_with: bundle of the laser that tells the poses; None where a reference does.
        reference: topic or frame of true poses; None where a laser tells them.
        scan_topic: of the laser.
        odom_topic: of the odometry.
        mount: pose of the laser, where the recording does not say it.
        map_frame: name of the map frame in the recording.
    """

    bag: Path | None
    image_topic: str | None
    sensor: Path | None
    localize_with: Path | None
    reference: str | None
    scan_topic: str
    odom_topic: str
    mount: str | None
    map_frame: str


def pictures_of_bag(bag: Path, told: PicturesOfBag, multiple: int, folder: Path) -> PosedPictures:
    """Return the pictures of a bag that can be learned from; say which are left out, and why.

    Args:
        bag: the recording.
        told: what in it is what, and what tells the poses.
        multiple: width and height of pictures are multiples of so many pixels.
        folder: an empty one, for the pictures.

    Raises:
        LocalInnError: the bag cannot be read, or not be learned from.
    """
    _check_one_tells_poses(told)
    topic = told.image_topic or only_picture_topic(bag)
    recording = open_pictures(bag, PictureTopics(topic))
    for line in (*recording.notes, *unused_in_words(_others(recording, topic))):
        say(line, style="yellow")
    camera = _camera(told, recording, multiple)
    base, way = _way(bag, told)
    mount = recording.mount(base)
    if warning := ceiling_warning(mount):
        say(warning, style="yellow")
    with progress_bar() as progress:
        task = progress.add_task("pictures", total=recording.picture_count)
        found = learnable_pictures(
            recording, camera, mount, way, folder, lambda: progress.advance(task)
        )
    for line in found.in_words():
        say(line, style="yellow")
    return found.posed


def _check_one_tells_poses(told: PicturesOfBag) -> None:
    if told.localize_with is None and told.reference is None:
        raise LocalInnError(
            "nothing tells where the pictures of the bag were taken: name the bundle of the "
            "robot's laser with --localize-with, or true poses with --reference"
        )
    if told.localize_with is not None and told.reference is not None:
        raise LocalInnError(
            "where the pictures were taken is told by one alone: leave out --localize-with or "
            "--reference"
        )


def _others(recording: PictureRecording, topic: str) -> dict[str, dict[str, int]]:
    """Return what was not used of other topics; pictures are counted with their poses."""
    return {name: dict(why) for name, why in recording.unused.items() if name != topic}


def _camera(told: PicturesOfBag, recording: PictureRecording, multiple: int) -> CameraSpec:
    if told.sensor is not None:
        return load_camera_spec(told.sensor)
    period_s = recording.period_s
    rate_hz = 1.0 / period_s if math.isfinite(period_s) and period_s > 0.0 else _USUAL_RATE_HZ
    size = usual_size(recording.calibration, multiple)
    return fitted_spec(recording.calibration, size, rate_hz=rate_hz)


def _way(bag: Path, told: PicturesOfBag) -> tuple[str, BaseWay]:
    """Return the frame of the base, and where it was."""
    if told.reference is not None:
        known = open_reference(bag, told.reference, told.odom_topic, told.map_frame)
        for line in known.unused:
            say(line, style="yellow")
        return known.base_frame, ReferenceWay(known.path)
    assert told.localize_with is not None, "one of both was asked for"
    return _localized(bag, told, load_bundle(told.localize_with))


def _localized(bag: Path, told: PicturesOfBag, laser: Bundle) -> tuple[str, BaseWay]:
    recording = open_bag(
        bag,
        told.scan_topic,
        told.odom_topic,
        None,
        told.mount,
        laser.description.laser,
        told.map_frame,
    )
    if recording.set_back:
        raise BagError(f"{bag} is not learned from: {recording.set_back[0]}")
    with progress_bar() as progress:
        task = progress.add_task("localizing", total=recording.scan_count)
        way, verdict = localized_way(laser, recording, lambda: progress.advance(task))
    print_verdict(verdict)
    return recording.base_frame, way
