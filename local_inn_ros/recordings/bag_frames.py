# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the frames of a bag's messages are to each other: base, mounts, odometry, reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError, LocalInnError
from local_inn_ros.filtering.stamps_ahead import stamped_ahead
from local_inn_ros.geometry import Pose2
from local_inn_ros.messages.frame_tree import FrameError, FrameTree, planar
from local_inn_ros.messages.placing import OdometryPlace, odometry_place
from local_inn_ros.messages.unused import MessageError, Unused, UnusedCounts
from local_inn_ros.recordings.bag_contents import (
    BASES,
    ScanHead,
    ToldOdometry,
    ToldPose,
    is_base,
)
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.sensing.mount import Mount

_DEFAULT_ODOM = "odom"


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames that all is told in.

    Attributes:
        base: of the robot.
        odom: of its odometry.
        world: of the map.
    """

    base: str
    odom: str
    world: str


def find_frames(odometry: Sequence[ToldOdometry], tree: FrameTree, world: str) -> Frames:
    """Find out what base and odometry frame are called in a recording.

    The base is what the odometry is of; where that is something on the robot, such as an IMU, it is
    the ``base_link`` or ``base_footprint`` that the transforms place there.
    """
    named = Counter(one.child for one in odometry if one.child)
    children = [name for name, _ in named.most_common()]
    base = next((name for name in children if is_base(name)), None)
    if base is None and children:
        base = next(
            (
                frame
                for wanted in BASES
                for frame in tree.frames()
                if frame.split("/")[-1] == wanted and _fixed_to(tree, frame, children[0])
            ),
            children[0],
        )
    frames = Counter(one.frame for one in odometry if one.frame).most_common(1)
    return Frames(base or BASES[0], frames[0][0] if frames else _DEFAULT_ODOM, world)


def place_odometry(
    odometry: Sequence[ToldOdometry],
    tree: FrameTree,
    frames: Frames,
    topic: str,
    unused: UnusedCounts,
) -> tuple[Odometry, ...]:
    """Return the readings of the base in the odometry frame, by stamp; the others are counted."""
    own, readings = (frames.odom, frames.base), []
    odometry = _stamped_in_time(odometry, topic, unused)
    for told in dict.fromkeys((one.frame, one.child) for one in odometry):
        group = [one for one in odometry if (one.frame, one.child) == told]
        try:
            place = odometry_place(tree, told, own)
        except MessageError as error:
            for _ in group:
                unused.add(topic, error)
            continue
        readings += [_placed_reading(one, place) for one in group]
    return tuple(sorted(readings, key=lambda reading: reading.stamp_s))


def _stamped_in_time(
    odometry: Sequence[ToldOdometry], topic: str, unused: UnusedCounts
) -> list[ToldOdometry]:
    """Return those that were not stamped ahead, as the filter goes by (``count_ahead``)."""
    ahead = stamped_ahead([one.stamp_s for one in odometry])
    for _ in ahead:
        unused.add(topic, MessageError("stamped ahead", Unused.AHEAD))
    return [one for index, one in enumerate(odometry) if index not in ahead]


def _placed_reading(told: ToldOdometry, place: OdometryPlace | None) -> Odometry:
    if place is None:
        return told.reading
    if told.message is None:
        return place.placed_in_plane(told.reading)
    return place.placed(told.message)


def find_mounts(
    scans: Sequence[ScanHead],
    tree: FrameTree,
    base: str,
    given: Pose2 | None,
    topic: str,
    unused: UnusedCounts,
) -> dict[str, LaserMount]:
    """Return how the laser of each frame is mounted, that of the most scans first.

    Args:
        scans: what their headers say. Those without a frame are of the first frame that is named.
        tree: the transforms.
        base: of the robot.
        given: the mount, right way up, of the frame of the most scans; None where it is not given.
        topic: of the scans.
        unused: counts the scans of other frames whose mount is not known or of no use.

    Raises:
        BagError: not one mount is known.
        SensorError: the only laser leans out of the plane.
    """
    counts = Counter(one.frame for one in scans if one.frame)
    order = [frame for frame, _ in counts.most_common()] or [""]
    mounts: dict[str, LaserMount] = {}
    troubles: list[LocalInnError] = []
    for frame in order:
        try:
            if given is not None and frame == order[0]:
                mounts[frame] = LaserMount(given)
            else:
                mounts[frame] = _mount(tree, base, frame)
        except LocalInnError as error:
            troubles.append(error)
            reason = Unused.FRAME if isinstance(error, BagError) else Unused.MOUNT
            for _ in range(counts[frame]):
                unused.add(topic, MessageError(str(error), reason))
    if not mounts:
        raise troubles[0]
    if "" not in mounts:
        mounts[""] = mounts.get(order[0]) or next(iter(mounts.values()))
    return mounts


def _mount(tree: FrameTree, base: str, frame: str) -> LaserMount:
    if frame == base:
        return LaserMount(Pose2.identity())
    if not frame:
        raise BagError(
            "the scans do not say in which frame they are: their driver must fill in "
            "header.frame_id; give the mount by hand with --mount x,y,yaw"
        )
    if not tree.connects(base, frame):
        known = ", ".join(tree.frames()) or "none at all"
        raise BagError(
            f"the bag does not say where the laser is mounted: its transforms do not connect {base}"
            f" with {frame} (frames: {known}); give the mount by hand with --mount x,y,yaw"
        )
    try:
        return LaserMount.of(Mount(tree.fixed_pose(frame, base), base, frame))
    except FrameError as error:
        raise BagError(f"{error}") from None


def frame_way(tree: FrameTree, frame: str, frames: Frames) -> Trajectory:
    """Return the way of the base in the map, from transforms of a frame on it.

    Raises:
        BagError: nothing connects the two, or nothing at the same time.
    """
    try:
        stamps = tree.stamps_of(frame, frames.world)
        poses = tree.poses(frame, frames.world, stamps)
        poses = poses @ _base_in(tree, frame, frames, stamps)
    except (FrameError, MessageError) as error:
        raise BagError(f"the bag's transforms do not tell the reference {frame}: {error}") from None
    return _trajectory(
        stamps, poses, f"the transforms from {frames.world} to {frame} never overlap in time"
    )


def place_reference(
    told: Sequence[ToldPose],
    tree: FrameTree,
    frames: Frames,
    topic: str,
    unused: UnusedCounts,
) -> Trajectory | None:
    """Return the way of the base in the map; what cannot be placed there is counted.

    None where nothing can be placed.
    """
    stamps, poses = [], []
    for key in dict.fromkeys((one.frame, one.child) for one in told):
        group = [one for one in told if (one.frame, one.child) == key]
        when = np.array([one.stamp_s for one in group])
        try:
            placed = _placed(group, key, tree, frames, topic, when)
        except MessageError as error:
            for _ in group:
                unused.add(topic, error)
            continue
        known = np.isfinite(placed).all(axis=(1, 2))
        for one in when[~known]:
            text = f"at {one:.3f} s no transform from '{key[0]}' to '{frames.world}' is known"
            unused.add(topic, MessageError(text, Unused.FRAME))
        stamps.append(when[known])
        poses.append(placed[known])
    if not stamps or not sum(map(len, stamps)):
        return None
    return Trajectory.from_unordered(np.concatenate(stamps), planar(np.concatenate(poses)))


def _placed(
    group: Sequence[ToldPose],
    key: tuple[str, str | None],
    tree: FrameTree,
    frames: Frames,
    topic: str,
    stamps_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return poses (n, 4, 4) of the base in the map.

    Raises:
        MessageError: nothing connects the frames.
    """
    frame, child = key
    poses = np.array([one.matrix for one in group])
    if child:
        poses = poses @ _base_in(tree, child, frames, stamps_s)
    if frame in ("", frames.world):
        return poses
    try:
        placed: NDArray[np.float64] = tree.poses(frame, frames.world, stamps_s) @ poses
    except FrameError as error:
        drifts = f", the odometry frame {frame}, which drifts" if frame == frames.odom else ""
        raise MessageError(
            f"the reference {topic} is in frame '{frame}'{drifts}: {error}; if that is the frame "
            f"of the map, say so with --map-frame {frame}",
            Unused.FRAME,
        ) from None
    return placed


def _base_in(
    tree: FrameTree, frame: str, frames: Frames, stamps_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the base is in a frame on the robot (n, 4, 4).

    Raises:
        MessageError: nothing on the robot connects the two.
    """
    base = frames.base
    if frame != base and tree.meets_below(frame, base, (frames.odom, frames.world)):
        return tree.poses(base, frame, stamps_s)
    # Where nothing says otherwise, these two lie above each other.
    bases = is_base(frame) and is_base(base) and not tree.connects(frame, base)
    if frame == base or bases:
        return np.tile(np.eye(4), (len(stamps_s), 1, 1))
    raise MessageError(
        f"the reference is of '{frame}', and no transform on the robot connects that with "
        f"'{frames.base}'{tree.torn(frame, base)}: record where it is mounted on /tf_static; "
        f"{tree.in_words()}",
        Unused.FRAME,
    )


def _trajectory(
    stamps_s: NDArray[np.float64], poses: NDArray[np.float64], otherwise: str
) -> Trajectory:
    known = np.isfinite(poses).all(axis=(1, 2))
    if not known.any():
        raise BagError(otherwise)
    return Trajectory.from_unordered(stamps_s[known], planar(poses[known]))


def _fixed_to(tree: FrameTree, frame: str, other: str) -> bool:
    try:
        tree.fixed_pose(frame, other)
    except FrameError:
        return False
    return True


def empty_frames(what: str, counts: Mapping[str, int], taken_for: str) -> list[str]:
    """Say once that frames are empty, and what they are taken for."""
    empty = counts.get("", 0)
    return [f"{what} is empty in {empty} messages: taken for '{taken_for}'"] if empty else []
