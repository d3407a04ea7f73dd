# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated robot that localizes itself, with RViz: `ros2 launch local_inn_ros demo.launch.py`.

Pick the robot up: `ros2 topic pub --once /simulator/teleport geometry_msgs/msg/PoseStamped ...`,
and see it find itself.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from local_inn_ros.nodes.launching import PACKAGE, REMAPPINGS, fail_at_the_end, number


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; start simulator, localization and RViz."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Of all nodes."),
            DeclareLaunchArgument(
                "bundle", default_value="", description="Trained model; the shipped one if empty."
            ),
            DeclareLaunchArgument("speed", default_value="2.0", description="m/s on the lap."),
            DeclareLaunchArgument("seed", default_value="0", description="Of the simulation."),
            DeclareLaunchArgument(
                "search_at_start",
                default_value="true",
                description="Search the whole map until somebody has told a pose.",
            ),
            DeclareLaunchArgument(
                "use_rviz", default_value="true", description="Open RViz where it is installed."
            ),
            DeclareLaunchArgument(
                "log_level", default_value="info", description="debug, info, warn or error."
            ),
            OpaqueFunction(function=start_simulator),
            OpaqueFunction(function=start_localization),
        ]
    )


def start_simulator(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the robot."""
    told = {
        "bundle": ParameterValue(LaunchConfiguration("bundle"), value_type=str),
        "speed_mps": number(context, "speed", float),
        "seed": number(context, "seed", int),
    }
    return [
        Node(
            package=PACKAGE,
            executable="simulator",
            namespace=LaunchConfiguration("namespace"),
            parameters=[told],
            remappings=REMAPPINGS,
            arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
            on_exit=fail_at_the_end,
            output="screen",
        )
    ]


def start_localization(_: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start localization and RViz; other arguments of theirs are none of the demo's."""
    share = FindPackageShare(PACKAGE)
    localization = PathJoinSubstitution([share, "launch", "localization.launch.py"])
    passed_on = ("namespace", "bundle", "search_at_start", "use_rviz", "log_level")
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(localization),
            launch_arguments={
                **{name: LaunchConfiguration(name) for name in passed_on},
                # The simulator goes by the machine's clock.
                "use_sim_time": "false",
            }.items(),
        )
    ]
