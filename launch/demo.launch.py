# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated robot that localizes itself, with RViz: `ros2 launch local_inn_ros demo.launch.py`.

Pick the robot up: `ros2 topic pub --once /simulator/teleport geometry_msgs/msg/PoseStamped ...`,
and see it find itself.
"""

from __future__ import annotations

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

PACKAGE = "local_inn_ros"


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; start simulator, localization and RViz."""
    share = FindPackageShare(PACKAGE)
    localization = PathJoinSubstitution([share, "launch", "localization.launch.py"])
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "bundle", default_value="", description="Trained model; the shipped one if empty."
            ),
            DeclareLaunchArgument("speed", default_value="2.0", description="m/s on the lap."),
            DeclareLaunchArgument("seed", default_value="0", description="Of the simulation."),
            DeclareLaunchArgument(
                "use_rviz", default_value="true", description="Open RViz where it is installed."
            ),
            DeclareLaunchArgument(
                "log_level", default_value="info", description="debug, info, warn or error."
            ),
            Node(
                package=PACKAGE,
                executable="simulator",
                parameters=[
                    {
                        "bundle": ParameterValue(LaunchConfiguration("bundle"), value_type=str),
                        "speed_mps": ParameterValue(LaunchConfiguration("speed"), value_type=float),
                        "seed": ParameterValue(LaunchConfiguration("seed"), value_type=int),
                    }
                ],
                output="screen",
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(localization),
                launch_arguments={
                    "bundle": LaunchConfiguration("bundle"),
                    "search_at_start": "true",
                    "log_level": LaunchConfiguration("log_level"),
                }.items(),
            ),
            OpaqueFunction(function=_rviz, condition=IfCondition(LaunchConfiguration("use_rviz"))),
        ]
    )


def _rviz(_: LaunchContext) -> list[LaunchDescriptionEntity]:
    try:
        get_package_prefix("rviz2")
    except PackageNotFoundError:
        return [LogInfo(msg="rviz2 is not installed: the demo runs without it")]
    view = PathJoinSubstitution([FindPackageShare(PACKAGE), "config", "localization.rviz"])
    return [Node(package="rviz2", executable="rviz2", arguments=["-d", view])]
