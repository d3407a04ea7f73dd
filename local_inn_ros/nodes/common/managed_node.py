# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node with a life cycle, which starts by itself unless a manager is to start it."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.bond import ManagerBond
from local_inn_ros.nodes.common.diagnostics import ERROR, WARN, DiagnosticsPublisher, Health
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import NodeParameters, Parameters
from local_inn_ros.places import reason


class Work(Protocol):
    """What a node does while it is configured; it is let go of when the node is cleaned up."""

    def begin(self) -> None:
        """Take in that the node is active now."""

    def pause(self) -> None:
        """Take in that the node will be inactive."""

    def examine(self) -> Health:
        """Say how the work goes, since this was asked last."""

    def statistics(self) -> Mapping[str, int]:
        """Return how often each thing happened since the work was built."""


Values = TypeVar("Values", bound=NodeParameters)
WorkType = TypeVar("WorkType", bound=Work)


def refusing(
    change: Callable[[ChangeState.Request, ChangeState.Response], ChangeState.Response],
    warn: Callable[[str], object],
) -> Callable[[ChangeState.Request, ChangeState.Response], ChangeState.Response]:
    """Return what answers that a change of state has failed where it is not allowed.

    Before Kilted, rclpy raises what rcl says of it, out of the service and of the executor: the
    process would end. Nav2's manager asks for such changes when it resets a node that has died.
    """

    def answer(
        request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        try:
            return change(request, response)
        except RuntimeError as error:
            wanted = request.transition.label or f"with the number {request.transition.id}"
            warn(f"the transition {wanted} is not allowed now, and nothing was changed ({error})")
            response.success = False
            return response

    return answer


class StartError(LocalInnError):
    """A node that could not be configured or activated at its start."""


class ManagedNode(LifecycleNode, ABC, Generic[Values, WorkType]):
    """Configured: its work is built, which loads what it needs. Active: it publishes.

    A transition that fails says why in the log and in ``/diagnostics``, and leaves the node as it
    was before. Cleanup takes everything away that the configuration has made.
    """

    def __init__(self, name: str, kind: type[Values], **node_arguments: Any) -> None:
        """Begin unconfigured.

        Args:
            name: of the node.
            kind: its parameters.
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            ParameterError: a parameter cannot be used.
        """
        super().__init__(name, **node_arguments)
        self._entities = Entities(self)
        self._work: WorkType | None = None
        self._bond = ManagerBond(self)
        self._trouble = ""
        self._over = False
        self.parameters = Parameters(self, kind)
        for service in self.services:
            if service.srv_type is ChangeState:
                service.callback = refusing(service.callback, self.get_logger().warning)
        self._diagnostics = DiagnosticsPublisher(self, self._examine)

    @abstractmethod
    def build(self, entities: Entities) -> WorkType:
        """Build the work.

        Args:
            entities: makes what it needs on the graph, and takes that away with it.

        Raises:
            LocalInnError: a parameter, or what it names, cannot be used.
        """

    @property
    def work(self) -> WorkType:
        """The work of a configured node.

        Raises:
            RuntimeError: it is not configured.
        """
        if self._work is None:
            raise RuntimeError(f"the node '{self.get_name()}' is not configured")
        return self._work

    def statistics(self) -> Mapping[str, int]:
        """Return how often each thing happened, as the diagnostics have it.

        Counted since the node was configured; nothing where it is not.
        """
        return {} if self._work is None else self._work.statistics()

    def start(self) -> None:
        """Configure and activate the node, where parameter ``autostart`` says so.

        Raises:
            StartError: that failed.
        """
        if not self.parameters.now.autostart:
            # Also told to who finds a node here that has crashed and was started again.
            self.get_logger().info(
                "unconfigured: waits for a lifecycle manager, or `ros2 lifecycle set "
                f"{self.get_fully_qualified_name()} configure`; a manager that has brought its "
                "nodes up before does not do it again by itself"
            )
            return
        for trigger in (self.trigger_configure, self.trigger_activate):
            if trigger() != TransitionCallbackReturn.SUCCESS:
                raise StartError(self._trouble)

    def set_parameters_atomically(
        self, parameter_list: list[Parameter[Any]]
    ) -> SetParametersResult:
        """Set parameters, all or none; what is of another type is refused by name."""
        if why := self.parameters.refusal(self, parameter_list):
            return SetParametersResult(successful=False, reason=why)
        return super().set_parameters_atomically(parameter_list)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Build the work."""

        def build() -> None:
            self._work = self.build(self._entities)
            self.parameters.in_use = True

        return self._carry_out("configured", build, self._let_go)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the work begin."""

        def activate() -> None:
            super(ManagedNode, self).on_activate(state)
            self._entities.active = True
            self.work.begin()
            self._bond.form()

        def undo() -> None:
            self._entities.active = False
            super(ManagedNode, self).on_deactivate(state)

        return self._carry_out("activated", activate, undo)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the work pause; what it knows stays."""
        self.pause()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the work."""
        self._let_go()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the work pause for good; the rest goes with the node."""
        self.pause()
        self._over = True
        return super().on_deactivate(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything, and begin unconfigured."""
        self._let_go()
        return TransitionCallbackReturn.SUCCESS

    def pause(self) -> None:
        """Let the work pause: nothing is heeded or published any more, and calls are answered."""
        self._bond.release()
        if self._work is not None and self._entities.active:
            self._work.pause()
        self._entities.active = False

    def destroy_node(self) -> None:
        """Let go of the work first."""
        self._let_go()
        super().destroy_node()

    def _carry_out(
        self, what: str, step: Callable[[], None], undo: Callable[[], None]
    ) -> TransitionCallbackReturn:
        try:
            step()
        except Exception as error:
            known = isinstance(error, LocalInnError | OSError)
            self._trouble = str(error) if known else f"{what} it could not be: {error!r}"
            if isinstance(error, OSError):
                self._trouble = f"cannot use {error.filename or 'a file'}: {reason(error)}"
            self.get_logger().error(self._trouble if known else traceback.format_exc())
            undo()
            return TransitionCallbackReturn.FAILURE
        self._trouble = ""
        return TransitionCallbackReturn.SUCCESS

    def _let_go(self) -> None:
        self.pause()
        self._entities.close()
        if self._work is not None:
            self._work = None
            self.parameters.in_use = False

    def _examine(self) -> Health:
        if self._entities.active:
            return self.work.examine()
        if self._over:
            return Health(WARN, "shut down: no transition leads on, start the process again", {})
        if self._trouble:
            return Health(ERROR, self._trouble, {})
        state = "inactive" if self._work is not None else "not configured"
        return Health(WARN, f"{state}: waits for a lifecycle manager, or `ros2 lifecycle set`", {})
