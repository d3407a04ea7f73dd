# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RViz on one robot, in its namespace; a sentence where RViz is not installed."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from local_inn_ros.nodes.launching import PACKAGE, is_installed, is_true

# What config/localization.rviz shows and sends, taken into the namespace.
TOPICS = (
    "tf",
    "tf_static",
    "map",
    "map_updates",
    "scan",
    "lidar_localizer/expected_scan",
    "lidar_localizer/samples",
    "lidar_localizer/modes",
    "amcl_pose",
    "ground_truth",
    "initialpose",
)


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start RViz."""
    view = PathJoinSubstitution([FindPackageShare(PACKAGE), "config", "localization.rviz"])
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Of the robot."),
            DeclareLaunchArgument(
                "rviz_config", default_value=view, description="What RViz shows, and how."
            ),
            DeclareLaunchArgument(
                "use_sim_time", default_value="false", description="Take the time from /clock."
            ),
            DeclareLaunchArgument(
                "log_level", default_value="info", description="debug, info, warn or error."
            ),
            OpaqueFunction(function=start_rviz),
        ]
    )


def start_rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start RViz where it is installed."""
    if not is_installed("rviz2"):
        return [LogInfo(msg="rviz2 is not installed: there is no picture")]
    sim_time = is_true(context, "use_sim_time")
    return [
        Node(
            package="rviz2",
            executable="rviz2",
            namespace=LaunchConfiguration("namespace"),
            parameters=[{"use_sim_time": sim_time}],
            remappings=[(f"/{topic}", topic) for topic in TOPICS],
            arguments=[
                "-d",
                LaunchConfiguration("rviz_config"),
                "--ros-args",
                "--log-level",
                LaunchConfiguration("log_level"),
            ],
        )
    ]
