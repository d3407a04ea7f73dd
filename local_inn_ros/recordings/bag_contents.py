# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All that a bag holds for localization but the ranges, read in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError
from local_inn_ros.messages.frame_tree import FrameTree, transform_matrix
from local_inn_ros.messages.readings import check_stamp, frame_name, to_odometry, to_seconds
from local_inn_ros.messages.unused import MessageError, UnusedCounts
from local_inn_ros.recordings.bag_file import Bag
from local_inn_ros.sensing import Odometry
from local_inn_ros.sensing.laser.header_watch import period_of

SCAN = "sensor_msgs/msg/LaserScan"
ODOMETRY = "nav_msgs/msg/Odometry"
REFERENCES = (
    "geometry_msgs/msg/PoseStamped",
    "geometry_msgs/msg/PoseWithCovarianceStamped",
    ODOMETRY,
)
TRANSFORMS = ("tf2_msgs/msg/TFMessage", "tf/msg/tfMessage")
TRANSFORM_TOPICS = ("/tf_static", "/tf")
# These lie above each other.
BASES = ("base_link", "base_footprint")


@dataclass(frozen=True, slots=True)
class ScanHead:
    """What a scan's header says."""

    stamp_s: float
    frame: str


@dataclass(frozen=True, slots=True, eq=False)
class ToldOdometry:
    """An odometry reading in the frames that it is told in.

    Attributes:
        reading: as it is told, seen from above.
        frame: that it is told in.
        child: that it is of.
        message: in space, where that may be needed; None where the robot's base is told of.
    """

    reading: Odometry
    frame: str
    child: str
    message: Any

    @property
    def stamp_s(self) -> float:
        """When it was valid."""
        return self.reading.stamp_s


@dataclass(frozen=True, slots=True, eq=False)
class ToldPose:
    """A reference pose as it is told.

    Attributes:
        stamp_s: when.
        frame: that it is told in.
        child: that it is the pose of; None where the message does not say.
        matrix: the pose (4, 4).
    """

    stamp_s: float
    frame: str
    child: str | None
    matrix: NDArray[np.float64]


@dataclass(slots=True)
class BagContents:
    """What was read.

    Attributes:
        scans: heads of all scans with a stamp.
        odometry: all readings that can be read.
        reference: all poses that can be read.
        tree: the transforms.
        unused: what was not used so far.
        newest_s: the newest stamp of scans and odometry; where neither was asked for, of the
            reference.
    """

    unused: UnusedCounts
    scans: list[ScanHead] = field(default_factory=list)
    odometry: list[ToldOdometry] = field(default_factory=list)
    reference: list[ToldPose] = field(default_factory=list)
    tree: FrameTree = field(default_factory=FrameTree)
    newest_s: float = 0.0


def read_contents(
    bag: Bag, scan_topic: str | None, odometry_topic: str | None, reference_topic: str | None
) -> BagContents:
    """Read a bag.

    Args:
        bag: the bag.
        scan_topic: of the scans; of a type that will do, as the odometry's and reference's. None
            where none are needed.
        odometry_topic: of the odometry; None for none.
        reference_topic: of reference poses; None for none.

    Raises:
        BagError: a topic holds no message that can be used, or fewer than are said to be there.
    """
    contents = BagContents(bag.unused)
    wanted: dict[str, tuple[str, ...]] = {}
    if scan_topic is not None:
        wanted[scan_topic] = (SCAN,)
    if odometry_topic is not None:
        wanted[odometry_topic] = (ODOMETRY,)
    if reference_topic is not None:
        wanted[reference_topic] = (*wanted.get(reference_topic, ()), *REFERENCES)
    wanted.update({topic: TRANSFORMS for topic in TRANSFORM_TOPICS if topic in bag.topics})
    for topic, message in bag.read(wanted):
        if topic in TRANSFORM_TOPICS:
            take_transforms(contents.tree, contents.unused, topic, message)
            continue
        try:
            if topic == scan_topic:
                contents.scans.append(_scan_head(message))
            if topic == odometry_topic:
                contents.odometry.append(_told_odometry(message))
            if topic == reference_topic:
                contents.reference.append(_told_pose(message))
        except MessageError as error:
            contents.unused.add(topic, error)
    _drop_unstamped(contents, scan_topic, odometry_topic, reference_topic)
    for topic in wanted:
        # Transforms that are needed and missing are found out by whoever needs them.
        bag.check_delivered(topic, fatal=topic not in TRANSFORM_TOPICS)
    found: Iterable[tuple[str | None, int]] = (
        (scan_topic, len(contents.scans)),
        (odometry_topic, len(contents.odometry)),
        (reference_topic, len(contents.reference)),
    )
    for topic_name, count in found:
        if topic_name is not None and not count:
            raise BagError(nothing_usable(bag, contents.unused, topic_name))
    return contents


def nothing_usable(bag: Bag, unused: UnusedCounts, topic: str) -> str:
    """Say why nothing of a topic can be used."""
    if not unused.of(topic):
        read = ""
        if bag.notes([topic]):
            read = f" that can be read: {'; '.join(bag.notes([topic]))}"
        return f"topic {topic} of the bag {bag.path} holds no message{read}"
    return (
        f"not one of the {bag.delivered[topic]} messages of {topic} in {bag.path} can be used: "
        f"{unused.in_words(topic)}"
    )


def _scan_head(message: Any) -> ScanHead:
    return ScanHead(to_seconds(message.header.stamp), frame_name(message.header.frame_id))


def is_base(frame: str) -> bool:
    """Tell whether a frame is a robot's base, by its name (REP-105, REP-120)."""
    return frame.split("/")[-1] in BASES


def _told_odometry(message: Any) -> ToldOdometry:
    reading, child = to_odometry(message), frame_name(message.child_frame_id)
    # An hour of messages is a gigabyte.
    kept = None if not child or is_base(child) else message
    return ToldOdometry(reading, frame_name(message.header.frame_id), child, kept)


def _told_pose(message: Any) -> ToldPose:
    pose = message.pose.pose if hasattr(message.pose, "pose") else message.pose
    child = getattr(message, "child_frame_id", None)
    return ToldPose(
        to_seconds(message.header.stamp),
        frame_name(message.header.frame_id),
        None if child is None else frame_name(child),
        transform_matrix(pose.position, pose.orientation),
    )


def take_transforms(tree: FrameTree, unused: UnusedCounts, topic: str, message: Any) -> None:
    """Take in the transforms of a message; those that cannot be used are counted."""
    for stamped in message.transforms:
        try:
            tree.add(stamped)
        except MessageError as error:
            unused.add(topic, error)


def _drop_unstamped(
    contents: BagContents,
    scan_topic: str | None,
    odometry_topic: str | None,
    reference_topic: str | None,
) -> None:
    """Drop what has no stamp, by the newest stamp that there is."""
    stamps = [one.stamp_s for one in contents.scans] + [one.stamp_s for one in contents.odometry]
    contents.newest_s = max(stamps or [one.stamp_s for one in contents.reference], default=0.0)
    told: tuple[tuple[str | None, list[Any]], ...] = (
        (scan_topic, contents.scans),
        (odometry_topic, contents.odometry),
        (reference_topic, contents.reference),
    )
    for topic, readings in told:
        kept = []
        for one in readings:
            try:
                check_stamp(one.stamp_s, contents.newest_s)
            except MessageError as error:
                contents.unused.add(topic or "", error)
            else:
                kept.append(one)
        readings[:] = kept


def periods_of(scans: Sequence[ScanHead]) -> dict[str, float]:
    """Return the time from scan to scan (s) by their frame; NaN where few are told."""
    stamps_s: dict[str, list[float]] = {}
    for one in scans:
        stamps_s.setdefault(one.frame, []).append(one.stamp_s)
    return {frame: period_of(sorted(told)) for frame, told in stamps_s.items()}
