# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording localized anew, with RViz: `ros2 launch local_inn_ros replay.launch.py bag:=PATH`."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
)
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

from local_inn_ros.nodes.launching import (
    PACKAGE,
    LaunchError,
    fail_at_the_end,
    is_installed,
    is_true,
)

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
    if not is_installed("ros2bag"):
        raise LaunchError("ros2bag is not installed, which plays recordings")
    localization = PathJoinSubstitution(
        [FindPackageShare(PACKAGE), "launch", "localization.launch.py"]
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
        ExecuteProcess(cmd=player(context), on_exit=end_without_player, output="screen"),
    ]


def end_without_player(
    event: ProcessExited, context: LaunchContext
) -> list[LaunchDescriptionEntity] | None:
    """End all where the recording could not be played; at its end all else stays."""
    fail_at_the_end(event, context)
    if event.returncode == 0 or context.is_shutdown:
        return None
    return [EmitEvent(event=Shutdown(reason="the recording was not played"))]


def player(context: LaunchContext) -> list[str]:
    """Return the command that plays the recording, with a clock."""
    bag, rate, remap = (
        LaunchConfiguration(name).perform(context) for name in ("bag", "rate", "remap")
    )
    command = ["ros2", "bag", "play", bag, "--clock", "--rate", rate]
    if is_true(context, "loop"):
        command.append("--loop")
    return [*command, "--remap", *RECORDED_POSES, *remap.split()]
