# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the filter's node; AMCL's names where AMCL has the same."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.nodes.common.noise_parameters import NoiseParameters
from local_inn_ros.nodes.common.parameters import (
    NodeParameters,
    Numbers,
    ParameterInfo,
    diagnostic_limit,
    parameter,
)


@dataclass(frozen=True)
class EkfParameters(NoiseParameters, NodeParameters):
    """What the node can be told."""

    fix_topics: tuple[str, ...] = parameter(
        ("lidar_localizer/measurement",),
        ParameterInfo("Topics with PoseWithCovarianceStamped to fuse, one for each localizer."),
    )
    fix_delays: tuple[float, ...] = parameter(
        Numbers((0.0,)),
        ParameterInfo(
            "How much too late the stamps of each of fix_topics are; the last is for those that "
            "follow, too.",
            low=-1.0,
            high=1.0,
            unit="s",
        ),
    )
    fix_shared_shares: tuple[float, ...] = parameter(
        Numbers((0.9,)),
        ParameterInfo(
            "Share of the variance of a fix of each of fix_topics that is the same in the next one "
            "at the same place; the last is for those that follow, too.",
            low=0.0,
            high=0.99,
        ),
    )
    lost_topics: tuple[str, ...] = parameter(
        ("lidar_localizer/lost",),
        ParameterInfo("Topics with Bool: the robot is lost while the last word of any is true."),
    )
    global_frame_id: str = parameter(
        "map", ParameterInfo("Frame of the map.", amcl="global_frame_id")
    )
    odom_frame_id: str = parameter(
        "odom", ParameterInfo("Frame of the odometry.", amcl="odom_frame_id")
    )
    base_frame_id: str = parameter(
        "base_link", ParameterInfo("Frame of the robot's base.", amcl="base_frame_id")
    )
    tf_broadcast: bool = parameter(
        True,
        ParameterInfo("Publish the transform from map to odom.", live=True, amcl="tf_broadcast"),
    )
    transform_tolerance: float = parameter(
        1.0,
        ParameterInfo(
            "How far ahead the transform is stamped.",
            low=0.0,
            high=10.0,
            unit="s",
            live=True,
            amcl="transform_tolerance",
        ),
    )
    set_initial_pose: bool = parameter(
        False,
        ParameterInfo("Begin at initial_pose when activated first.", amcl="set_initial_pose"),
    )
    initial_x: float = parameter(
        0.0,
        ParameterInfo("Where to begin.", name="initial_pose.x", unit="m", amcl="initial_pose.x"),
    )
    initial_y: float = parameter(
        0.0,
        ParameterInfo("Where to begin.", name="initial_pose.y", unit="m", amcl="initial_pose.y"),
    )
    initial_yaw: float = parameter(
        0.0,
        ParameterInfo(
            "Where to begin.", name="initial_pose.yaw", unit="rad", amcl="initial_pose.yaw"
        ),
    )
    gate_probability: float = parameter(
        0.999,
        ParameterInfo(
            "Share of right fixes that the gate lets pass.", low=0.5, high=0.999999, live=True
        ),
    )
    history: float = parameter(
        2.0, ParameterInfo("How late a fix may come.", low=0.1, high=5.0, unit="s")
    )
    odometry_rate_warn: float = diagnostic_limit(
        10.0, "warn below this rate of odometry", high=1e4, unit="Hz"
    )
    odometry_rate_error: float = diagnostic_limit(
        2.0, "report an error below this rate of odometry", high=1e4, unit="Hz"
    )
    refused_warn: float = diagnostic_limit(
        0.2, "warn above this share of fixes that the gate refused", high=1.0
    )
    refused_error: float = diagnostic_limit(
        0.8, "report an error above this share of refused fixes", high=1.0
    )
