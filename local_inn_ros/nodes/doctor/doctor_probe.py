# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that looks at the running graph: it listens and asks, and changes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.utilities import get_rmw_implementation_identifier

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.diagnosis.facts import CAMERA, EKF, LOCALIZER, Environment, Facts, NodeFacts
from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.doctor.doctor_graph import (
    all_nodes,
    all_topics,
    find_namespace,
    full_name,
    topic_names,
)
from local_inn_ros.nodes.doctor.doctor_listener import DoctorListener
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.places import real_path

# Others are found within this time, or are not there; where all is quiet, it takes less.
_MOST_DISCOVERY_S = 5.0
_LEAST_DISCOVERY_S = 1.5
_QUIET_S = 0.75
_ANSWER_S = 2.0
_PARAMETERS = (
    "bundle",
    "global_frame_id",
    "odom_frame_id",
    "base_frame_id",
    "tf_broadcast",
    "use_sim_time",
    "scan_topics",
)


class DoctorProbe:
    """Looks at a graph through a node of its own."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        """Remember what is looked through.

        Args:
            node: looks; it has been added to the executor.
            executor: spun while looking.
        """
        self._node = node
        self._executor = executor

    def look(self, seconds: float, namespace: str | None) -> Facts:
        """Look for a while.

        Args:
            seconds: how long to listen, after others were found.
            namespace: of the localization; None to find it.

        Raises:
            LocalInnError: localizations run in several namespaces, and none was named.
        """
        self._discover()
        nodes = all_nodes(self._node)
        space = find_namespace(nodes, namespace)
        present = {
            name: sum(pair == (name, space) for pair in nodes)
            for name in (LOCALIZER, CAMERA, EKF)
            if (name, space) in nodes
        }
        asked = {name: self._ask(full_name(space, name), count) for name, count in present.items()}
        names = topic_names(self._node, space, _scan_topics(asked))
        simulated = any(bool(one.parameters.get("use_sim_time")) for one in asked.values())
        listener = DoctorListener(self._node, names, simulated)
        self._spin_until(lambda: False, seconds)
        told = {name: _with_diagnosis(one, listener) for name, one in asked.items()}
        bundle, trouble = _bundle(told)
        topics = all_topics(self._node)
        clock = topics.get("/clock")
        return Facts(
            seconds=seconds,
            environment=_environment(self._node),
            namespace=space,
            all_nodes=tuple(sorted(full_name(at, name) for name, at in nodes)),
            nodes=told,
            names=names,
            topics=topics,
            scans=listener.scan_streams(),
            odometry=listener.odometry_stream(),
            transforms=listener.transforms(*_frames(told)),
            clock_publishers=tuple(one.node for one in clock.publishers) if clock else (),
            clock_ticks=listener.clock_ticks,
            bundle=bundle,
            bundle_trouble=trouble,
            grid=listener.grid,
            cameras=listener.camera_streams(_frames(told)[0]),
        )

    def _discover(self) -> None:
        """Wait until nobody new appears."""
        start_s = changed_s = time.monotonic()
        known: list[tuple[str, str]] = []
        while (now_s := time.monotonic()) < start_s + _MOST_DISCOVERY_S:
            found = sorted(all_nodes(self._node))
            if found != known:
                known, changed_s = found, now_s
            settled = now_s > max(start_s + _LEAST_DISCOVERY_S, changed_s + _QUIET_S)
            # On a machine that is busy they may be long in coming.
            names = {name for name, _ in known}
            if settled and EKF in names and names & {LOCALIZER, CAMERA}:
                return
            self._executor.spin_once(timeout_sec=0.05)

    def _ask(self, name: str, count: int) -> NodeFacts:
        """Ask a node for its parameters and its state."""
        listed = self._call(ListParameters, f"{name}/list_parameters", ListParameters.Request())
        if listed is None:
            return NodeFacts(name, count, answers=False)
        wanted = [one for one in _PARAMETERS if one in listed.result.names]
        request = GetParameters.Request(names=wanted)
        got = self._call(GetParameters, f"{name}/get_parameters", request)
        if got is None:
            return NodeFacts(name, count, answers=False)
        values = (parameter_value_to_python(value) for value in got.values)
        parameters = dict(zip(wanted, values, strict=True))
        return NodeFacts(name, count, self._state(name), parameters)

    def _state(self, name: str) -> str:
        """Return the label of a node's lifecycle state; empty where it has none."""
        offered = dict(self._node.get_service_names_and_types())
        if f"{name}/get_state" not in offered:
            return ""
        answer = self._call(GetState, f"{name}/get_state", GetState.Request())
        return str(answer.current_state.label) if answer is not None else ""

    def _call(self, kind: type[Any], name: str, request: Any) -> Any | None:
        """Call a service; None where it did not answer."""
        client: Client[Any, Any] = self._node.create_client(kind, name)
        try:
            if not self._spin_until(client.service_is_ready, _ANSWER_S):
                return None
            future = client.call_async(request)
            return future.result() if self._spin_until(future.done, _ANSWER_S) else None
        finally:
            self._node.destroy_client(client)

    def _spin_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        end_s = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end_s:
                return False
            self._executor.spin_once(timeout_sec=0.02)
        return True


def _with_diagnosis(node: NodeFacts, listener: DoctorListener) -> NodeFacts:
    return NodeFacts(
        node.name,
        node.count,
        node.state,
        node.parameters,
        node.answers,
        listener.diagnoses.get(node.name),
    )


def _environment(node: Node) -> Environment:
    return Environment(
        domain=node.context.get_domain_id(),
        discovery_range=os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", ""),
        localhost_only=os.environ.get("ROS_LOCALHOST_ONLY", ""),
        middleware=get_rmw_implementation_identifier(),
    )


def _scan_topics(nodes: Mapping[str, NodeFacts]) -> list[str]:
    if CAMERA in nodes and LOCALIZER not in nodes:
        return []
    told = nodes[LOCALIZER].parameters.get("scan_topics") if LOCALIZER in nodes else None
    return [str(one) for one in told] if isinstance(told, Iterable) else ["scan"]


def _frames(nodes: Mapping[str, NodeFacts]) -> Sequence[str]:
    """Return the frames of base, odometry and map that the nodes were told."""
    wanted = (
        (LOCALIZER if LOCALIZER in nodes else CAMERA, "base_frame_id", "base_link"),
        (EKF, "odom_frame_id", "odom"),
        (EKF, "global_frame_id", "map"),
    )
    return [
        str(nodes[node].parameters.get(name, default)) if node in nodes else default
        for node, name, default in wanted
    ]


def _bundle(nodes: Mapping[str, NodeFacts]) -> tuple[Bundle | None, str]:
    """Load the bundle that the localizer was told, where it lies on this machine."""
    localizer = nodes.get(LOCALIZER)
    if localizer is None or "bundle" not in localizer.parameters:
        return None, ""
    told = str(localizer.parameters["bundle"])
    try:
        path = real_path(Path(told)) if told else shipped_bundle()
        # The robot's disk is not this one's: a folder that is missing here is no fault.
        if not path.is_dir():
            return None, ""
        return Bundle.load(path), ""
    except LocalInnError as error:
        return None, str(error)
