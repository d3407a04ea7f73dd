# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is taken from rclpy is in Humble's too, the oldest distribution that the package is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Looked up in the sources of Humble's rclpy (3.3). What is added here must be looked up there, and
# what Humble lacks be used behind a guard, as `doctor_listener` does with messages' info.
IN_HUMBLE = {
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
    # Its `WaitSet`, with the methods that are used.
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
# Classes that Humble's rclpy does not let be written with type arguments where code runs.
PLAIN_IN_HUMBLE = {"Client", "Future", "Parameter", "Publisher", "Subscription"}


def taken(source: str) -> Iterator[tuple[str, str]]:
    """Return what a source takes from rclpy, as (module, name)."""
    for node in ast.walk(ast.parse(source)):
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


def sources() -> list[Path]:
    files = sorted((ROOT / "local_inn_ros" / "nodes").rglob("*.py"))
    files += sorted((ROOT / "local_inn_ros" / "benchmarking" / "over_topics").glob("*.py"))
    assert len(files) > 20
    return files


def test_what_is_taken_from_rclpy_is_in_humble() -> None:
    used = {one for file in sources() for one in taken(file.read_text())}
    assert used
    assert {one for one in used if one[1] not in IN_HUMBLE.get(one[0], set())} == set()


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
        ("from std_msgs.msg import Bool", set()),
    ],
)
def test_what_is_taken_is_seen(source: str, found: set[tuple[str, str]]) -> None:
    assert set(taken(source)) == found


def test_type_arguments_are_seen() -> None:
    assert list(subscripted("made: Future[int] = Future()")) == []
    assert list(subscripted("made = Future[int]()")) == ["Future"]
