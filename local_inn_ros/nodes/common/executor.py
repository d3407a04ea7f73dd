# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An executor of one thread that takes little time over each message."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any, cast

from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.executors import (
    ConditionReachedException,
    ExternalShutdownException,
    ShutdownException,
    SingleThreadedExecutor,
    TimeoutException,
)
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.subscription import Subscription
from rclpy.task import Task
from rclpy.utilities import timeout_sec_to_nsec


class MessageExecutor(SingleThreadedExecutor):
    """Hands messages over directly, and leaves all else to rclpy's executor.

    rclpy's makes a new wait set of all that any node has, the events of publishers and
    subscriptions among it, twice for each message. Here the wait set is kept until something comes
    or goes, and events are left out: they are looked at whenever a timer, a service or a task is.

    For nodes whose subscriptions take the message alone, and await nothing. It is shut down when
    it spins no more.

    Kept beside rclpy's ``EventsExecutor``, which is as quick and takes a tenth less, since Humble
    has none, and that of Jazzy and Kilted refuses guard conditions and hangs on errors of tasks:
    docs/performance.md, "Executors", has what was measured.
    """

    # Whatever else comes up wakes the executor by it; None before the start and after the end.
    _waker: GuardCondition | None = None
    _changed = False

    def __init__(self, *, context: Context | None = None) -> None:
        """Begin without nodes."""
        super().__init__(context=context)
        waker = GuardCondition(callback=None, callback_group=None, context=self.context)
        self._waited = _Waited(self.context, [], waker)
        self._waker = waker

    def add_node(self, node: Node) -> bool:
        """Run the callbacks of a node, too."""
        added = super().add_node(node)
        self._rouse()
        return added

    def remove_node(self, node: Node) -> None:
        """Run the callbacks of a node no more."""
        super().remove_node(node)
        self._rouse()

    def create_task(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Task[Any]:
        """Have something done in the executor's thread; from any thread."""
        task: Task[Any] = super().create_task(callback, *args, **kwargs)
        self._rouse()
        return task

    def wake(self) -> None:
        """Take in that something came or went, or that a task may go on; from any thread."""
        super().wake()
        self._rouse()

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait until something is ready, and do all that is.

        Raises:
            ExternalShutdownException: the context was shut down.
        """
        if self._waker is None:
            return
        if self._changed:
            # First: what changes from here on is for the next time.
            self._changed = False
            self._insist_on_context()
            self._waited.close()
            self._waited = _Waited(self.context, self.get_nodes(), self._waker)
        messages, others = self._waited.wait(timeout_sec)
        for subscription in messages:
            _deliver(subscription)
        if others:
            self._do_others()

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Let go of all nodes."""
        done = super().shutdown(timeout_sec)
        self._waited.close()
        if self._waker is not None:
            self._waker.destroy()
            self._waker = None
        return done

    def _rouse(self) -> None:
        self._changed = True
        if self._waker is not None:
            self._waker.trigger()

    def _do_others(self) -> None:
        """Do all that is ready, and take every task that is under way one step on."""
        self._insist_on_context()
        while True:
            try:
                task, _, _ = self.wait_for_ready_callbacks(timeout_sec=0.0)
            except (TimeoutException, ShutdownException, ConditionReachedException):
                return
            task()
            error = task.exception()
            if error is not None:
                raise error

    def _insist_on_context(self) -> None:
        if not self.context.ok():
            raise ExternalShutdownException


class _Waited:
    """All that is waited for, held in use so that it is not destroyed meanwhile."""

    def __init__(self, context: Context, nodes: list[Node], waker: GuardCondition) -> None:
        handle = context.handle
        assert handle is not None
        self._in_use = ExitStack()
        self._in_use.enter_context(handle)
        self._subscriptions = self._held(one for node in nodes for one in node.subscriptions)
        self._timers = self._held(one for node in nodes for one in node.timers)
        self._clients = self._held(one for node in nodes for one in node.clients)
        self._services = self._held(one for node in nodes for one in node.services)
        self._guards = self._held(one for node in nodes for one in node.guards)
        self._waker = waker
        self._set = rclpy_implementation.WaitSet(
            len(self._subscriptions),
            len(self._guards) + 1,
            len(self._timers),
            len(self._clients),
            len(self._services),
            0,
            handle,
        )

    def _held(self, entities: Iterable[Any]) -> list[Any]:
        held = []
        for one in entities:
            try:
                self._in_use.enter_context(one.handle)
            except InvalidHandle:
                continue
            held.append(one)
        return held

    def close(self) -> None:
        self._in_use.close()

    def wait(self, timeout_sec: float | None) -> tuple[list[Subscription[Any]], bool]:
        """Return the subscriptions that have messages, and whether anything else is ready."""
        waited, ready = self._set, self._set.get_ready_entities
        # What was not ready the last time was taken out of the set by the waiting.
        waited.clear_entities()
        waited.add_guard_condition(self._waker.handle)
        for guard in self._guards:
            waited.add_guard_condition(guard.handle)
        for subscription in self._subscriptions:
            waited.add_subscription(subscription.handle)
        for timer in self._timers:
            waited.add_timer(timer.handle)
        for client in self._clients:
            waited.add_client(client.handle)
        for service in self._services:
            waited.add_service(service.handle)
        waited.wait(timeout_sec_to_nsec(timeout_sec))
        guards = ready("guard_condition")
        for guard in self._guards:
            if guard.handle.pointer in guards:
                # The waiting has reset it; rclpy's own is to find it, too.
                guard.trigger()
        others = bool(guards or ready("timer") or ready("service") or ready("client"))
        messages = ready("subscription")
        return [one for one in self._subscriptions if one.handle.pointer in messages], others


def _deliver(subscription: Subscription[Any]) -> None:
    handle, heed = subscription.handle, cast(Callable[[Any], object], subscription.callback)
    try:
        with handle:
            taken = handle.take_message(subscription.msg_type, subscription.raw)
    except InvalidHandle:
        # Taken away by what another message led to.
        return
    if taken is not None:
        heed(taken[0])
