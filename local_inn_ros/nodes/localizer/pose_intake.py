# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the filter believes, and what it is told by people and searches: the next priors."""

from __future__ import annotations

from collections.abc import Callable

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.filtering.prior import PriorKeeper
from local_inn_ros.filtering.stamped import StampedPose
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.monitoring.whereabouts import Event
from local_inn_ros.messages.frame_tree import FrameTree
from local_inn_ros.messages.readings import check_frame
from local_inn_ros.nodes.common.conversions import (
    MessageError,
    to_gaussian,
    to_odometry,
    to_seconds,
    to_speed_deviations,
)
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.odometry_intake import OdometryIntake
from local_inn_ros.nodes.common.told_pose import told_in_map
from local_inn_ros.nodes.localizer.localizer_health import FILTER_POSE, POSE_TOLD
from local_inn_ros.nodes.localizer.recovery import Recovery
from local_inn_ros.nodes.localizer.told_places import ToldPlaces


class PoseIntake:
    """Takes in what comes on `odometry/filtered`, `initialpose` and `relocalized_pose`."""

    def __init__(
        self,
        tree: FrameTree,
        map_frame: str,
        odometry: OdometryIntake,
        places: ToldPlaces,
        priors: PriorKeeper,
        recovery: Recovery,
        tally: Tally,
        complain: Callable[[str], None],
    ) -> None:
        """Have heard nothing.

        Args:
            tree: the static transforms, with which poses are taken to the map.
            map_frame: name of the map frame.
            odometry: knows the name of the odometry frame.
            places: refuses poses that are off the map.
            priors: told of each pose that counts.
            recovery: told of what happened.
            tally: counts what came, and what of it was not used.
            complain: told of messages that cannot be used.
        """
        self._tree = tree
        self._map_frame = map_frame
        self._odometry = odometry
        self._places = places
        self._priors = priors
        self._recovery = recovery
        self._tally = tally
        self._complain = complain

    def heed_filtered(self, message: OdometryMessage) -> None:
        """Hear what the filter believes."""
        try:
            check_frame("filter's pose", message.header.frame_id, self._map_frame)
            pose, speeds = to_gaussian(message.pose), to_odometry(message)
        except MessageError as error:
            self._tally.count_unusable("filtered pose", error.reason)
            self._complain(f"odometry/filtered: {error}")
            return
        self._tally.count(FILTER_POSE)
        self._recovery.note(Event.FILTER_SPOKE)
        told = StampedPose(speeds.stamp_s, pose)
        self._priors.tell(told, speeds, to_speed_deviations(message.twist))

    def heed_found(self, message: PoseWithCovarianceStamped) -> None:
        """Hear of a pose that another node has found; the own ones come back as well."""
        if not self._recovery.has_published(message):
            self.heed_told(message)

    def heed_told(self, message: PoseWithCovarianceStamped) -> None:
        """Hear that the filter begins anew; what is wrong with a pose is the filter's to say."""
        self._tally.count(POSE_TOLD)
        try:
            pose = told_in_map(
                message,
                self._tree,
                self._map_frame,
                self._odometry.odom_frame,
                self._map_from_odom(),
            )
        except LocalInnError:
            return
        if self._places.refuses(pose):
            self._tally.count("pose told refused: off the map")
            return
        self._priors.expect(StampedPose(to_seconds(message.header.stamp), pose))
        self._recovery.note(Event.POSE_TOLD)

    def _map_from_odom(self) -> Pose2 | None:
        """Return the odometry frame in the map, as the filter told last; None where not known."""
        told, base = self._priors.told, self._priors.odometry_told()
        return None if told is None or base is None else told.pose.mean @ base.inverse()
