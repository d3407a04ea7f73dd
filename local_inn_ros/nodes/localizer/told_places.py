# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells where the map is free, and which of the poses that are told lie nowhere near it."""

from __future__ import annotations

from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.search.saved_pose import SavedPose
from local_inn_ros.nodes.common.conversions import grid_message
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.qos import LATCHED
from local_inn_ros.world.possible_places import PossiblePlaces, Standing


class ToldPlaces:
    """The map's free space, for the filter to judge by as well: both follow one rule.

    A bundle without a map tells nothing, and refuses nothing.
    """

    def __init__(self, entities: Entities, bundle: Bundle, frame: str) -> None:
        """Offer it.

        Args:
            entities: makes the publisher.
            bundle: whose map it is.
            frame: of the map.
        """
        self._node = entities.node
        self._frame = frame
        # A camera knows where things are, and not where a robot can stand.
        known = bundle.occupancy is not None
        self._places = PossiblePlaces.of(bundle.free_space()) if known else None
        if self._places is None:
            return
        self._publisher = entities.publisher(OccupancyGridMessage, "free_space", LATCHED)

    def publish(self) -> None:
        """Tell it to those who listen, and to who will."""
        if self._places is None:
            return
        stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(grid_message(self._places.raster, stamp, self._frame))

    def refuses(self, pose: GaussianPose2) -> bool:
        """Tell whether a pose is off the map; the filter, which hears it too, says so."""
        places = self._places
        return places is not None and places.judge(pose, self._frame).standing is Standing.OFF

    def passed(self, saved: SavedPose | None) -> SavedPose | None:
        """Return a pose that was saved; None, with a warning, where it is off the map."""
        if saved is None or self._places is None or not self.refuses(saved.pose):
            return saved
        judged = self._places.judge(saved.pose, self._frame)
        self._node.get_logger().warning(f"the saved pose is not used: {judged.sentence}")
        return None
