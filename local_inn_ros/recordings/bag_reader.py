# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording: the scans, odometry, mount and reference poses of a bag."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings import bag_messages
from local_inn_ros.recordings.bag_file import Bag
from local_inn_ros.recordings.frame_tree import FrameTree
from local_inn_ros.recordings.reading_order import at_one_instant_each, in_order_of_use
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.laser.laser_mount import LaserMount

_Read = TypeVar("_Read")
# A scan is put in its place in time unless it was received this many scans late.
_REORDER_DEPTH = 32


@dataclass(frozen=True, slots=True)
class BagTopics:
    """Where a bag keeps what is needed.

    Attributes:
        scan: topic of the sensor_msgs/LaserScan.
        odometry: topic of the nav_msgs/Odometry.
        reference: topic of the reference poses of the base in the map (PoseStamped,
            PoseWithCovarianceStamped or Odometry), or a TF frame to be looked up in the map frame.
        map_frame: name of the map frame.
    """

    scan: str = "/scan"
    odometry: str = "/odom"
    reference: str | None = None
    map_frame: str = "map"


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What a bag holds for localization. The scans stay on disk until they are asked for.

    Attributes:
        path: the bag.
        topics: where it keeps what.
        base_frame: the frame that odometry and reference are poses of.
        mount: pose of the laser in the base frame.
        scan_count: how many scans it holds.
        odometry: every reading, by stamp.
        reference: poses of the base in the map frame, where a reference was named.
        upside_down: whether the laser hangs upside down; ``scans`` are as seen from above.
        laser: description of the laser, which says what scans are silent about.
    """

    path: Path
    topics: BagTopics
    base_frame: str
    mount: Pose2
    scan_count: int
    odometry: tuple[Odometry, ...]
    reference: Trajectory | None
    upside_down: bool = False
    laser: LaserSpec | None = None

    def scans(self) -> Iterator[Scan]:
        """Read the scans by their stamps, as seen from above, each as if of one instant.

        Raises:
            BagError: the bag cannot be read any more.
        """
        readings = at_one_instant_each(self.readings(), self.mount)
        return (reading for reading in readings if isinstance(reading, Scan))

    def swept_scans(self) -> Iterator[Scan]:
        """Read the scans by their stamps, as seen from above, their beams one after the other.

        Raises:
            BagError: the bag cannot be read any more.
        """
        waiting: list[tuple[float, int, Scan]] = []
        mount = LaserMount(self.mount, self.upside_down)
        with Bag(self.path) as bag:
            messages = bag.messages(self.topics.scan, bag_messages.SCAN)
            for count, message in enumerate(messages):
                scan = mount.righted(bag_messages.to_scan(message, self.laser))
                heapq.heappush(waiting, (scan.stamp_s, count, scan))
                if len(waiting) > _REORDER_DEPTH:
                    yield heapq.heappop(waiting)[2]
        while waiting:
            yield heapq.heappop(waiting)[2]

    def readings(self) -> Iterator[Scan | Odometry]:
        """Read scans and odometry in the order in which a robot can use them.

        Raises:
            BagError: the bag cannot be read any more.
        """
        return in_order_of_use(self.swept_scans(), self.odometry)


def open_recording(
    path: Path, topics: BagTopics, mount: Pose2 | None = None, laser: LaserSpec | None = None
) -> Recording:
    """Read all of a bag but its scans.

    Stamps are those of the message headers: what was measured when, not what was received when.

    Args:
        path: a bag folder, or a single .mcap, .db3 or .bag file.
        topics: where it keeps what.
        mount: pose of the laser, the right way up, in the base frame; from the bag's transforms
            where left out.
        laser: description of the laser, which says what scans are silent about.

    Raises:
        BagError: the bag or a topic is missing, unreadable, empty or of another type; the laser's
            mount is neither given nor in the bag; the reference is not in the map frame.
        SensorError: the laser leans out of the plane.
    """
    with Bag(path) as bag:
        bag.require(topics.scan, bag_messages.SCAN)
        bag.require(topics.odometry, bag_messages.ODOMETRY)
        scan_frame = _scan_frame(bag, topics.scan)
        scan_count = bag.count(topics.scan)
        odometry_frame, base_frame = _odometry_frames(bag, topics.odometry)
        odometry = _read(bag, topics.odometry, (bag_messages.ODOMETRY,), bag_messages.to_odometry)
        tree = _FrameTreeOf(bag)
        if mount is None:
            placed = _find_mount(bag, tree, base_frame, scan_frame)
        else:
            placed = LaserMount(mount)
        reference = None
        if topics.reference is not None:
            reference = _find_reference(bag, tree, topics, odometry_frame)
    ordered = tuple(sorted(odometry, key=lambda reading: reading.stamp_s))
    return Recording(
        Path(path),
        topics,
        base_frame,
        placed.pose,
        scan_count,
        ordered,
        reference,
        placed.upside_down,
        laser,
    )


class _FrameTreeOf:
    """The transforms of a bag, read when first asked for."""

    def __init__(self, bag: Bag) -> None:
        self._bag = bag
        self._tree: FrameTree | None = None

    def __call__(self) -> FrameTree:
        if self._tree is None:
            self._tree = FrameTree()
            for topic in ("/tf_static", "/tf"):
                if topic in self._bag.topics:
                    self._tree.add(self._bag.messages(topic, *bag_messages.TRANSFORMS))
        return self._tree


def _read(
    bag: Bag, topic: str, types: tuple[str, ...], convert: Callable[[Any], _Read]
) -> list[_Read]:
    """Convert every message of a topic; errors name the topic and the message."""
    converted = []
    for count, message in enumerate(bag.messages(topic, *types)):
        try:
            converted.append(convert(message))
        except BagError as error:
            raise BagError(f"message {count + 1} of {topic} in {bag.path} holds {error}") from None
    if not converted:
        raise BagError(f"topic {topic} of the bag {bag.path} holds no message")
    return converted


def _scan_frame(bag: Bag, topic: str) -> str:
    message = next(bag.messages(topic, bag_messages.SCAN), None)
    if message is None:
        raise BagError(f"topic {topic} of the bag {bag.path} holds no message")
    if bag_messages.stamp_of(message) <= 0.0:
        raise BagError(f"the scans of {topic} in {bag.path} have no stamps in their headers")
    return bag_messages.frame_name(message.header.frame_id)


def _odometry_frames(bag: Bag, topic: str) -> tuple[str, str]:
    message = next(bag.messages(topic, bag_messages.ODOMETRY), None)
    if message is None:
        raise BagError(f"topic {topic} of the bag {bag.path} holds no message")
    base = bag_messages.frame_name(message.child_frame_id) or "base_link"
    return bag_messages.frame_name(message.header.frame_id), base


def _find_mount(bag: Bag, tree: _FrameTreeOf, base: str, sensor: str) -> LaserMount:
    if sensor == base:
        return LaserMount(Pose2.identity())
    if not tree().connects(base, sensor):
        known = ", ".join(tree().frames()) or "none at all"
        raise BagError(
            f"the bag {bag.path} does not say where the laser is mounted: its transforms do not "
            f"connect {base} with {sensor} (frames: {known}); give the mount by hand with "
            "--mount x,y,yaw"
        )
    return LaserMount.of(tree().mount(base, sensor))


def _find_reference(
    bag: Bag, tree: _FrameTreeOf, topics: BagTopics, odometry_frame: str
) -> Trajectory:
    name = topics.reference or ""
    if name not in bag.topics:
        frame = bag_messages.frame_name(name)
        if frame not in tree().frames():
            raise BagError(
                f"the bag {bag.path} has neither a topic nor a frame {name} for the reference; "
                f"{bag.contents()}; its frames are {', '.join(tree().frames()) or 'none'}"
            )
        return tree().way_of(frame, topics.map_frame)
    readings = _read(bag, name, bag_messages.REFERENCES, _stamped_reference)
    frame = readings[0].frame
    if frame == odometry_frame and frame != topics.map_frame:
        raise BagError(
            f"the poses of {name} are in the odometry frame {frame}, which drifts; a reference "
            f"must be in the frame {topics.map_frame}"
        )
    return Trajectory.from_unordered(
        [reading.stamp_s for reading in readings],
        np.array([reading.pose.to_array() for reading in readings]),
    )


@dataclass(frozen=True, slots=True)
class _StampedReference:
    stamp_s: float
    frame: str
    pose: Pose2


def _stamped_reference(message: Any) -> _StampedReference:
    return _StampedReference(
        bag_messages.stamp_of(message),
        bag_messages.frame_name(message.header.frame_id),
        bag_messages.reference_pose(message),
    )
