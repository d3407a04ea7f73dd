# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is taken from rclpy is in that of every distribution that the package is for.

It was looked up in the sources that each distribution released, branches
``release/DISTRIBUTION/rclpy`` of ros2-gbp/rclpy-release: Humble 3.3.21 (commit c7ae56c), Jazzy
7.1.11 (b7c78c9), Kilted 9.1.5 (a54ff52), Lyrical 10.0.10 (cc07f7e). What is added here must be
looked up in all of them, and what one lacks be used behind a guard, as `doctor_listener` does with
messages' info.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODES = ROOT / "local_inn_ros" / "nodes"
EXECUTOR = NODES / "common" / "executor.py"

# Modules and names in at least one distribution.
LOOKED_UP = {
    "rclpy": {"init", "shutdown", "try_shutdown"},
    "rclpy.callback_groups": {
        "CallbackGroup",
        "MutuallyExclusiveCallbackGroup",
        "ReentrantCallbackGroup",
    },
    "rclpy.client": {"Client"},
    "rclpy.clock": {"Clock", "ClockType"},
    "rclpy.context": {"Context"},
    "rclpy.exceptions": {
        "InvalidHandle",
        "InvalidParameterTypeException",
        "InvalidParameterValueException",
        "InvalidTopicNameException",
    },
    "rclpy.executors": {
        "ConditionReachedException",
        "ExternalShutdownException",
        "ShutdownException",
        "SingleThreadedExecutor",
        "TimeoutException",
    },
    "rclpy.guard_condition": {"GuardCondition"},
    "rclpy.impl.implementation_singleton": {"rclpy_implementation"},
    "rclpy.impl.logging_severity": {"LoggingSeverity"},
    "rclpy.lifecycle": {"LifecycleNode", "LifecycleState", "TransitionCallbackReturn"},
    "rclpy.logging": {"get_logger"},
    "rclpy.node": {"Node"},
    "rclpy.parameter": {"Parameter", "parameter_value_to_python"},
    "rclpy.publisher": {"Publisher"},
    "rclpy.qos": {"DurabilityPolicy", "QoSPolicyKind", "QoSProfile", "ReliabilityPolicy"},
    "rclpy.qos_overriding_options": {"InvalidQosOverridesError", "QoSOverridingOptions"},
    "rclpy.signals": {"SignalHandlerOptions"},
    "rclpy.subscription": {"Subscription"},
    "rclpy.task": {"Future", "Task"},
    "rclpy.topic_endpoint_info": {"TopicEndpointInfo"},
    "rclpy.utilities": {"get_rmw_implementation_identifier", "timeout_sec_to_nsec"},
}
# Modules of these that a distribution does not have.
LACKING: dict[str, set[str]] = {
    "humble": set(),
    "jazzy": set(),
    "kilted": set(),
    "lyrical": {"rclpy.topic_endpoint_info"},
}
# What the executor takes of rclpy's objects, its wait set and their handles: not all of it is meant
# for users, so each was looked up with its parameters.
OF_OBJECTS = {
    "WaitSet": {
        "add_client",
        "add_guard_condition",
        "add_service",
        "add_subscription",
        "add_timer",
        "clear_entities",
        "get_ready_entities",
        "wait",
    },
    "handles": {"handle", "pointer", "take_message"},
    "Executor": {
        "add_node",
        "context",
        "create_task",
        "get_nodes",
        "remove_node",
        "shutdown",
        "wait_for_ready_callbacks",
        "wake",
    },
    "Node": {"clients", "guards", "services", "subscriptions", "timers"},
    "Subscription": {"callback", "msg_type", "raw"},
    "others": {"destroy", "exception", "ok", "trigger"},
}
# Classes that Humble's rclpy does not let be written with type arguments where code runs.
PLAIN_IN_HUMBLE = {"Client", "Future", "Parameter", "Publisher", "Subscription"}


def offered(distribution: str) -> set[tuple[str, str]]:
    """Return what a distribution has of what was looked up, as (module, name)."""
    return {
        (module, name)
        for module, names in LOOKED_UP.items()
        if module not in LACKING[distribution]
        for name in names
    }


def taken(source: str) -> Iterator[tuple[str, str]]:
    """Return what a source takes from rclpy when it runs, as (module, name)."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rclpy":
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "rclpy":
            yield "rclpy", node.attr


def subscripted(source: str) -> Iterator[str]:
    """Return the generic classes that code subscripts when it runs, beside its annotations."""
    tree = ast.parse(source)
    annotations = [
        part
        for node in ast.walk(tree)
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if part is not None
    ]
    said = {id(inner) for part in annotations for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and id(node) not in said:
            yield ast.unparse(node.value)


def attributes_of_others(source: str) -> set[str]:
    """Return the public attributes that a source reads and does not define itself."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    inherited = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "super()"
    }
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return {name for name in (read - own) | inherited if not name.startswith("_")}


def sources() -> list[Path]:
    files = sorted(NODES.rglob("*.py"))
    files += sorted((ROOT / "local_inn_ros" / "benchmarking" / "over_topics").glob("*.py"))
    assert len(files) > 20
    return files


@pytest.mark.parametrize("distribution", LACKING)
def test_what_is_taken_from_rclpy_is_in_the_distribution(distribution: str) -> None:
    used = {one for file in sources() for one in taken(file.read_text())}
    assert used
    assert used - offered(distribution) == set()


def test_what_the_executor_takes_of_objects_was_looked_up() -> None:
    pythons_own = {"append", "enter_context"}
    used = attributes_of_others(EXECUTOR.read_text()) - pythons_own
    assert used
    assert used - set(OF_OBJECTS) - set().union(*OF_OBJECTS.values()) == set()


def test_type_arguments_that_humble_lacks_stand_in_annotations_alone() -> None:
    found = {
        f"{file.name}: {name}"
        for file in sources()
        for name in subscripted(file.read_text())
        if name in PLAIN_IN_HUMBLE
    }
    assert found == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "from rclpy.experimental import EventsExecutor",
            {("rclpy.experimental", "EventsExecutor")},
        ),
        ("import rclpy\nrclpy.spin_for(1.0)", {("rclpy", "spin_for")}),
        ("if TYPE_CHECKING:\n    from rclpy.types import Word", set()),
        ("from std_msgs.msg import Bool", set()),
    ],
)
def test_what_is_taken_is_seen(source: str, found: set[tuple[str, str]]) -> None:
    assert set(taken(source)) == found


def test_what_lyrical_lacks_is_known() -> None:
    kept = ("rclpy.topic_endpoint_info", "TopicEndpointInfo")
    assert [each for each in LACKING if kept in offered(each)] == ["humble", "jazzy", "kilted"]


def test_type_arguments_are_seen() -> None:
    assert list(subscripted("made: Future[int] = Future()")) == []
    assert list(subscripted("made = Future[int]()")) == ["Future"]


def test_attributes_of_others_are_seen() -> None:
    source = "class A:\n    def go(self):\n        self.go()\n        self._b.trigger()\n"
    assert attributes_of_others(source) == {"trigger"}
    assert attributes_of_others(source + "        super().wake()\n") == {"trigger", "wake"}
