# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns laser scans into fixes, and finds the robot on the whole map."""

from __future__ import annotations

import sys
from typing import Any

from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.frame_parameters import check_frames
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.managed_node import ManagedNode
from local_inn_ros.nodes.common.runner import run_nodes
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.model import RunnableModel, load_model
from local_inn_ros.nodes.localizer.observer import Observer


class LidarLocalizer(ManagedNode[LocalizerParameters, Observer]):
    """Scans in; `~/fix`, `~/measurement` and what explains them out."""

    def __init__(
        self,
        model: RunnableModel | None = None,
        handover: Handover | None = None,
        **node_arguments: Any,
    ) -> None:
        """Begin unconfigured.

        Args:
            model: used in place of the one that the parameter `bundle` names.
            handover: leads to a filter in this process, where there is one.
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            ParameterError: a parameter cannot be used.
        """
        super().__init__("lidar_localizer", LocalizerParameters, **node_arguments)
        self._given = model
        self._handover = Handover() if handover is None else handover

    def build(self, entities: Entities) -> Observer:
        """Load the bundle, and build what works with it.

        Raises:
            LocalInnError: the bundle or a parameter cannot be used.
        """
        told = self.parameters.now
        check_frames(global_frame_id=told.global_frame_id, base_frame_id=told.base_frame_id)
        model = self._load() if self._given is None else self._given
        work = Observer(entities, self.parameters, model, self._handover)
        self.get_logger().info(f"bundle {model.name} on {model.model.engine_name}")
        return work

    def _load(self) -> RunnableModel:
        logger = self.get_logger()
        logger.info("loads the bundle; where it never ran, this compiles for a while")
        return load_model(self.parameters.now, logger.warning)


def main() -> int:
    """Run the node."""
    return run_nodes("lidar_localizer", lambda: [LidarLocalizer()])


if __name__ == "__main__":
    sys.exit(main())
