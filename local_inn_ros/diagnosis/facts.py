# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor sees of a running graph, free of ROS types: what the checks judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.diagnosis.streams import CameraStream, OdometryStream, ScanStream
from local_inn_ros.world import OccupancyGrid

LOCALIZER = "lidar_localizer"
CAMERA = "camera_localizer"
EKF = "ekf"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A publisher or a subscription.

    Attributes:
        node: full name of its node.
        kind: type of its messages, as `sensor_msgs/msg/LaserScan`.
        reliable: whether it is reliable, not best effort; None where that is not known.
        latched: whether it is transient local, not volatile; None where that is not known.
    """

    node: str
    kind: str
    reliable: bool | None = None
    latched: bool | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with both its ends; those of the doctor are left out.

    Attributes:
        name: full name.
        publishers: who writes it.
        subscriptions: who reads it.
    """

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscriptions: tuple[Endpoint, ...] = ()

    def kinds(self) -> frozenset[str]:
        """Return the types that are published."""
        return frozenset(one.kind for one in self.publishers)


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Full names of the localization's topics, as they are after all remapping.

    Attributes:
        scans: one for each laser.
        odometry: what the filter predicts with.
        map: the map, which may come or not.
        pose: where the pose is told, `amcl_pose` by default.
        initial_pose: where a pose is told to the filter.
        transforms: `/tf`.
        static_transforms: `/tf_static`.
        pictures: one for each camera.
        camera_infos: likewise, what the camera is.
    """

    scans: tuple[str, ...]
    odometry: str
    map: str
    pose: str
    initial_pose: str
    transforms: str
    static_transforms: str
    pictures: tuple[str, ...] = ()
    camera_infos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a node said last of itself on `/diagnostics`.

    Attributes:
        level: 0 fine, 1 a warning, 2 an error, 3 stale.
        message: in words.
        values: its figures, as they are written.
    """

    level: int
    message: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One of the localization's nodes.

    Attributes:
        name: full name.
        count: how many run under that name.
        state: label of its lifecycle state; empty where it has none.
        parameters: its parameters by name; empty where it did not answer.
        answers: whether its services answered.
        diagnosis: what it says of itself; None where it said nothing.
    """

    name: str
    count: int = 1
    state: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    answers: bool = True
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A transform that is published.

    Attributes:
        parent: its frame.
        child: its child frame.
        static: whether it comes on `/tf_static`.
        writers: full names of the nodes that publish it, as far as they are known.
    """

    parent: str
    child: str
    static: bool
    writers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Transforms:
    """What came on `/tf` and `/tf_static`.

    Attributes:
        links: every transform, once.
        mount_troubles: what is wrong with the mount of a scan's frame, by frame; nothing where
            it can be used.
        map_from_odom: (n, 3) x, y, yaw of the transforms from the map to the odometry frame, in
            the order of arrival.
    """

    links: tuple[Link, ...] = ()
    mount_troubles: Mapping[str, str] = field(default_factory=dict)
    map_from_odom: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))


@dataclass(frozen=True, slots=True)
class Environment:
    """What decides whether processes find each other.

    Attributes:
        domain: the ROS domain.
        discovery_range: `ROS_AUTOMATIC_DISCOVERY_RANGE`; empty where it is not set.
        localhost_only: `ROS_LOCALHOST_ONLY`; empty where it is not set.
        middleware: the RMW in use here.
    """

    domain: int
    discovery_range: str
    localhost_only: str
    middleware: str


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """All that was seen.

    Attributes:
        seconds: how long was listened.
        environment: how the doctor looks for others.
        namespace: of the localization; `/` for none.
        all_nodes: full names of all nodes but the doctor.
        nodes: the localization's own, by the name without namespace.
        names: its topics.
        topics: all topics, by full name.
        scans: what came, one for each topic of scans.
        odometry: what came.
        transforms: what came.
        clock_publishers: nodes that publish `/clock`.
        clock_ticks: how many messages came there.
        bundle: the bundle that the localizer was told; None where it cannot be read here.
        bundle_trouble: why not; empty where it was not looked for.
        grid: the map that came; None where none did.
        cameras: what came of pictures.
    """

    seconds: float
    environment: Environment
    namespace: str
    all_nodes: tuple[str, ...]
    nodes: Mapping[str, NodeFacts]
    names: TopicNames
    topics: Mapping[str, Topic]
    scans: tuple[ScanStream, ...]
    odometry: OdometryStream
    transforms: Transforms = field(default_factory=Transforms)
    clock_publishers: tuple[str, ...] = ()
    clock_ticks: int = 0
    bundle: Bundle | None = None
    bundle_trouble: str = ""
    grid: OccupancyGrid | None = None
    cameras: tuple[CameraStream, ...] = ()

    def topic(self, name: str) -> Topic:
        """Return a topic; one without ends where there is none of that name."""
        return self.topics.get(name, Topic(name))

    def own_nodes(self) -> frozenset[str]:
        """Return the full names of the localization's nodes."""
        return frozenset(node.name for node in self.nodes.values())

    def parameter(self, node: str, name: str, default: str) -> str:
        """Return a parameter of one of the localization's nodes, as text."""
        facts = self.nodes.get(node)
        return str(facts.parameters.get(name, default)) if facts else default

    def uses_sim_time(self, node: str) -> bool:
        """Tell whether a node of the localization goes by `/clock`."""
        facts = self.nodes.get(node)
        return bool(facts and facts.parameters.get("use_sim_time", False))
