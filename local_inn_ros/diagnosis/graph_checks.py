# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the graph: who runs, who talks to whom, and whether they can understand each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from local_inn_ros.diagnosis.facts import CAMERA, EKF, LOCALIZER, Endpoint, Facts, NodeFacts, Topic
from local_inn_ros.diagnosis.findings import Finding, error, warning

_SCAN_KIND = "sensor_msgs/msg/LaserScan"
_PICTURE_KIND = "sensor_msgs/msg/Image"
_ODOMETRY_KIND = "nav_msgs/msg/Odometry"
_LAUNCH = "ros2 launch local_inn_ros localization.launch.py"
_MISSING_MEANS = {
    LOCALIZER: "no scan is located",
    EKF: "no pose is told, and nobody publishes map to odom",
}
_ACTIVE = "active"
# What leads from a state to the active one.
_TRANSITIONS = {"unconfigured": ("configure", "activate"), "inactive": ("activate",)}


def check_nodes(seen: Facts) -> Iterator[Finding]:
    """Look whether the localization's nodes run, once each, and are active."""
    if not seen.all_nodes:
        yield _empty_graph(seen)
        return
    for short in (LOCALIZER, CAMERA, EKF):
        node = seen.nodes.get(short)
        # A camera may stand beside a laser, or in its place.
        spare = CAMERA if short == LOCALIZER else LOCALIZER
        if node is None and short != EKF and (short == CAMERA or spare in seen.nodes):
            continue
        if node is None:
            full = f"{seen.namespace.rstrip('/')}/{short}"
            yield error(
                "nodes.missing",
                f"the node {full} does not run",
                _MISSING_MEANS[short],
                f"Start it ({_LAUNCH}), or name its namespace with --namespace",
            )
        else:
            yield from _check_node(node)


def _empty_graph(seen: Facts) -> Finding:
    here = seen.environment
    told = [
        f"ROS_DOMAIN_ID is {here.domain}",
        f"ROS_AUTOMATIC_DISCOVERY_RANGE is {here.discovery_range or 'not set'}",
        f"the middleware is {here.middleware}",
    ]
    if here.localhost_only:
        told.append(f"ROS_LOCALHOST_ONLY is {here.localhost_only}")
    return error(
        "graph.empty",
        "no ROS node can be seen from here",
        f"here, {', '.join(told)}",
        "Start the localization; where it runs already, give this shell the ROS_DOMAIN_ID and "
        "RMW_IMPLEMENTATION of the robot, and for another machine "
        "ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET (before Iron: ROS_LOCALHOST_ONLY=0)",
    )


def _check_node(node: NodeFacts) -> Iterator[Finding]:
    if node.count > 1:
        yield error(
            "nodes.twice",
            f"{node.count} nodes run under the name {node.name}",
            "all of them publish the same topics and the same transform, each its own",
            "Stop all but one, or start them in namespaces of their own",
        )
    if node.state and node.state != _ACTIVE:
        steps = _TRANSITIONS.get(node.state, ())
        commands = " && ".join(f"ros2 lifecycle set {node.name} {step}" for step in steps)
        yield error(
            "nodes.inactive",
            f"{node.name} is {node.state}, not active",
            "a node of this kind works when it is active",
            f"Run `{commands}`, set its parameter autostart, or name it in the node_names of "
            "the lifecycle manager"
            if commands
            else "Start it again, and read its log",
        )
    if not node.answers:
        yield warning(
            "nodes.silent",
            f"{node.name} does not answer when it is asked for its parameters",
            "it is starting, busy, or hangs; what follows is judged by its defaults",
            "Look again when it is up; where it stays so, read its log",
        )


def check_parameters(seen: Facts) -> Iterator[Finding]:
    """Look whether both nodes were told the same frames."""
    for name in ("base_frame_id", "global_frame_id"):
        told = {
            node.name: node.parameters[name]
            for node in seen.nodes.values()
            if name in node.parameters
        }
        if len(set(told.values())) > 1:
            listed = ", ".join(f"'{value}' for {node}" for node, value in sorted(told.items()))
            yield error(
                "parameters.frames",
                f"{name} is {listed}",
                "both nodes must speak of the same frame",
                f"Set {name} to the same value for both",
            )


def check_inputs(seen: Facts) -> Iterator[Finding]:
    """Look whether somebody publishes what the localization needs."""
    for name in seen.names.scans:
        yield from _check_input(seen, "scan", seen.topic(name), _SCAN_KIND)
    for name in seen.names.pictures:
        yield from _check_input(seen, "camera", seen.topic(name), _picture_kind(seen, name))
    yield from _check_input(seen, "odom", seen.topic(seen.names.odometry), _ODOMETRY_KIND)
    yield from _check_between(seen)


def _picture_kind(seen: Facts, name: str) -> str:
    """Return the type of the pictures that a camera's node listens for."""
    node = seen.nodes.get(CAMERA)
    heard = {one.kind for one in seen.topic(name).subscriptions if node and one.node == node.name}
    return next(iter(sorted(heard)), _PICTURE_KIND)


def _check_input(seen: Facts, role: str, topic: Topic, kind: str) -> Iterator[Finding]:
    if not topic.publishers:
        others = near_topics(seen, topic.name, kind)
        hint = f"Start its driver, or remap: of the same type there is {', '.join(others)}"
        remap = f" (`--ros-args -r {role}:={others[0]}`)" if others else ""
        yield error(
            f"{role}.missing",
            f"nobody publishes {topic.name}",
            "without it there is no pose",
            hint + remap
            if others
            else f"Start its driver; nothing here publishes {kind.replace('/msg', '')}",
        )
        return
    wrong = sorted(topic.kinds() - {kind})
    if wrong:
        yield error(
            f"{role}.type",
            f"{topic.name} is {', '.join(wrong)}",
            f"it must be {kind}; messages of another type never arrive",
            f"Publish {kind}, or remap {role} to a topic that is",
        )
    if len(topic.publishers) > 1:
        writers = ", ".join(sorted(one.node for one in topic.publishers))
        yield warning(
            f"{role}.writers",
            f"{len(topic.publishers)} publishers write {topic.name}: {writers}",
            "their readings are mixed",
            "Stop all but one, or remap the others",
        )


def near_topics(seen: Facts, wanted: str, kind: str) -> list[str]:
    """Return topics of a type that others publish, those with the most alike names first."""
    last = wanted.rpartition("/")[2]

    def unlike(name: str) -> tuple[float, str]:
        alike = difflib.SequenceMatcher(None, name.rpartition("/")[2], last).ratio()
        return -alike, name

    found = [
        topic.name
        for topic in seen.topics.values()
        if topic.name != wanted
        and any(one.kind == kind and one.node not in seen.own_nodes() for one in topic.publishers)
    ]
    return sorted(found, key=unlike)


def _check_between(seen: Facts) -> Iterator[Finding]:
    """Look whether localizers and filter hear each other."""
    localizers = [seen.nodes[one].name for one in (LOCALIZER, CAMERA) if one in seen.nodes]
    if EKF not in seen.nodes or not localizers:
        return
    optional = {seen.names.initial_pose, seen.names.odometry}
    pairs = [(seen.nodes[EKF].name, "PoseWithCovarianceStamped")]
    pairs += [(name, "Odometry") for name in localizers]
    for reader, kind in pairs:
        for topic in seen.topics.values():
            listens = any(
                one.node == reader and one.kind.endswith(f"/{kind}") for one in topic.subscriptions
            )
            if listens and not topic.publishers and topic.name not in optional:
                yield error(
                    "nodes.apart",
                    f"{reader} listens to {topic.name}, which nobody publishes",
                    "the two nodes do not hear each other, or a localizer is missing",
                    "Run both in one namespace, and set fix_topics of ekf to topics that there are",
                )


def check_qos(seen: Facts) -> Iterator[Finding]:
    """Look whether publishers and subscriptions go together, where one end is the localization."""
    own = seen.own_nodes()
    for topic in seen.topics.values():
        for writer in topic.publishers:
            for reader in topic.subscriptions:
                if writer.node in own or reader.node in own:
                    yield from _check_pair(topic.name, writer, reader, own)


def _check_pair(
    topic: str, writer: Endpoint, reader: Endpoint, own: frozenset[str]
) -> Iterator[Finding]:
    policies = (
        ("reliability", reader.reliable, writer.reliable, "reliable", "best_effort"),
        ("durability", reader.latched, writer.latched, "transient_local", "volatile"),
    )
    for policy, asked, offered, strong, weak in policies:
        if asked is not True or offered is not False:
            continue
        if reader.node in own:
            node, end, value = reader.node, "subscription", weak
        else:
            node, end, value = writer.node, "publisher", strong
        yield error(
            f"qos.{policy}",
            f"{reader.node} wants {topic} {strong}, {writer.node} offers it {weak}",
            "DDS does not connect the two: no message arrives",
            f"Set the parameter qos_overrides.{topic}.{end}.{policy} of {node} to {value}",
        )


def check_writers(seen: Facts) -> Iterator[Finding]:
    """Look whether somebody else tells the pose too."""
    writers = sorted(one.node for one in seen.topic(seen.names.pose).publishers)
    own = {*seen.own_nodes(), f"{seen.namespace.rstrip('/')}/{EKF}"}
    others = [name for name in writers if name not in own]
    if others:
        yield error(
            "pose.writers",
            f"{', '.join(others)} publishes {seen.names.pose} too",
            "two localizations contradict each other, most likely in map to odom as well",
            f"Stop {', '.join(others)} (take AMCL out of the launch file and out of the lifecycle "
            "manager's node_names)",
        )


def check_sim_time(seen: Facts) -> Iterator[Finding]:
    """Look whether the nodes go by the clock that there is."""
    going = {name: seen.uses_sim_time(name) for name in seen.nodes if seen.nodes[name].answers}
    for name, simulated in going.items():
        full = seen.nodes[name].name
        if simulated and not seen.clock_ticks:
            yield error(
                "clock.missing",
                f"{full} has use_sim_time, and nothing comes on /clock",
                "its time stands still",
                "Play the bag with --clock, start the simulation, or set use_sim_time to false",
            )
        elif not simulated and seen.clock_ticks:
            yield error(
                "clock.unused",
                f"{', '.join(seen.clock_publishers) or 'somebody'} publishes /clock, and "
                f"{full} has no use_sim_time",
                "its stamps are of another time than those of the sensors",
                "Set use_sim_time to true for every node, or stop the clock",
            )
