# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what the localization's nodes say of themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from local_inn_ros.diagnosis.facts import CAMERA, EKF, LOCALIZER, Diagnosis, Facts, NodeFacts
from local_inn_ros.diagnosis.findings import Finding, error, warning

_WARN, _ERROR = 1, 2
_LOW_QUALITY = 0.5
# They say something every second.
_LEAST_LISTENING_S = 2.0
_LOST = "lost"
# What a node complains of, and the checks that name the cause of it.
_CAUSES = {
    "no pictures come": ("camera.", "qos.", "clock.missing"),
    "pictures come, and": ("camera.",),
    "picture unusable": ("camera.",),
    "camera_info unusable": ("camera.",),
    "the camera looks at": ("camera.frame",),
    "the rate of pictures": ("camera.",),
    "the pictures' age": ("camera.", "clock."),
    "the pictures' lead": ("camera.", "clock."),
    "no scans come": ("scan.", "qos.", "clock.missing"),
    "no odometry comes": ("odom.", "qos.", "clock.missing"),
    "odometry comes, and": ("odom.", "clock."),
    "odometry unusable": ("odom.", "clock."),
    "the odometry began again": ("odom.",),
    "no fixes come": ("scan.", "odom.", "tf.mount", "bundle.", "nodes.", "qos.", "health."),
    "pictures wait for odometry": ("odom.", "clock."),
    "scans wait for odometry": ("odom.", "clock."),
    "the rate of scans": ("scan.",),
    "the rate of odometry": ("odom.",),
    "the scans' age": ("scan.", "clock."),
    "the scans' lead": ("scan.", "clock."),
    "are stamped": ("clock.",),
    "the quality": ("health.quality",),
    "inactive:": ("nodes.inactive",),
    "not configured:": ("nodes.inactive",),
    "no bundle at": ("bundle.unreadable",),
    "contradict": ("scan.header", "odom.twist"),
    "another map": ("bundle.map",),
    "the scan covers": ("bundle.sensor",),
    "no static transform": ("tf.mount",),
    "known frames": ("tf.mount",),
    "leans": ("tf.mount",),
    "does not say in which frame": ("tf.mount",),
}


def check_health(seen: Facts, found: Sequence[Finding]) -> Iterator[Finding]:
    """Pass on what the nodes complain of, where nothing that was found says the same.

    Args:
        seen: all that was seen.
        found: what the other checks found, with its causes.
    """
    own = [*_check_silence(seen), *_check_pose(seen), *_check_quality(seen)]
    yield from own
    known = [*found, *own]
    for node in seen.nodes.values():
        said = node.diagnosis
        if said is None or said.level < _WARN:
            continue
        parts = [
            part
            for part in said.message.split("; ")
            if not _waits(part) and not _explained(part, known)
        ]
        if parts:
            yield _complaint(node, said.level, "; ".join(parts), seen)


def _waits(part: str) -> bool:
    return part.startswith("waits for") and part.endswith("pose")


def _explained(part: str, known: Sequence[Finding]) -> bool:
    return any(
        words in part and any(one.check.startswith(prefixes) for one in known)
        for words, prefixes in _CAUSES.items()
    )


def _check_silence(seen: Facts) -> Iterator[Finding]:
    if seen.seconds < _LEAST_LISTENING_S:
        return
    for node in seen.nodes.values():
        if node.diagnosis is None and node.answers:
            yield warning(
                "health.silent",
                f"{node.name} said nothing on /diagnostics in {seen.seconds:g} s",
                "it says something every second",
                "Look whether it hangs (its log, `top`), or listen for longer with --seconds",
            )


def _check_pose(seen: Facts) -> Iterator[Finding]:
    """Look whether anybody waits for a pose; both nodes wait for the same."""
    for node in seen.nodes.values():
        parts = node.diagnosis.message.split("; ") if node.diagnosis else []
        waiting = [part for part in parts if _waits(part)]
        if waiting:
            yield _waits_for_pose(node, waiting[0], seen)
            return


def _waits_for_pose(node: NodeFacts, said: str, seen: Facts) -> Finding:
    topic = seen.names.initial_pose
    service = f"{seen.namespace.rstrip('/')}/relocalize"
    return warning(
        "health.pose",
        f"{node.name} {said}",
        "until it is told where the robot is, or finds out, there is no pose",
        f"Set '2D Pose Estimate' in RViz (it publishes {topic}), call `ros2 service call "
        f"{service} std_srvs/srv/Trigger`, or start with search_at_start or set_initial_pose",
    )


def _complaint(node: NodeFacts, level: int, words: str, seen: Facts) -> Finding:
    service = f"{seen.namespace.rstrip('/')}/relocalize"
    if _LOST in words:
        why = "what is seen does not fit the place where the robot is believed to be"
        mend = (
            f"Tell a pose on {seen.names.initial_pose}, or call `ros2 service call {service} "
            "std_srvs/srv/Trigger`; where neither helps, the map is no longer right"
        )
    else:
        why = "it says so itself on /diagnostics"
        mend = "See what else is found here, and the node's log"
    grade = error if level >= _ERROR else warning
    return grade("health", f"{node.name} says: {words}", why, mend)


def _check_quality(seen: Facts) -> Iterator[Finding]:
    node = seen.nodes.get(LOCALIZER)
    if node is None or node.diagnosis is None:
        return
    quality = figure(node.diagnosis, "quality")
    if quality < _LOW_QUALITY:
        yield warning(
            "health.quality",
            f"the fixes of {node.name} have a quality of {quality:.2f}",
            "the scans are explained badly by the map at the pose: the robot may be elsewhere, "
            "or the place has changed",
            "See in RViz whether lidar_localizer/expected_scan lies on the scan; call relocalize, "
            "or train on a new map",
        )


def figure(said: Diagnosis, name: str) -> float:
    """Return a figure that a node told; NaN where it told none."""
    try:
        return float(said.values.get(name, "nan"))
    except ValueError:
        return math.nan


def told_figures(seen: Facts) -> dict[str, float | str]:
    """Return what the nodes tell of themselves that is worth knowing at a glance."""
    told: dict[str, float | str] = {}
    for short, names in (
        (LOCALIZER, ("state", "fix rate [Hz]", "quality", "stage all [ms]", "bundle")),
        (CAMERA, ("state", "fix rate [Hz]", "quality", "stage all [ms]", "bundle")),
        (EKF, ("odometry rate [Hz]", "fix rate [Hz]")),
    ):
        node = seen.nodes.get(short)
        if node is None or node.diagnosis is None:
            continue
        told[f"{short} says"] = node.diagnosis.message
        for name in names:
            if name in node.diagnosis.values:
                value = figure(node.diagnosis, name)
                text = node.diagnosis.values[name]
                told[f"{short} {name}"] = text if math.isnan(value) else value
    return told
