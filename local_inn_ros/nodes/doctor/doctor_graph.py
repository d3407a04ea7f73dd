# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph as rclpy shows it, as the doctor's facts have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from local_inn_ros.diagnosis.facts import CAMERA, EKF, LOCALIZER, Endpoint, Topic, TopicNames
from local_inn_ros.errors import LocalInnError

if TYPE_CHECKING:
    # From Lyrical on, it lies in another module.
    from rclpy.topic_endpoint_info import TopicEndpointInfo

_SCAN = "sensor_msgs/msg/LaserScan"
_PICTURES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
_CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
_ODOMETRY = "nav_msgs/msg/Odometry"
_GRID = "nav_msgs/msg/OccupancyGrid"
_POSE = "geometry_msgs/msg/PoseWithCovarianceStamped"
_TRANSFORMS = "tf2_msgs/msg/TFMessage"


def full_name(namespace: str, name: str) -> str:
    """Return a name within a namespace."""
    return f"{namespace.rstrip('/')}/{name}"


def all_nodes(node: Node) -> list[tuple[str, str]]:
    """Return name and namespace of every node but this one."""
    me = (node.get_name(), node.get_namespace())
    return [pair for pair in node.get_node_names_and_namespaces() if pair != me]


def find_namespace(nodes: Iterable[tuple[str, str]], wanted: str | None) -> str:
    """Return the namespace of the localization.

    Args:
        nodes: name and namespace of each.
        wanted: the one that was asked for; None where any will do.

    Raises:
        LocalInnError: nothing was asked for, and localizations run in several.
    """
    if wanted is not None:
        return "/" + wanted.strip("/")
    found = sorted({space for name, space in nodes if name in (LOCALIZER, CAMERA, EKF)})
    if len(found) > 1:
        raise LocalInnError(
            f"localizations run in the namespaces {', '.join(found)}: name one with --namespace"
        )
    return found[0] if found else "/"


def topic_names(node: Node, namespace: str, scan_topics: Sequence[str]) -> TopicNames:
    """Return the localization's topics as they are after all remapping.

    What a node that does not run, or is not configured, would listen to is taken to have its
    usual name.

    Args:
        node: looks at the graph.
        namespace: of the localization.
        scan_topics: what the localizer was told to listen to; used where it does not listen yet.
    """
    hears = {name: _subscriptions(node, name, namespace) for name in (LOCALIZER, CAMERA, EKF)}
    tells = _publishers(node, EKF, namespace)

    def usual(name: str) -> str:
        return name if name.startswith("/") else full_name(namespace, name)

    def first(found: Iterable[str], otherwise: str) -> str:
        return next(iter(sorted(found)), otherwise)

    return TopicNames(
        scans=tuple(sorted(_of(hears[LOCALIZER], _SCAN))) or tuple(map(usual, scan_topics)),
        odometry=first(_of(hears[EKF], _ODOMETRY), usual("odom")),
        map=first(_of(hears[LOCALIZER], _GRID), usual("map")),
        pose=first(_of(tells, _POSE), usual("amcl_pose")),
        initial_pose=usual("initialpose"),
        transforms=first(_of(tells, _TRANSFORMS), "/tf"),
        static_transforms=first(
            (one for one in _of(hears[LOCALIZER], _TRANSFORMS) if one.endswith("tf_static")),
            "/tf_static",
        ),
        pictures=tuple(sorted({one for kind in _PICTURES for one in _of(hears[CAMERA], kind)})),
        camera_infos=tuple(sorted(_of(hears[CAMERA], _CAMERA_INFO))),
    )


def _of(topics: dict[str, list[str]], kind: str) -> list[str]:
    return [name for name, kinds in topics.items() if kind in kinds]


def _subscriptions(node: Node, name: str, namespace: str) -> dict[str, list[str]]:
    # A node that ended this moment, or was never there, has none.
    if (name, namespace) not in node.get_node_names_and_namespaces():
        return {}
    return dict(node.get_subscriber_names_and_types_by_node(name, namespace))


def _publishers(node: Node, name: str, namespace: str) -> dict[str, list[str]]:
    if (name, namespace) not in node.get_node_names_and_namespaces():
        return {}
    return dict(node.get_publisher_names_and_types_by_node(name, namespace))


def all_topics(node: Node) -> dict[str, Topic]:
    """Return every topic with its ends, without those of this node."""
    return {
        name: Topic(
            name,
            _endpoints(node, node.get_publishers_info_by_topic(name)),
            _endpoints(node, node.get_subscriptions_info_by_topic(name)),
        )
        for name, _ in node.get_topic_names_and_types()
    }


def writers_by_gid(node: Node, topic: str) -> dict[bytes, str]:
    """Return the full name of each publisher's node, by the publisher's identity."""
    return {
        bytes(info.endpoint_gid): full_name(info.node_namespace, info.node_name)
        for info in node.get_publishers_info_by_topic(topic)
    }


def _endpoints(node: Node, found: Iterable[TopicEndpointInfo]) -> tuple[Endpoint, ...]:
    me = node.get_fully_qualified_name()
    ends = (_endpoint(info) for info in found)
    return tuple(end for end in ends if end.node != me)


def _endpoint(info: TopicEndpointInfo) -> Endpoint:
    qos = info.qos_profile
    return Endpoint(
        node=full_name(info.node_namespace, info.node_name),
        kind=info.topic_type,
        reliable={ReliabilityPolicy.RELIABLE: True, ReliabilityPolicy.BEST_EFFORT: False}.get(
            qos.reliability
        ),
        latched={
            DurabilityPolicy.TRANSIENT_LOCAL: True,
            DurabilityPolicy.VOLATILE: False,
        }.get(qos.durability),
    )
