# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localizer and filter, in place of AMCL: `ros2 launch local_inn_ros localization.launch.py`."""

from __future__ import annotations

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
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
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

PACKAGE = "local_inn_ros"
MAP_PACKAGES = ("nav2_map_server", "nav2_lifecycle_manager")
# Relative names, so that several robots can run side by side, each in its namespace.
REMAPPINGS = [("/tf", "tf"), ("/tf_static", "tf_static")]
RESPAWN_DELAY_S = 0.5


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the process."""
    share = FindPackageShare(PACKAGE)
    defaults = PathJoinSubstitution([share, "config", "localization.yaml"])
    rviz = PathJoinSubstitution([share, "launch", "rviz.launch.py"])
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Of all nodes."),
            DeclareLaunchArgument(
                "map",
                default_value="",
                description="Map (yaml) that Nav2's map server publishes; no server where empty. "
                "The localizer has its own map in the bundle and compares the two.",
            ),
            DeclareLaunchArgument(
                "bundle",
                default_value="",
                description="Folder of the trained model; that of params_file where empty.",
            ),
            DeclareLaunchArgument(
                "params_file",
                default_value=defaults,
                description="Parameters of the nodes; may hold substitutions, as $(var namespace).",
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
                "autostart",
                default_value="true",
                description="Configure and activate the nodes; otherwise they wait to be told.",
            ),
            DeclareLaunchArgument(
                "use_respawn", default_value="false", description="Start again what has crashed."
            ),
            DeclareLaunchArgument(
                "use_rviz", default_value="false", description="Open RViz where it is installed."
            ),
            DeclareLaunchArgument(
                "log_level", default_value="info", description="debug, info, warn or error."
            ),
            OpaqueFunction(function=start_map_server),
            OpaqueFunction(function=start_localization),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(rviz),
                launch_arguments={
                    name: LaunchConfiguration(name)
                    for name in ("namespace", "use_sim_time", "log_level")
                }.items(),
                condition=IfCondition(LaunchConfiguration("use_rviz")),
            ),
        ]
    )


def is_true(context: LaunchContext, name: str) -> bool:
    """Return an argument that is true or false."""
    return bool(IfCondition(LaunchConfiguration(name)).evaluate(context))


def parameters_given(context: LaunchContext) -> dict[str, ParameterValue]:
    """Return the parameters that overrule the file: those that were given."""
    given = {
        name: ParameterValue(is_true(context, name), value_type=bool)
        for name in ("use_sim_time", "autostart")
    }
    if bundle := LaunchConfiguration("bundle").perform(context):
        given["bundle"] = ParameterValue(bundle, value_type=str)
    if is_true(context, "search_at_start"):
        given["search_at_start"] = ParameterValue(True, value_type=bool)
    return given


def start_localization(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the process of both nodes."""
    return [
        Node(
            package=PACKAGE,
            executable="localization",
            namespace=LaunchConfiguration("namespace"),
            parameters=[
                ParameterFile(LaunchConfiguration("params_file"), allow_substs=True),
                parameters_given(context),
            ],
            remappings=REMAPPINGS,
            arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
            respawn=is_true(context, "use_respawn"),
            respawn_delay=RESPAWN_DELAY_S,
            output="screen",
        )
    ]


def start_map_server(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start Nav2's map server with what manages it, where a map was given."""
    if not (file := LaunchConfiguration("map").perform(context)):
        return []
    missing = [name for name in MAP_PACKAGES if not is_installed(name)]
    if missing:
        return [
            LogInfo(
                msg=f"not installed: {', '.join(missing)}; so nobody publishes {file}, and "
                "the localizer goes by the map in its bundle all the same"
            )
        ]
    time = {"use_sim_time": is_true(context, "use_sim_time")}
    server = {"yaml_filename": file, **time}
    manager = {"node_names": ["map_server"], "autostart": is_true(context, "autostart"), **time}
    return [
        Node(
            package=package,
            executable=executable,
            name=name,
            namespace=LaunchConfiguration("namespace"),
            parameters=[parameters],
            remappings=REMAPPINGS,
            arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
            respawn=is_true(context, "use_respawn"),
            respawn_delay=RESPAWN_DELAY_S,
            output="screen",
        )
        for package, executable, name, parameters in (
            ("nav2_map_server", "map_server", "map_server", server),
            ("nav2_lifecycle_manager", "lifecycle_manager", "lifecycle_manager_map", manager),
        )
    ]


def is_installed(package: str) -> bool:
    """Return whether a ROS package is installed."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True
