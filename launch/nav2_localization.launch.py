# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nav2's localization with AMCL swapped out, under the argument names of Nav2's own launch file.

Where a launch file includes `nav2_bringup`'s `localization_launch.py`, name this one instead.
Arguments for composition are taken and not heeded: these nodes are processes of their own.
"""

from __future__ import annotations

import importlib.util

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction
from launch.conditions import IfCondition
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile

NAV2_PACKAGES = ("nav2_map_server", "nav2_lifecycle_manager", "nav2_common")
MANAGED = ["map_server", "lidar_localizer", "ekf"]
# Relative names, so that several robots can run side by side, each in its namespace.
REMAPPINGS = [("/tf", "tf"), ("/tf_static", "tf_static")]
RESPAWN_DELAY_S = 0.5


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; start the map server, localization and their manager."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Of all nodes."),
            DeclareLaunchArgument(
                "map",
                default_value="",
                description="Map (yaml) to publish; that of params_file where empty.",
            ),
            DeclareLaunchArgument(
                "bundle",
                default_value="",
                description="Folder of the trained model; that of params_file where empty.",
            ),
            DeclareLaunchArgument(
                "use_sim_time", default_value="false", description="Take the time from /clock."
            ),
            DeclareLaunchArgument(
                "params_file",
                default_value="",
                description="Parameters of the nodes map_server, lidar_localizer and ekf, without "
                "the namespace; defaults for those that it does not have.",
            ),
            DeclareLaunchArgument(
                "autostart", default_value="true", description="Activate the nodes at the start."
            ),
            DeclareLaunchArgument(
                "use_respawn", default_value="false", description="Start again what has crashed."
            ),
            DeclareLaunchArgument(
                "log_level", default_value="info", description="debug, info, warn or error."
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start everything; end with a sentence where Nav2 is not installed."""
    if missing := [name for name in NAV2_PACKAGES if not is_installed(name)]:
        reason = f"not installed: {', '.join(missing)}; localization.launch.py runs without them"
        return [LogInfo(msg=reason), EmitEvent(event=Shutdown(reason=reason))]
    file = parameter_file(context)
    own = own_parameters(context)
    server = given(context, "yaml_filename", "map")
    return [
        _node(context, "nav2_map_server", "map_server", "map_server", [*file, server]),
        # Two nodes in one process, so it has no name of its own.
        _node(context, "local_inn_ros", "localization", None, [*file, own]),
        _node(
            context,
            "nav2_lifecycle_manager",
            "lifecycle_manager",
            "lifecycle_manager_localization",
            [*file, manager_parameters(context)],
        ),
    ]


def parameter_file(context: LaunchContext) -> list[ParameterFile]:
    """Return the file of parameters, put below the namespace as Nav2 does it, if there is one."""
    from nav2_common.launch import RewrittenYaml

    if not (path := LaunchConfiguration("params_file").perform(context)):
        return []
    rewritten = RewrittenYaml(
        source_file=path,
        root_key=LaunchConfiguration("namespace"),
        param_rewrites={},
        convert_types=True,
    )
    return [ParameterFile(rewritten, allow_substs=True)]


def own_parameters(context: LaunchContext) -> dict[str, object]:
    """Return the parameters of our nodes that overrule the file: the manager starts them."""
    return {"autostart": False, **given(context, "bundle", "bundle")}


def manager_parameters(context: LaunchContext) -> dict[str, object]:
    """Return the manager's parameters; without bondpy our nodes cannot hold the bond to it."""
    parameters = {"autostart": is_true(context, "autostart"), "node_names": MANAGED}
    if importlib.util.find_spec("bondpy") is None:
        parameters["bond_timeout"] = 0.0
    return parameters


def given(context: LaunchContext, parameter: str, argument: str) -> dict[str, object]:
    """Return the parameter that an argument sets, if it was given."""
    value = LaunchConfiguration(argument).perform(context)
    return {parameter: value} if value else {}


def namespace_of_nodes(context: LaunchContext) -> str | None:
    """Return the namespace; None where who includes this file has put it before all names.

    Nav2's bringup does both: it pushes the namespace, and passes it on for the parameters.
    """
    namespace = LaunchConfiguration("namespace").perform(context).strip("/")
    pushed = context.launch_configurations.get("ros_namespace", "").strip("/")
    return None if f"/{pushed}".endswith(f"/{namespace}") else namespace


def is_true(context: LaunchContext, name: str) -> bool:
    """Return an argument that is true or false."""
    return bool(IfCondition(LaunchConfiguration(name)).evaluate(context))


def is_installed(package: str) -> bool:
    """Return whether a ROS package is installed."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True


def _node(
    context: LaunchContext,
    package: str,
    executable: str,
    name: str | None,
    parameters: list[object],
) -> Node:
    return Node(
        package=package,
        executable=executable,
        name=name,
        namespace=namespace_of_nodes(context),
        parameters=[*parameters, {"use_sim_time": is_true(context, "use_sim_time")}],
        remappings=REMAPPINGS,
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        respawn=is_true(context, "use_respawn"),
        respawn_delay=RESPAWN_DELAY_S,
        output="screen",
    )
