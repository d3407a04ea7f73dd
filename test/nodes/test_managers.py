# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nav2's lifecycle manager drives both nodes: in order, in reverse, and where that is not allowed.

The sequences are those of nav2_lifecycle_manager (Nav2, Jazzy to Rolling): nodes are brought up in
their order and down in reverse, each change is followed by a look at the state, a hard change goes
on where one has failed, and a shutdown is asked of nodes whatever state they are in.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from localizer_bench import compile_once
from model_fixtures import oracle_model, room
from ros_fixtures import RosWorld

from local_inn_ros.nodes.common.managed_node import refusing
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer

UNCONFIGURED = State.PRIMARY_STATE_UNCONFIGURED
INACTIVE = State.PRIMARY_STATE_INACTIVE
ACTIVE = State.PRIMARY_STATE_ACTIVE
FINALIZED = State.PRIMARY_STATE_FINALIZED
CONFIGURE = Transition.TRANSITION_CONFIGURE
ACTIVATE = Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
CLEANUP = Transition.TRANSITION_CLEANUP
SHUTDOWN = Transition.TRANSITION_UNCONFIGURED_SHUTDOWN
STATE_AFTER = {
    CONFIGURE: INACTIVE,
    ACTIVATE: ACTIVE,
    DEACTIVATE: INACTIVE,
    CLEANUP: UNCONFIGURED,
    SHUTDOWN: FINALIZED,
}
# In the order of the launch file.
NODES = ("lidar_localizer", "ekf")


class NavManager:
    """Brings nodes up and down as nav2_lifecycle_manager does."""

    def __init__(self, ros: RosWorld, names: Sequence[str] = NODES) -> None:
        self._ros = ros
        self._names = list(names)
        create = ros.probe.create_client
        self._change = {name: create(ChangeState, f"{name}/change_state") for name in names}
        self._get = {name: create(GetState, f"{name}/get_state") for name in names}
        for client in (*self._change.values(), *self._get.values()):
            ros.wait_for(client.service_is_ready, "the nodes' services")

    def state(self, name: str) -> int:
        future = self._get[name].call_async(GetState.Request())
        self._ros.wait_for(future.done, f"the state of {name}")
        return int(future.result().current_state.id)

    def states(self) -> set[int]:
        return {self.state(name) for name in self._names}

    def ask(self, name: str, transition: int, label: str = "") -> bool:
        """Ask a node for a change, and return what it answers."""
        request = ChangeState.Request(transition=Transition(id=transition, label=label))
        future = self._change[name].call_async(request)
        self._ros.wait_for(future.done, f"an answer of {name}")
        return bool(future.result().success)

    def change(self, transition: int, hard: bool = False) -> bool:
        """Change all nodes, and tell whether all have come to where they should."""
        upward = transition in (CONFIGURE, ACTIVATE)
        for name in self._names if upward else reversed(self._names):
            done = self.ask(name, transition)
            if not (done and self.state(name) == STATE_AFTER[transition]) and not hard:
                return False
        return True

    def startup(self) -> bool:
        return self.change(CONFIGURE) and self.change(ACTIVATE)

    def reset(self, hard: bool = False) -> bool:
        return self.change(DEACTIVATE, hard) and self.change(CLEANUP, hard)

    def shutdown(self) -> None:
        for transition in (DEACTIVATE, CLEANUP, SHUTDOWN):
            self.change(transition)


@pytest.fixture
def manager(ros: RosWorld) -> NavManager:
    compile_once()
    ros.start(LidarLocalizer, oracle_model(room()), autostart=False)
    ros.start(Ekf, autostart=False)
    return NavManager(ros)


def test_a_manager_brings_both_up_pauses_resets_and_brings_them_up_again(
    manager: NavManager,
) -> None:
    assert manager.startup()
    assert manager.change(DEACTIVATE)
    assert manager.states() == {INACTIVE}
    assert manager.change(ACTIVATE)
    assert manager.reset()
    assert manager.states() == {UNCONFIGURED}
    assert manager.startup()
    assert manager.states() == {ACTIVE}


def test_a_hard_reset_goes_over_nodes_in_any_state(manager: NavManager) -> None:
    # Of nodes that were never brought up, as after a crash and a new start.
    assert manager.reset(hard=True)
    assert manager.states() == {UNCONFIGURED}
    assert manager.startup()
    # Of one that another has brought down already.
    assert manager.ask("ekf", DEACTIVATE)
    assert manager.ask("ekf", CLEANUP)
    assert manager.reset(hard=True)
    assert manager.states() == {UNCONFIGURED}
    assert manager.startup()
    assert manager.states() == {ACTIVE}


def test_a_startup_of_nodes_that_are_up_fails_and_leaves_them(manager: NavManager) -> None:
    assert manager.startup()
    assert not manager.startup()
    assert manager.states() == {ACTIVE}


def test_a_shutdown_ends_a_life_and_nothing_is_allowed_after_it(manager: NavManager) -> None:
    assert manager.startup()
    manager.shutdown()
    assert manager.states() == {FINALIZED}
    manager.shutdown()
    assert not manager.startup()
    assert manager.states() == {FINALIZED}


@pytest.mark.parametrize("name", NODES)
def test_every_transition_in_every_state_has_an_answer(manager: NavManager, name: str) -> None:
    reach = {UNCONFIGURED: (), INACTIVE: (CONFIGURE,), ACTIVE: (CONFIGURE, ACTIVATE)}
    allowed = {
        UNCONFIGURED: {CONFIGURE},
        INACTIVE: {CLEANUP, ACTIVATE},
        ACTIVE: {DEACTIVATE},
    }
    asked = {CONFIGURE, CLEANUP, ACTIVATE, DEACTIVATE, 0, 60, 255}
    for state, way in reach.items():
        for transition in way:
            manager.ask(name, transition)
        for transition in sorted(asked - allowed[state]):
            assert not manager.ask(name, transition)
            assert manager.state(name) == state
        assert not manager.ask(name, 0, label="no_such_transition")
        assert manager.state(name) == state
        manager.reset(hard=True)


def test_what_rclpy_raises_of_a_transition_is_an_answer() -> None:
    # As rclpy does before Kilted: its RCLError is a RuntimeError.
    def raise_it(_: ChangeState.Request, __: ChangeState.Response) -> ChangeState.Response:
        raise RuntimeError("Failed to trigger lifecycle state machine transition")

    warned: list[str] = []
    request = ChangeState.Request(transition=Transition(id=DEACTIVATE))
    answer = refusing(raise_it, warned.append)(request, ChangeState.Response(success=True))
    assert not answer.success
    assert len(warned) == 1
    assert "with the number 4 is not allowed now, and nothing was changed" in warned[0]
