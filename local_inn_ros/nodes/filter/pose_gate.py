# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refuses poses that nobody can be at, whoever tells them."""

from __future__ import annotations

from collections.abc import Callable

from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.nodes.common.conversions import frame_name, to_grid
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.qos import LATCHED
from local_inn_ros.world.possible_places import PossiblePlaces, Standing

FREE_SPACE = "free_space"


class PoseGate:
    """Knows from a localizer where the map is free. Until it has told, poses are let through."""

    def __init__(self, entities: Entities, frame: str, take_back: Callable[[], None]) -> None:
        """Listen.

        Args:
            entities: makes the subscription.
            frame: of the map.
            take_back: called where a pose was let through that turns out to be off the map.
        """
        self._node = entities.node
        self._frame = frame
        self._take_back = take_back
        self._places: PossiblePlaces | None = None
        self._unseen: GaussianPose2 | None = None
        entities.subscription(
            OccupancyGridMessage, FREE_SPACE, self._on_free_space, LATCHED, also_inactive=True
        )

    def refuses(self, pose: GaussianPose2) -> bool:
        """Tell whether a pose is off the map; what is wrong with it is said."""
        self._unseen = pose if self._places is None else None
        return self._places is not None and self._speaks_against(self._places, pose)

    def confirmed(self) -> None:
        """Take in that scans have confirmed the pose: it is not asked about any more."""
        self._unseen = None

    def _speaks_against(self, places: PossiblePlaces, pose: GaussianPose2) -> bool:
        judged = places.judge(pose, self._frame)
        if judged.standing is Standing.OFF:
            self._node.get_logger().error(f"refused: {judged.sentence}")
            return True
        if judged.sentence:
            self._node.get_logger().warning(judged.sentence)
        return False

    def _on_free_space(self, message: OccupancyGridMessage) -> None:
        if frame_name(message.header.frame_id) != frame_name(self._frame):
            return
        try:
            self._places = PossiblePlaces(to_grid(message))
        except LocalInnError as error:
            self._node.get_logger().error(f"what is free on the map cannot be read: {error}")
            return
        unseen, self._unseen = self._unseen, None
        if unseen is not None and self._speaks_against(self._places, unseen):
            self._take_back()
