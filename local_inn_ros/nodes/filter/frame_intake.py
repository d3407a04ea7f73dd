# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the filter hears, taken to its own frames by what `/tf_static` tells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import seconds_now
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.odometry_intake import OdometryIntake
from local_inn_ros.nodes.common.qos import STATIC_TRANSFORMS
from local_inn_ros.nodes.common.static_transforms import StaticTransforms, TransformError
from local_inn_ros.nodes.common.told_pose import told_in_map
from local_inn_ros.nodes.filter.ekf_health import MOUNTS
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.sensing import Odometry


class FrameIntake:
    """Reads odometry and poses of any frame that is connected with the filter's own."""

    def __init__(
        self,
        entities: Entities,
        told: EkfParameters,
        tally: Tally,
        warn: Callable[[str], None],
    ) -> None:
        """Listen to `/tf_static`.

        Args:
            entities: makes the subscription.
            told: the frames.
            tally: counts the messages with transforms.
            warn: told of transforms that cannot be used, and of frames that are empty.
        """
        self._told = told
        self._tally = tally
        self._warn = warn
        self._transforms = StaticTransforms()
        self._odometry = OdometryIntake(
            self._transforms,
            told.odom_frame_id,
            told.base_frame_id,
            partial(seconds_now, entities.node),
            warn,
        )
        entities.subscription(
            TFMessage, "/tf_static", self._on_transforms, STATIC_TRANSFORMS, also_inactive=True
        )

    def odometry(self, message: OdometryMessage) -> Odometry:
        """Read odometry as of the base in the odometry frame.

        Raises:
            MessageError: it cannot be used, or nothing connects its frames with those.
        """
        return self._odometry.read(message)

    def pose(
        self, message: PoseWithCovarianceStamped, map_from_odom: Pose2 | None
    ) -> GaussianPose2:
        """Read a pose that was told as of the map.

        Args:
            message: of any frame.
            map_from_odom: the odometry frame in the map; None where it is not known.

        Raises:
            MessageError: it is no pose, or nothing connects its frame with the map.
        """
        if not message.header.frame_id:
            self._warn("an initial pose has no frame_id: taken as of the map")
        told, tree = self._told, self._transforms.tree
        return told_in_map(message, tree, told.global_frame_id, told.odom_frame_id, map_from_odom)

    def _on_transforms(self, message: TFMessage) -> None:
        self._tally.count(MOUNTS)
        try:
            self._transforms.add(message)
        except TransformError as error:
            self._warn(f"/tf_static: {error}")
