# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of frames: whether they meet, and whether one node alone ties each to its parent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.diagnosis.facts import EKF, LOCALIZER, Facts, Link, NodeFacts
from local_inn_ros.diagnosis.findings import Finding, error, warning

# Between two transforms that follow each other the pose of the map does not change so much, and
# back again.
_BACK_AND_FORTH_M = 0.05
_BACK_SHARE = 0.3
_OFTEN = 0.2


def check_mounts(seen: Facts) -> Iterator[Finding]:
    """Look whether `/tf_static` says where each laser sits."""
    base = seen.parameter(LOCALIZER, "base_frame_id", "base_link")
    for frame, trouble in sorted(seen.transforms.mount_troubles.items()):
        fixed = [link for link in seen.transforms.links if link.static]
        meets = not set(_climb(frame, fixed)).isdisjoint(_climb(base, fixed))
        moving = _climb(frame, [link for link in seen.transforms.links if not link.static])
        if frame == "":
            yield error(
                "tf.mount",
                "the scans have no frame_id",
                "where the laser sits cannot be looked up",
                "Set the frame in the driver, to that of the laser in the robot's description",
            )
        elif len(moving) > 1:
            yield error(
                "tf.mount",
                f"the mount of '{frame}' comes on {seen.names.transforms}, not on "
                f"{seen.names.static_transforms}",
                trouble,
                "Publish it on /tf_static (a fixed joint, static_transform_publisher)",
            )
        elif meets:
            yield error(
                "tf.mount",
                f"the mount of '{frame}' on '{base}' cannot be used",
                trouble,
                "Mend it in the robot's description, or mount the laser level",
            )
        else:
            yield error(
                "tf.mount",
                f"'{frame}' and '{base}' do not meet on {seen.names.static_transforms}",
                trouble,
                "`ros2 run tf2_ros static_transform_publisher --x 0.27 --frame-id "
                f"{base} --child-frame-id {frame}` with the laser's true place is enough",
            )


def check_odometry_frames(seen: Facts) -> Iterator[Finding]:
    """Look whether the odometry is in the frames that the filter was told."""
    stream = seen.odometry
    fixed = [link for link in seen.transforms.links if link.static]
    pairs = (
        ("header.frame_id", stream.arrivals.frames, "odom_frame_id", "odom"),
        ("child_frame_id", stream.child_frames, "base_frame_id", "base_link"),
    )
    for name, said, parameter, default in pairs:
        wanted = seen.parameter(EKF, parameter, default).lstrip("/")
        # The nodes take an empty one for their own, and transform what is fixed to it.
        known = set(_climb(wanted, fixed))
        wrong = sorted(
            one for one in said if one and known.isdisjoint(_climb(one.lstrip("/"), fixed))
        )
        if wrong:
            yield error(
                "odom.frame",
                f"{name} on {stream.topic} is '{wrong[0]}', and {parameter} is '{wanted}'",
                "the filter refuses odometry of frames that /tf_static does not tie to its own",
                f"Set {parameter} to '{wrong[0]}' (base_frame_id for both nodes), or mend the "
                "node that publishes the odometry",
            )


def check_tree(seen: Facts) -> Iterator[Finding]:
    """Look whether map, odometry and base hang together, with one parent each."""
    odom = seen.parameter(EKF, "odom_frame_id", "odom").lstrip("/")
    base = seen.parameter(EKF, "base_frame_id", "base_link").lstrip("/")
    links = seen.transforms.links
    if seen.odometry.arrivals.count and odom not in _climb(base, links):
        yield warning(
            "tf.odom",
            f"no transform leads from '{odom}' to '{base}'",
            "the localization does without it, but Nav2 and RViz cannot place the robot",
            f"Let the node of the odometry publish {odom} to {base} on /tf",
        )
    for child in sorted({link.child for link in links}):
        parents = sorted({link.parent for link in links if link.child == child})
        if len(parents) > 1:
            yield error(
                "tf.parents",
                f"'{child}' has {len(parents)} parents: {', '.join(parents)}",
                "a frame has one parent in tf2: listeners see it jump between them",
                f"Stop all publishers of '{child}' but one ({_writers(links, child)})",
            )


def check_map_transform(seen: Facts) -> Iterator[Finding]:
    """Look whether the filter, and nobody else, publishes map to odom."""
    odom = seen.parameter(EKF, "odom_frame_id", "odom").lstrip("/")
    world = seen.parameter(EKF, "global_frame_id", "map").lstrip("/")
    link = next(
        (one for one in seen.transforms.links if one.child == odom and one.parent == world), None
    )
    if link is None:
        return
    others = sorted(link.writers - seen.own_nodes())
    ekf = seen.nodes.get(EKF)
    if ekf is None or seen.parameter(EKF, "tf_broadcast", "True") != "True":
        return
    told_apart = goes_back_and_forth(seen.transforms.map_from_odom) or _says_nothing(ekf)
    if not link.writers and told_apart:
        others = _suspects(seen)
    if others:
        yield error(
            "tf.map",
            f"{' or '.join(others)} publishes {world} to {odom} besides the filter",
            "two localizations contradict each other, and the robot jumps between them (is AMCL "
            "or a SLAM still running?)",
            f"Stop it, or set tf_broadcast of {ekf.name} to false",
        )


def _says_nothing(ekf: NodeFacts) -> bool:
    """Tell whether the filter cannot have published a transform: it has no pose."""
    waits = ekf.diagnosis is not None and "waits for" in ekf.diagnosis.message
    return waits or ekf.state not in ("", "active")


def _suspects(seen: Facts) -> list[str]:
    """Return who may publish a transform, where the middleware does not tell who did."""
    own = seen.own_nodes()
    writers = {one.node for one in seen.topic(seen.names.transforms).publishers} - own
    drivers = {one.node for one in seen.topic(seen.names.odometry).publishers}
    return sorted(writers - drivers or writers) or ["somebody"]


def goes_back_and_forth(poses: NDArray[np.float64]) -> bool:
    """Tell whether poses (n, 3) alternate between two places, as those of two publishers do."""
    if len(poses) < 5:
        return False
    step_m = np.hypot(*np.diff(poses[:, :2], axis=0).T)
    over_m = np.hypot(*(poses[2:, :2] - poses[:-2, :2]).T)
    there = np.minimum(step_m[:-1], step_m[1:])
    back = (there > _BACK_AND_FORTH_M) & (over_m < _BACK_SHARE * there)
    return bool(back.mean() > _OFTEN)


def _climb(frame: str, links: list[Link] | tuple[Link, ...]) -> list[str]:
    """Return a frame and all above it."""
    parents = {link.child: link.parent for link in links}
    found = [frame]
    while (above := parents.get(found[-1])) is not None and above not in found:
        found.append(above)
    return found


def _writers(links: tuple[Link, ...], child: str) -> str:
    names = sorted(set().union(*(link.writers for link in links if link.child == child)))
    return ", ".join(names) or "their nodes are not known"
