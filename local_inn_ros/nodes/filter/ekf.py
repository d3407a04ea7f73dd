# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that fuses odometry with the fixes of any number of localizers."""

from __future__ import annotations

import sys
from typing import Any

from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.frame_parameters import check_frames
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.managed_node import ManagedNode
from local_inn_ros.nodes.common.runner import run_nodes
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.filter.fuser import Fuser


class Ekf(ManagedNode[EkfParameters, Fuser]):
    """Odometry and fixes in; `amcl_pose`, `odometry/filtered` and the map's transform out."""

    def __init__(self, handover: Handover | None = None, **node_arguments: Any) -> None:
        """Begin unconfigured.

        Args:
            handover: leads to localizers in this process, where there are any.
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            ParameterError: a parameter cannot be used.
        """
        super().__init__("ekf", EkfParameters, **node_arguments)
        self._handover = Handover() if handover is None else handover

    def build(self, entities: Entities) -> Fuser:
        """Build the filter and what feeds it.

        Raises:
            ParameterError: the frames cannot be those of one tree.
        """
        told = self.parameters.now
        check_frames(
            global_frame_id=told.global_frame_id,
            odom_frame_id=told.odom_frame_id,
            base_frame_id=told.base_frame_id,
        )
        return Fuser(entities, self.parameters, self._handover)


def main() -> int:
    """Run the node."""
    return run_nodes("ekf", lambda: [Ekf()])


if __name__ == "__main__":
    sys.exit(main())
