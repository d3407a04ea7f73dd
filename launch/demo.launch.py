# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated robot that localizes itself, with RViz: `ros2 launch local_inn_ros demo.launch.py`.

Pick the robot up: `ros2 topic pub --once /simulator/teleport geometry_msgs/msg/PoseStamped ...`,
and see it find itself.
"""

from __future__ import annotations

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

PACKAGE = "local_inn_ros"


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; start simulator, localization and RViz."""
    share = FindPackageShare(PACKAGE)
    localization = PathJoinSubstitution([share, "launch", "localization.launch.py"])
    passed_on = ("namespace", "bundle", "use_rviz", "log_level")
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Of all nodes."),
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
                namespace=LaunchConfiguration("namespace"),
                parameters=[
                    {
                        "bundle": ParameterValue(LaunchConfiguration("bundle"), value_type=str),
                        "speed_mps": ParameterValue(LaunchConfiguration("speed"), value_type=float),
                        "seed": ParameterValue(LaunchConfiguration("seed"), value_type=int),
                    }
                ],
                remappings=[("/tf", "tf"), ("/tf_static", "tf_static")],
                arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
                output="screen",
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(localization),
                launch_arguments={
                    **{name: LaunchConfiguration(name) for name in passed_on},
                    "search_at_start": "true",
                }.items(),
            ),
        ]
    )
