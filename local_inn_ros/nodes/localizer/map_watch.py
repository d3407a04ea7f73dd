# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the map that others go by is the one that the bundle was trained for."""

from __future__ import annotations

from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from rclpy.node import Node

from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.conversions import to_grid
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.localizer.localizer_health import MAP
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.model import RunnableModel


class MapWatch:
    """Compares the maps that come with the bundle's own."""

    def __init__(
        self,
        node: Node,
        parameters: Parameters[LocalizerParameters],
        model: RunnableModel,
        tally: Tally,
    ) -> None:
        """Have seen no map.

        Args:
            node: says in its log what is wrong.
            parameters: say whether later maps count as well.
            model: whose map it should be.
            tally: counts the maps.
        """
        self._node = node
        self._parameters = parameters
        self._model = model
        self._tally = tally
        self._seen = False
        # What is wrong with the newest map that counts; empty where nothing is.
        self.trouble = ""

    def heed(self, message: OccupancyGridMessage) -> None:
        """Take in a map that came on `map`."""
        if self._seen and self._parameters.now.first_map_only:
            return
        self._seen = True
        self._tally.count(MAP)
        try:
            self.trouble = self._model.doubt_about(to_grid(message))
        except LocalInnError as error:
            self.trouble = f"the map on '{self._node.resolve_topic_name('map')}': {error}"
        if self.trouble:
            self._node.get_logger().error(self.trouble)
