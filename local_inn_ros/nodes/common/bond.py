# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The bond by which Nav2's lifecycle manager notices that a node has died."""

from __future__ import annotations

import inspect
from typing import Any

from rclpy.lifecycle import LifecycleNode

try:
    from bondpy.bondpy import Bond
except ImportError:
    # Not on every distribution; Nav2 then needs `bond_timeout: 0.0`.
    Bond = None

# What Nav2's own nodes use.
_TOPIC = "bond"
_HEARTBEAT_PERIOD_S = 0.1
_HEARTBEAT_TIMEOUT_S = 4.0


class ManagerBond:
    """Holds the bond while a node is active; without ``bondpy`` it does nothing."""

    def __init__(self, node: LifecycleNode) -> None:
        """Prepare; the bond's name is the node's, as the manager expects."""
        self._node = node
        self._bond: Any = None

    def form(self) -> None:
        """Begin to tell that the node lives."""
        if Bond is None:
            return
        # Versions of bondpy differ in the order of these, and in the name of one.
        key = "id" if "id" in inspect.signature(Bond).parameters else "bond_id"
        self._bond = Bond(topic=_TOPIC, node=self._node, **{key: self._node.get_name()})
        self._bond.heartbeat_period = _HEARTBEAT_PERIOD_S
        self._bond.heartbeat_timeout = _HEARTBEAT_TIMEOUT_S
        self._bond.start()

    def release(self) -> None:
        """Tell that the node goes on purpose."""
        if self._bond is None:
            return
        bond, self._bond = self._bond, None
        bond.break_bond()
        # Its own shutdown destroys what the node goes on listening to, which ends the executor.
        bond.is_shutdown = True
        with bond.condition:
            bond.condition.notify_all()
        for timer in (bond.connect_timer, bond.heartbeat_timer, bond.disconnect_timer):
            timer.cancel()
        self._node.destroy_subscription(bond.sub)
        self._node.destroy_publisher(bond.pub)
