# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording: the scans, odometry, mount and reference poses of a bag."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.messages.readings import check_stamp, frame_name, to_scan, to_seconds
from local_inn_ros.messages.unused import MessageError
from local_inn_ros.recordings.bag_contents import (
    ODOMETRY,
    REFERENCES,
    SCAN,
    BagContents,
    nothing_usable,
    periods_of,
    read_contents,
)
from local_inn_ros.recordings.bag_file import Bag
from local_inn_ros.recordings.bag_frames import (
    Frames,
    empty_frames,
    find_frames,
    find_mounts,
    place_odometry,
)
from local_inn_ros.recordings.bag_reference import find_reference
from local_inn_ros.recordings.clock_steps import told_steps_back
from local_inn_ros.recordings.reading_order import at_one_instant_each, in_order_of_use
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.laser.laser_mount import LaserMount

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
        mount: pose of the laser in the base frame; of several, of the one with the most scans.
        scan_count: how many scans can be used.
        odometry: every reading, by stamp.
        reference: poses of the base in the map frame, where a reference was named.
        upside_down: whether the laser hangs upside down; ``scans`` are as seen from above.
        laser: description of the laser, which says what scans are silent about.
        mounts: of the lasers by the frames of their scans, those without a frame as well.
        newest_s: the newest stamp.
        unused: how many messages of each topic were not used, by the reason.
        notes: what a person should know of how the bag was read, a sentence each.
        set_back: topics whose clock was set back while they were recorded, a sentence each.
        periods_s: time from scan to scan by their frame; NaN where it is not known.
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
    mounts: Mapping[str, LaserMount] = field(default_factory=dict)
    newest_s: float = 0.0
    unused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    set_back: tuple[str, ...] = ()
    periods_s: Mapping[str, float] = field(default_factory=dict)

    def scans(self) -> Iterator[Scan]:
        """Read the scans by their stamps, as seen from above, each as if of one instant.

        Raises:
            BagError: the bag cannot be read any more.
        """
        readings = at_one_instant_each(self.readings(), self.mount_of)
        return (reading for reading in readings if isinstance(reading, Scan))

    def swept_scans(self) -> Iterator[Scan]:
        """Read the scans by their stamps, as seen from above, their beams one after the other.

        ``sensor`` of a scan is empty where it was taken at ``mount``, and else its frame, by which
        ``mount_of`` tells where that is.

        Raises:
            BagError: the bag cannot be read any more.
        """
        waiting: list[tuple[float, int, Scan]] = []
        for count, message in enumerate(self.scan_messages()):
            frame = frame_name(message.header.frame_id)
            mount = self.mounts[frame]
            apart = mount != LaserMount(self.mount, self.upside_down)
            period_s = self.periods_s.get(frame, math.nan)
            scan = mount.righted(to_scan(message, self.laser, period_s))
            scan = replace(scan, sensor=frame if apart else "")
            heapq.heappush(waiting, (scan.stamp_s, count, scan))
            if len(waiting) > _REORDER_DEPTH:
                yield heapq.heappop(waiting)[2]
        while waiting:
            yield heapq.heappop(waiting)[2]

    def scan_messages(self) -> Iterator[Any]:
        """Read the sensor_msgs/LaserScan messages that can be used, as they were received.

        Raises:
            BagError: the bag cannot be read any more.
        """
        with Bag(self.path) as bag:
            for _, message in bag.read({self.topics.scan: (SCAN,)}):
                known = frame_name(message.header.frame_id) in self.mounts
                if known and not self._unstamped(to_seconds(message.header.stamp)):
                    yield message

    def mount_of(self, scan: Scan) -> Pose2:
        """Return the pose of the laser that took a scan, in the base frame."""
        return self.mounts[scan.sensor].pose if scan.sensor else self.mount

    def readings(self) -> Iterator[Scan | Odometry]:
        """Read scans and odometry in the order in which a robot can use them.

        Raises:
            BagError: the bag cannot be read any more.
        """
        return in_order_of_use(self.swept_scans(), self.odometry)

    @property
    def scans_recorded(self) -> int:
        """How many scans were recorded, those that cannot be used as well."""
        return self.scan_count + sum(self.unused.get(self.topics.scan, {}).values())

    def _unstamped(self, stamp_s: float) -> bool:
        try:
            check_stamp(stamp_s, self.newest_s)
        except MessageError:
            return True
        return False


def open_recording(
    path: Path, topics: BagTopics, mount: Pose2 | None = None, laser: LaserSpec | None = None
) -> Recording:
    """Read all of a bag but its scans.

    Stamps are those of the message headers: what was measured when, not what was received when.
    Single messages that cannot be used are counted and passed over, by the rules of the nodes;
    frames are looked up for each message.

    Args:
        path: a bag folder, or a single .mcap, .db3 or .bag file.
        topics: where it keeps what.
        mount: pose of the laser, the right way up, in the base frame; from the bag's transforms
            where left out.
        laser: description of the laser, which says what scans are silent about.

    Raises:
        BagError: the bag or a topic is missing, unreadable, empty or of another type; no message of
            it can be used; the laser's mount is neither given nor in the bag; nothing connects the
            reference with the map frame.
        SensorError: the laser leans out of the plane.
    """
    with Bag(path) as bag:
        bag.require(topics.scan, SCAN)
        bag.require(topics.odometry, ODOMETRY)
        named = topics.reference
        reference_topic = named if named is not None and named in bag.topics else None
        if reference_topic is not None:
            bag.require(reference_topic, *REFERENCES)
        contents = read_contents(bag, topics.scan, topics.odometry, reference_topic)
        recording = _recording(bag, contents, topics, mount)
    return replace(recording, laser=laser)


def _recording(
    bag: Bag, contents: BagContents, topics: BagTopics, given: Pose2 | None
) -> Recording:
    tree, unused = contents.tree, contents.unused
    frames = find_frames(contents.odometry, tree, topics.map_frame)
    odometry = place_odometry(contents.odometry, tree, frames, topics.odometry, unused)
    if not odometry:
        raise BagError(nothing_usable(bag, unused, topics.odometry))
    mounts = find_mounts(contents.scans, tree, frames.base, given, topics.scan, unused)
    first = next(iter(mounts.values()))
    reference = find_reference(bag, contents, topics.reference, frames)
    return Recording(
        bag.path,
        topics,
        frames.base,
        first.pose,
        sum(one.frame in mounts for one in contents.scans),
        odometry,
        reference,
        first.upside_down,
        mounts=mounts,
        newest_s=contents.newest_s,
        periods_s=periods_of(contents.scans),
        unused=unused.by_topic(),
        notes=(*bag.notes(_read_topics(topics)), *_empty_frames(contents, topics, frames)),
        set_back=told_steps_back(
            (
                (topics.scan, (one.stamp_s for one in contents.scans)),
                (topics.odometry, (one.stamp_s for one in contents.odometry)),
                (topics.reference or "", (one.stamp_s for one in contents.reference)),
            )
        ),
    )


def _read_topics(topics: BagTopics) -> list[str]:
    return [one for one in (topics.scan, topics.odometry, topics.reference) if one is not None]


def _empty_frames(contents: BagContents, topics: BagTopics, frames: Frames) -> list[str]:
    """Say which frames are empty, and what they were taken for."""
    scans = Counter(one.frame for one in contents.scans)
    named = [frame for frame in scans if frame]
    odometry, reference = contents.odometry, contents.reference
    told = (
        (f"frame_id of {topics.scan}", scans, named[0] if named else "the laser's"),
        (f"frame_id of {topics.odometry}", Counter(one.frame for one in odometry), frames.odom),
        (
            f"child_frame_id of {topics.odometry}",
            Counter(one.child for one in odometry),
            frames.base,
        ),
        (f"frame_id of {topics.reference}", Counter(one.frame for one in reference), frames.world),
        (
            f"child_frame_id of {topics.reference}",
            Counter(one.child for one in reference if one.child is not None),
            frames.base,
        ),
    )
    return [line for what, counts, taken in told for line in empty_frames(what, counts, taken)]
