# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nav2's service to tell where the robot is, where its messages are installed."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped

from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.qos import RELIABLE

try:
    from nav2_msgs.srv import SetInitialPose
except ImportError:
    # Without Nav2 nobody calls it.
    SetInitialPose = None


def offer_initial_pose_service(entities: Entities) -> None:
    """Offer `set_initial_pose`: what it is told goes out on `initialpose`, where all nodes hear it.

    Args:
        entities: makes the service.
    """
    if SetInitialPose is None:
        return
    publisher = entities.publisher(PoseWithCovarianceStamped, "initialpose", RELIABLE)

    def pass_on(request: Any, response: Any) -> Any:
        publisher.publish(request.pose)
        return response

    entities.service(SetInitialPose, "set_initial_pose", pass_on)
