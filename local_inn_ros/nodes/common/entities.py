# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a managed node has on the graph, from its configuration to its cleanup."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]
from rclpy.guard_condition import GuardCondition
from rclpy.lifecycle import LifecycleNode
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile

from local_inn_ros.nodes.common.parameters import ParameterError
from local_inn_ros.nodes.common.qos import CALLS, with_overrides


class Entities:
    """Makes publishers, subscriptions, services and timers, and takes all of them away again.

    Nothing is published, and no message or timer heeded, until ``active`` is set. Every topic's
    quality of service can be overridden by parameters of the node.
    """

    def __init__(self, node: LifecycleNode) -> None:
        """Begin with nothing, inactive."""
        self.node = node
        self.active = False
        self._undo = ExitStack()
        # The node's own group would remember, for good, whatever was in it once.
        self._group = MutuallyExclusiveCallbackGroup()

    def close(self) -> None:
        """Take everything away, the newest first."""
        self.active = False
        self._undo.close()
        self._group = MutuallyExclusiveCallbackGroup()

    def on_close(self, undo: Callable[[], object]) -> None:
        """Have something done when everything is taken away."""
        self._undo.callback(undo)

    def full_name(self, topic: str) -> str:
        """Return what a topic is called on the graph, after namespace and remapping.

        Raises:
            ParameterError: no topic can be called so.
        """
        try:
            return self.node.resolve_topic_name(topic)
        # rclpy's RCLError, whose last words are a line of its own code.
        except RuntimeError as error:
            why = str(error).partition(", at /")[0]
            raise ParameterError(f"no topic can be called '{topic}': {why}") from None

    def publisher(self, kind: type[Any], topic: str, qos: QoSProfile) -> Publisher[Any]:
        """Offer a topic.

        Raises:
            ParameterError: an override of its quality of service makes no sense.
        """
        create = partial(self.node.create_lifecycle_publisher, callback_group=self._group)
        made = with_overrides(create, kind, topic, qos)
        self._undo.callback(self.node.destroy_lifecycle_publisher, made)
        publisher: Publisher[Any] = made
        return publisher

    def subscription(
        self,
        kind: type[Any],
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        *,
        also_inactive: bool = False,
    ) -> None:
        """Listen to a topic.

        Args:
            kind: type of its messages.
            topic: its name.
            callback: heeds a message.
            qos: unless parameters override it.
            also_inactive: whether messages are heeded while the node is inactive, too: for those
                that come once and never again.

        Raises:
            ParameterError: an override of its quality of service makes no sense.
        """

        def heed(message: Any) -> None:
            if self.active or also_inactive:
                callback(message)

        def create(kind: type[Any], topic: str, qos: QoSProfile, **options: Any) -> Any:
            return self.node.create_subscription(
                kind, topic, heed, qos, callback_group=self._group, **options
            )

        made = with_overrides(create, kind, topic, qos)
        self._undo.callback(self.node.destroy_subscription, made)

    def service(
        self,
        kind: type[Any],
        name: str,
        callback: Callable[[Any, Any], Any],
        group: CallbackGroup | None = None,
    ) -> None:
        """Offer a service; its callback is called while the node is inactive, too."""
        made = self.node.create_service(
            kind,
            name,
            callback,
            qos_profile=CALLS,
            callback_group=self._group if group is None else group,
        )
        self._undo.callback(self.node.destroy_service, made)

    def timer(self, period_s: float, callback: Callable[[], None]) -> None:
        """Have something done again and again, in real time, while the node is active."""
        steady = Clock(clock_type=ClockType.STEADY_TIME)

        def heed() -> None:
            if self.active:
                callback()

        made = self.node.create_timer(period_s, heed, callback_group=self._group, clock=steady)
        self._undo.callback(self.node.destroy_timer, made)

    def guard_condition(self, callback: Callable[[], None]) -> GuardCondition:
        """Have something done in the node's executor whenever another thread asks for it."""
        made = self.node.create_guard_condition(callback, self._group)
        self._undo.callback(self.node.destroy_guard_condition, made)
        return made
