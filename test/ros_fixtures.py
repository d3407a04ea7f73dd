# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What tests over real DDS need: a domain of their own, and waiting with a deadline."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
import rclpy
from geometry_msgs.msg import TransformStamped
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import to_stamp, transform_message
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.managed_node import ManagedNode
from local_inn_ros.nodes.common.qos import STATIC_TRANSFORMS

DEADLINE_S = 20.0

# Domains above 101 meet ports that Linux hands out to others.
_DOMAINS = 100
_counted = itertools.count(os.getpid() * 7)

N = TypeVar("N", bound=Node)


def fresh_domain() -> int:
    """Return a domain that no other test of this run has.

    Each of several processes that share the tests (pytest-xdist) has a part of the domains.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    part = _DOMAINS // workers
    return 1 + worker * part + next(_counted) % part


def listeners(node: Node, topic: str) -> int:
    """Return how many subscriptions a node's publisher of a topic has met, its own included."""
    (publisher,) = [one for one in node.publishers if one.topic_name == topic]
    count: int = publisher.get_subscription_count()
    return count


def hand_over(node: Node, topic: str, message: Any) -> None:
    """Have a node heed a message as if it had come on a topic, without anybody else hearing it."""
    (subscription,) = [one for one in node.subscriptions if one.topic_name == topic]
    subscription.callback(message)


class RosWorld:
    """Nodes of one test in a domain of their own, spun by the test itself."""

    def __init__(self) -> None:
        self.context = Context()
        self.domain = fresh_domain()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.executor = MessageExecutor(context=self.context)
        self._nodes: list[Node] = []
        self.probe = self.add(Node("probe", context=self.context))

    def start(self, kind: Callable[..., N], *arguments: Any, **parameters: Any) -> N:
        """Make a node of the package with parameters, start it, and spin it along."""
        overrides = [Parameter(name.replace("__", "."), value=v) for name, v in parameters.items()]
        node = self.add(kind(*arguments, context=self.context, parameter_overrides=overrides))
        if isinstance(node, ManagedNode):
            node.start()
        return node

    def add(self, node: N) -> N:
        self._nodes.append(node)
        self.executor.add_node(node)
        return node

    def listen(self, kind: type[Any], topic: str, qos: QoSProfile) -> list[Any]:
        """Return the list that messages of a topic are put into."""
        heard: list[Any] = []
        self.probe.create_subscription(kind, topic, heard.append, qos)
        return heard

    def talk(self, kind: type[Any], topic: str, qos: QoSProfile) -> Publisher[Any]:
        """Return a publisher that somebody listens to."""
        publisher = self.probe.create_publisher(kind, topic, qos)
        self.wait_for(lambda: publisher.get_subscription_count() > 0, f"a listener on {topic}")
        return publisher

    def publish_mount(self, mount: Pose2, base: str = "base_link", sensor: str = "laser") -> None:
        publisher = self.talk(TFMessage, "/tf_static", STATIC_TRANSFORMS)
        transform: TransformStamped = transform_message(mount, to_stamp(0.0), base, sensor)
        publisher.publish(TFMessage(transforms=[transform]))

    def call(self, kind: type[Any], name: str) -> Any:
        """Call a service and return its response."""
        client = self.probe.create_client(kind, name)
        self.wait_for(client.service_is_ready, f"the service {name}")
        future = client.call_async(kind.Request())
        self.wait_for(future.done, f"an answer of {name}")
        return future.result()

    def wait_for(
        self, condition: Callable[[], object], what: str, patience_s: float = DEADLINE_S
    ) -> None:
        """Spin until a condition holds; fail with what was waited for at the deadline."""
        deadline_s = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline_s, f"waited {patience_s:.0f} s for {what}"
            self.executor.spin_once(timeout_sec=0.05)

    def spin_for(self, seconds: float) -> None:
        """Spin for a while: for what must not happen."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.executor.spin_once(timeout_sec=0.01)

    def close(self) -> None:
        self.executor.shutdown(timeout_sec=1.0)
        for node in self._nodes:
            node.destroy_node()
        rclpy.try_shutdown(context=self.context)


def set_parameter(ros: RosWorld, node: str, name: str, value: Any) -> SetParametersResult:
    """Set a parameter as `ros2 param set` does."""
    client = ros.probe.create_client(SetParameters, f"{node}/set_parameters")
    ros.wait_for(client.service_is_ready, "the service")
    told = Parameter(name, value=value).to_parameter_msg()
    future = client.call_async(SetParameters.Request(parameters=[told]))
    ros.wait_for(future.done, "the answer")
    result: SetParametersResult = future.result().results[0]
    return result


def run_node(
    module: str, parameters: Sequence[str], words: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a node that ends by itself.

    Args:
        module: of the package's nodes.
        parameters: as `name:=value`.
        words: others after `--ros-args`.
    """
    told = [word for one in parameters for word in ("-p", one)]
    return subprocess.run(
        [sys.executable, "-m", f"local_inn_ros.nodes.{module}", "--ros-args", *told, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            **os.environ,
            "ROS_DOMAIN_ID": str(fresh_domain()),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        },
    )


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RosWorld]:
    """A domain of its own on this machine, with a node `probe`; nothing is saved at home."""
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros_home"))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.delenv("ROS_NAMESPACE", raising=False)
    world = RosWorld()
    yield world
    world.close()
