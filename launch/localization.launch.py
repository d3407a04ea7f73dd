# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localizer and filter, in place of AMCL: `ros2 launch local_inn_ros localization.launch.py`."""

from __future__ import annotations

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

PACKAGE = "local_inn_ros"
# Relative names, so that several robots can run side by side, each in its namespace.
REMAPPINGS = [("/tf", "tf"), ("/tf_static", "tf_static")]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the process."""
    defaults = PathJoinSubstitution([FindPackageShare(PACKAGE), "config", "localization.yaml"])
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Of all nodes."),
            DeclareLaunchArgument(
                "params_file", default_value=defaults, description="Parameters of the nodes."
            ),
            DeclareLaunchArgument(
                "bundle",
                default_value="",
                description="Folder of the trained model; that of params_file where empty.",
            ),
            DeclareLaunchArgument(
                "search_at_start",
                default_value="false",
                description="Search the whole map until somebody has told a pose.",
            ),
            DeclareLaunchArgument(
                "use_sim_time", default_value="false", description="Take the time from /clock."
            ),
            DeclareLaunchArgument(
                "log_level", default_value="info", description="debug, info, warn or error."
            ),
            OpaqueFunction(function=_start),
        ]
    )


def parameters_given(context: LaunchContext) -> dict[str, ParameterValue]:
    """Return the parameters that overrule the file: those that were given."""
    given = {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}
    if bundle := LaunchConfiguration("bundle").perform(context):
        given["bundle"] = ParameterValue(bundle, value_type=str)
    if LaunchConfiguration("search_at_start").perform(context).lower() == "true":
        given["search_at_start"] = ParameterValue(True, value_type=bool)
    return given


def _start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    return [
        Node(
            package=PACKAGE,
            executable="localization",
            namespace=LaunchConfiguration("namespace"),
            parameters=[LaunchConfiguration("params_file"), parameters_given(context)],
            remappings=REMAPPINGS,
            arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
            output="screen",
        )
    ]
