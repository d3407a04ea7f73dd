# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording localized anew, with RViz: `ros2 launch local_inn_ros replay.launch.py bag:=PATH`."""

from __future__ import annotations

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
)
from launch.conditions import IfCondition
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

# What a recording may hold of another localization, put where it is in nobody's way.
RECORDED_POSES = (
    "/amcl_pose:=/recorded/amcl_pose",
    "/odometry/filtered:=/recorded/odometry/filtered",
)


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; play the bag, start localization and RViz."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="The recording: a folder or an .mcap file."),
            DeclareLaunchArgument("rate", default_value="1.0", description="Times real time."),
            DeclareLaunchArgument(
                "loop", default_value="false", description="Begin again at the end."
            ),
            DeclareLaunchArgument(
                "remap",
                default_value="",
                description="Topics of the recording under other names, as "
                "'/front/scan:=/scan /wheels/odom:=/odom'. A recording whose /tf holds "
                "map to odom needs '/tf:=/recorded_tf'.",
            ),
            DeclareLaunchArgument(
                "bundle", default_value="", description="Trained model; the shipped one if empty."
            ),
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
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start localization, then the player; end with a sentence where there is none."""
    try:
        get_package_prefix("ros2bag")
    except PackageNotFoundError:
        reason = "ros2bag is not installed, which plays recordings"
        return [LogInfo(msg=reason), EmitEvent(event=Shutdown(reason=reason))]
    localization = PathJoinSubstitution(
        [FindPackageShare("local_inn_ros"), "launch", "localization.launch.py"]
    )
    passed_on = ("bundle", "search_at_start", "use_rviz", "log_level")
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(localization),
            launch_arguments={
                **{name: LaunchConfiguration(name) for name in passed_on},
                "use_sim_time": "true",
            }.items(),
        ),
        ExecuteProcess(cmd=player(context), output="screen"),
    ]


def player(context: LaunchContext) -> list[str]:
    """Return the command that plays the recording, with a clock."""
    bag, rate, remap = (
        LaunchConfiguration(name).perform(context) for name in ("bag", "rate", "remap")
    )
    command = ["ros2", "bag", "play", bag, "--clock", "--rate", rate]
    if IfCondition(LaunchConfiguration("loop")).evaluate(context):
        command.append("--loop")
    return [*command, "--remap", *RECORDED_POSES, *remap.split()]
