# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the base was by a reference in a bag, with scans beside it or without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from local_inn_ros.errors import BagError
from local_inn_ros.messages.readings import frame_name
from local_inn_ros.messages.unused import unused_in_words
from local_inn_ros.recordings.bag_contents import (
    BASES,
    ODOMETRY,
    REFERENCES,
    BagContents,
    nothing_usable,
    read_contents,
)
from local_inn_ros.recordings.bag_file import Bag
from local_inn_ros.recordings.bag_frames import Frames, find_frames, frame_way, place_reference
from local_inn_ros.recordings.clock_steps import told_steps_back
from local_inn_ros.recordings.trajectory import Trajectory


@dataclass(frozen=True, slots=True, eq=False)
class BagReference:
    """What a bag tells of where the base was.

    Attributes:
        base_frame: that the poses are of.
        path: poses of the base in the map frame.
        unused: lines on messages that were not used, and on how the bag was read.
    """

    base_frame: str
    path: Trajectory
    unused: tuple[str, ...]


def open_reference(path: Path, reference: str, odometry_topic: str, map_frame: str) -> BagReference:
    """Read where the base was by a reference; the bag needs no scans, and no odometry.

    Args:
        path: a bag folder, or a single .mcap, .db3 or .bag file.
        reference: topic of the poses, or a TF frame (see ``BagTopics``).
        odometry_topic: of odometry, whose frames tell what the base is called, where it is there.
        map_frame: name of the map frame.

    Raises:
        BagError: the bag or the reference is missing or unreadable, nothing connects it with the
            map frame, or a clock was set back: which pose is whose is then not known.
    """
    with Bag(path) as bag:
        topic = reference if reference in bag.topics else None
        if topic is not None:
            bag.require(topic, *REFERENCES)
        told = odometry_topic if bag.topics.get(odometry_topic) == ODOMETRY else None
        contents = read_contents(bag, None, told, topic)
        frames = _frames(contents, map_frame)
        found = find_reference(bag, contents, reference, frames)
        stamps_s = (one.stamp_s for one in contents.reference)
        for step in told_steps_back([(reference, stamps_s)]):
            raise BagError(f"{path} is not learned from: {step}")
        unused = (
            *bag.notes([topic] if topic else []),
            *unused_in_words(contents.unused.by_topic()),
        )
    assert found is not None, "a reference was named"
    return BagReference(frames.base, found, unused)


def find_reference(
    bag: Bag, contents: BagContents, reference: str | None, frames: Frames
) -> Trajectory | None:
    """Return the way of the base in the map by a reference; None where none is named.

    Args:
        bag: the open bag.
        contents: of it.
        reference: topic or frame.
        frames: that all is told in.

    Raises:
        BagError: it is not in the bag, or nothing of it can be placed in the map.
    """
    tree = contents.tree
    if reference is None:
        return None
    if reference not in bag.topics:
        frame = frame_name(reference)
        if frame not in tree.frames():
            raise BagError(
                f"the bag {bag.path} has neither a topic nor a frame {reference} for the "
                f"reference; {bag.contents()}; its frames are "
                f"{', '.join(tree.frames()) or 'none'}"
            )
        return frame_way(tree, frame, frames)
    found = place_reference(contents.reference, tree, frames, reference, contents.unused)
    if found is None:
        raise BagError(nothing_usable(bag, contents.unused, reference))
    return found


def _frames(contents: BagContents, map_frame: str) -> Frames:
    """Find out what the base is called, by the odometry or, without any, by the transforms."""
    frames = find_frames(contents.odometry, contents.tree, map_frame)
    if contents.odometry:
        return frames
    known = (one for name in BASES for one in contents.tree.frames() if one.split("/")[-1] == name)
    return replace(frames, base=next(known, frames.base))
