# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of one camera of a bag, with its calibration and where it is mounted."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_inn_ros.errors import BagError
from local_inn_ros.messages.camera_info import info_topic_of, is_rectified_topic, to_calibration
from local_inn_ros.messages.camera_mount import camera_mount
from local_inn_ros.messages.frame_tree import FrameTree
from local_inn_ros.messages.pictures import PictureIntake
from local_inn_ros.messages.readings import check_stamp, frame_name, to_seconds
from local_inn_ros.messages.unused import MessageError, Unused, UnusedCounts
from local_inn_ros.recordings.bag_contents import (
    TRANSFORM_TOPICS,
    TRANSFORMS,
    nothing_usable,
    take_transforms,
)
from local_inn_ros.recordings.bag_file import Bag
from local_inn_ros.recordings.bag_frames import empty_frames
from local_inn_ros.recordings.clock_steps import told_steps_back
from local_inn_ros.sensing.camera.calibration import CameraCalibration
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.laser.header_watch import period_of
from local_inn_ros.sensing.mount import Mount

PICTURES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CALIBRATION = "sensor_msgs/msg/CameraInfo"
# A picture is put in its place in time unless it was received so many pictures late.
_REORDER_DEPTH = 32


@dataclass(frozen=True, slots=True)
class PictureTopics:
    """Where a bag keeps the pictures of a camera.

    Attributes:
        picture: topic of the sensor_msgs/Image or CompressedImage.
        calibration: topic of the sensor_msgs/CameraInfo; empty for the one beside the pictures.
    """

    picture: str
    calibration: str = ""

    def calibration_topic(self) -> str:
        """Return the topic of the calibration."""
        return self.calibration or info_topic_of(self.picture)


@dataclass(slots=True)
class Told:
    """What reading pictures tells a person.

    Attributes:
        unused: those that cannot be used, counted by the reason.
        notes: of how the others were taken, a sentence each.
    """

    unused: UnusedCounts = field(default_factory=UnusedCounts)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class PictureRecording:
    """What a bag holds of one camera. The pictures stay on disk until they are asked for.

    Attributes:
        path: the bag.
        topics: where it keeps them.
        calibration: the first that can be used.
        calibration_message: the message that it is from.
        frame: that most of the pictures are told in: the camera's optical frame.
        picture_count: how many have a stamp and that frame; some may show nothing.
        newest_s: the newest stamp.
        period_s: time from picture to picture; NaN where few are told.
        tree: the transforms.
        unused: how many messages of each topic cannot be used, by the reason.
        notes: what a person should know of how the bag was read, a sentence each.
        set_back: topics whose clock was set back while they were recorded, a sentence each.
    """

    path: Path
    topics: PictureTopics
    calibration: CameraCalibration
    calibration_message: Any
    frame: str
    picture_count: int
    newest_s: float
    period_s: float
    tree: FrameTree
    unused: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...]
    set_back: tuple[str, ...]

    def pictures(self, spec: CameraSpec, told: Told, sensor: str = "") -> Iterator[Picture]:
        """Read the pictures by their stamps, as a node would take them.

        Args:
            spec: of the pictures that networks take.
            told: takes what a person should know of those that cannot be used, beyond what is in
                ``unused``, and of how the others were taken.
            sensor: name of the camera, as the bundle has it.

        Raises:
            BagError: the bag cannot be read any more.
        """
        intake = PictureIntake(spec, sensor, is_rectified_topic(self.topics.picture))
        intake.take_calibration(self.calibration_message)
        waiting: list[tuple[float, int, Picture]] = []
        try:
            for count, message in enumerate(self._messages(intake)):
                try:
                    picture = intake.to_picture(message)
                except MessageError as error:
                    told.unused.add(self.topics.picture, error)
                    continue
                heapq.heappush(waiting, (picture.stamp_s, count, picture))
                if len(waiting) > _REORDER_DEPTH:
                    yield heapq.heappop(waiting)[2]
            while waiting:
                yield heapq.heappop(waiting)[2]
        finally:
            # Also where nobody wants the rest.
            told.notes += intake.notes

    def mount(self, base: str) -> Mount:
        """Return where the camera's optical frame is on the base, by the bag's transforms.

        ``sensing.camera.optical_frame.ceiling_warning`` says whether that looks wrong.

        Raises:
            FrameError: no transform connects the two, or one moves against the other.
            SensorError: that is on no robot.
        """
        return camera_mount(self.tree, base, self.frame)

    def _messages(self, intake: PictureIntake) -> Iterator[Any]:
        """Read the messages of pictures; what the camera is like goes to who takes them."""
        info = self.topics.calibration_topic()
        with Bag(self.path) as bag:
            for topic, message in bag.read({self.topics.picture: PICTURES, info: (CALIBRATION,)}):
                if topic == info:
                    # Those that cannot be used were counted when the bag was opened.
                    with suppress(MessageError):
                        intake.take_calibration(message)
                elif _fault(_Head.of(message), self.frame, self.newest_s) is None:
                    yield message


def open_pictures(path: Path, topics: PictureTopics) -> PictureRecording:
    """Read all of a bag that is of one camera, but what its pictures show.

    Args:
        path: a bag folder, or a single .mcap, .db3 or .bag file.
        topics: where it keeps what.

    Raises:
        BagError: the bag or a topic is missing, unreadable, empty or of another type; no picture or
            no calibration in it can be used.
    """
    info, picture = topics.calibration_topic(), topics.picture
    with Bag(path) as bag:
        bag.require(picture, *PICTURES)
        bag.require(info, CALIBRATION)
        wanted: dict[str, tuple[str, ...]] = {picture: PICTURES, info: (CALIBRATION,)}
        wanted.update({topic: TRANSFORMS for topic in TRANSFORM_TOPICS if topic in bag.topics})
        tree, heads = FrameTree(), []
        first: tuple[CameraCalibration, Any] | None = None
        for topic, message in bag.read(wanted):
            try:
                if topic == picture:
                    heads.append(_Head.of(message))
                elif topic == info:
                    read = to_calibration(message, is_rectified_topic(picture))
                    first = first or (read, message)
                else:
                    take_transforms(tree, bag.unused, topic, message)
            except MessageError as error:
                bag.unused.add(topic, error)
        for topic in wanted:
            bag.check_delivered(topic, fatal=topic not in TRANSFORM_TOPICS)
        if first is None:
            raise BagError(nothing_usable(bag, bag.unused, info))
        return _recording(bag, topics, heads, first, tree)


def only_picture_topic(path: Path) -> str:
    """Return the topic of the only camera in a bag that is calibrated.

    Where a camera's pictures are there both plain and compressed, that is the plain ones'.

    Raises:
        BagError: it is no bag, or there is no such camera in it, or there are several.
    """
    with Bag(path) as bag:
        cameras: dict[str, str] = {}
        # Plain ones come first: their name is the beginning of the others'.
        for topic, kind in sorted(bag.topics.items()):
            info = info_topic_of(topic)
            if kind in PICTURES and bag.topics.get(info) == CALIBRATION:
                cameras.setdefault(info, topic)
        contents = bag.contents()
    if not cameras:
        raise BagError(f"the bag {path} has no pictures with a camera_info beside them; {contents}")
    if len(cameras) > 1:
        raise BagError(
            f"the bag {path} has pictures of {len(cameras)} cameras: name one with "
            f"--image-topic, {' or '.join(cameras.values())}"
        )
    return next(iter(cameras.values()))


@dataclass(frozen=True, slots=True)
class _Head:
    """What the header of a picture says."""

    stamp_s: float
    frame: str

    @staticmethod
    def of(message: Any) -> _Head:
        return _Head(to_seconds(message.header.stamp), frame_name(message.header.frame_id))


def _recording(
    bag: Bag,
    topics: PictureTopics,
    heads: Sequence[_Head],
    first: tuple[CameraCalibration, Any],
    tree: FrameTree,
) -> PictureRecording:
    named = Counter(head.frame for head in heads if head.frame)
    frame = named.most_common(1)[0][0] if named else ""
    newest_s = max((head.stamp_s for head in heads), default=0.0)
    faults = [_fault(head, frame, newest_s) for head in heads]
    for error in faults:
        if error is not None:
            bag.unused.add(topics.picture, error)
    if all(faults):
        raise BagError(nothing_usable(bag, bag.unused, topics.picture))
    empty = Counter(head.frame for head in heads)
    return PictureRecording(
        path=bag.path,
        topics=topics,
        calibration=first[0],
        calibration_message=first[1],
        frame=frame,
        picture_count=faults.count(None),
        newest_s=newest_s,
        period_s=period_of(sorted(one.stamp_s for one in heads)),
        tree=tree,
        unused=bag.unused.by_topic(),
        notes=(
            *bag.notes([topics.picture]),
            *empty_frames(f"frame_id of {topics.picture}", empty, frame or "the camera's"),
        ),
        set_back=told_steps_back([(topics.picture, (head.stamp_s for head in heads))]),
    )


def _fault(head: _Head, frame: str, newest_s: float) -> MessageError | None:
    """Return why a picture is of no use, by its header; None where it is of use."""
    if head.frame not in ("", frame):
        return MessageError(
            f"the picture is told in '{head.frame}', not in '{frame}'", Unused.FRAME
        )
    try:
        check_stamp(head.stamp_s, newest_s)
    except MessageError as error:
        return error
    return None
