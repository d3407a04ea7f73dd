# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localizers and filter, in place of AMCL: `ros2 launch local_inn_ros localization.launch.py`."""

from __future__ import annotations

from typing import Any

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

from local_inn_ros.nodes.launching import (
    PACKAGE,
    REMAPPINGS,
    RESPAWN_DELAY_S,
    LaunchError,
    fail_at_the_end,
    is_installed,
    is_true,
    respawn_environment,
)

MAP_PACKAGES = ("nav2_map_server", "nav2_lifecycle_manager")


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the process."""
    share = FindPackageShare(PACKAGE)
    defaults = PathJoinSubstitution([share, "config", "localization.yaml"])
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
                "camera_bundle",
                default_value="",
                description="Folder of a model that was trained from pictures: camera_localizer "
                "runs beside, in a process of its own; none where empty.",
            ),
            DeclareLaunchArgument(
                "use_lidar",
                default_value="true",
                description="Localize by the laser; with false by the camera alone.",
            ),
            DeclareLaunchArgument(
                "params_file",
                default_value=defaults,
                description="Parameters of the nodes; may hold substitutions, as $(var namespace).",
            ),
            DeclareLaunchArgument(
                "search_at_start",
                default_value="",
                description="Search the whole map until somebody has told a pose; as params_file "
                "says where empty.",
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
            OpaqueFunction(function=start_camera),
            OpaqueFunction(function=start_rviz),
        ]
    )


def parameters_given(context: LaunchContext) -> dict[str, ParameterValue]:
    """Return the parameters that overrule the file: those that were given."""
    given = {
        name: ParameterValue(is_true(context, name), value_type=bool)
        for name in ("use_sim_time", "autostart")
    }
    if bundle := LaunchConfiguration("bundle").perform(context):
        given["bundle"] = ParameterValue(bundle, value_type=str)
    if LaunchConfiguration("search_at_start").perform(context):
        searched = is_true(context, "search_at_start")
        given["search_at_start"] = ParameterValue(searched, value_type=bool)
    return given


def localizers(context: LaunchContext) -> list[str]:
    """Return the names of the localizers' nodes, the one whose word counts first."""
    camera = LaunchConfiguration("camera_bundle").perform(context)
    lidar = is_true(context, "use_lidar")
    if not (camera or lidar):
        raise LaunchError("use_lidar:=false needs a camera_bundle: nothing is left to localize by")
    return [*(["lidar_localizer"] if lidar else []), *(["camera_localizer"] if camera else [])]


def start_localization(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start laser and filter in one process, or the filter alone."""
    names = localizers(context)
    given: dict[str, Any] = {**parameters_given(context)}
    if "camera_localizer" in names:
        given["fix_topics"] = [f"{node}/measurement" for node in names]
        given["lost_topics"] = [f"{node}/lost" for node in names]
    executable = "localization" if "lidar_localizer" in names else "ekf"
    return [process(context, executable, given)]


def start_camera(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the camera's node, where there is a bundle for it."""
    names = localizers(context)
    if "camera_localizer" not in names:
        return []
    bundle = LaunchConfiguration("camera_bundle").perform(context)
    senior = names[0] if len(names) > 1 else ""
    given = {
        **parameters_given(context),
        "bundle": ParameterValue(bundle, value_type=str),
        "defers_to": ParameterValue(senior, value_type=str),
    }
    return [process(context, "camera_localizer", given)]


def process(
    context: LaunchContext, executable: str, given: dict[str, Any]
) -> LaunchDescriptionEntity:
    """Return the action that starts a process; what is given overrules the file."""
    return Node(
        package=PACKAGE,
        executable=executable,
        namespace=LaunchConfiguration("namespace"),
        parameters=[ParameterFile(LaunchConfiguration("params_file"), allow_substs=True), given],
        remappings=REMAPPINGS,
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        respawn=is_true(context, "use_respawn"),
        respawn_delay=RESPAWN_DELAY_S,
        additional_env=respawn_environment(context),
        on_exit=fail_at_the_end,
        output="screen",
    )


def start_rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start RViz, where that is wanted."""
    if not is_true(context, "use_rviz"):
        return []
    rviz = PathJoinSubstitution([FindPackageShare(PACKAGE), "launch", "rviz.launch.py"])
    passed_on = ("namespace", "use_sim_time", "log_level")
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(rviz),
            launch_arguments={name: LaunchConfiguration(name) for name in passed_on}.items(),
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
            additional_env=respawn_environment(context),
            on_exit=fail_at_the_end,
            output="screen",
        )
        for package, executable, name, parameters in (
            ("nav2_map_server", "map_server", "map_server", server),
            ("nav2_lifecycle_manager", "lifecycle_manager", "lifecycle_manager_map", manager),
        )
    ]
