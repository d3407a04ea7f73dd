# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nav2's localization with AMCL swapped out, under the argument names of Nav2's own launch file.

Where a launch file includes `nav2_bringup`'s `localization_launch.py`, name this one instead.
Arguments for composition are taken and not heeded: these nodes are processes of their own.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction, TimerAction
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile

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

NAV2_PACKAGES = ("nav2_map_server", "nav2_lifecycle_manager", "nav2_common")
MANAGED = ["map_server", "lidar_localizer", "ekf"]


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
                "autostart_on_respawn",
                default_value="true",
                description="With use_respawn and autostart: localization that has crashed "
                "configures and activates itself, and the manager holds no bonds; otherwise it "
                "waits for the manager.",
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
        raise LaunchError(
            f"not installed: {', '.join(missing)}; localization.launch.py runs without them"
        )
    file = parameter_file(context)
    server = given(context, "yaml_filename", "map")
    return [
        _node(context, "nav2_map_server", "map_server", "map_server", [*file, server]),
        localization(context, file),
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


def localization(context: LaunchContext, file: list[ParameterFile], again: bool = False) -> Node:
    """Return our process, which the manager starts; two nodes in one, so it has no name.

    Args:
        context: of the launch.
        file: of parameters.
        again: whether it has crashed, and starts by itself.
    """
    own = {"autostart": again, **given(context, "bundle", "bundle")}
    if again or not starts_itself_again(context):
        return _node(context, PACKAGE, "localization", None, [*file, own])

    def start_again(
        event: ProcessExited, context: LaunchContext
    ) -> list[LaunchDescriptionEntity] | None:
        if context.is_shutdown:
            return None
        told = (
            f"localization has ended with exit code {event.returncode}: it is started again and "
            "activates itself, for Nav2's manager takes it to be active still"
        )
        started = localization(context, file, again=True)
        return [LogInfo(msg=told), TimerAction(period=RESPAWN_DELAY_S, actions=[started])]

    return _node(
        context, PACKAGE, "localization", None, [*file, own], respawn=False, on_exit=start_again
    )


def starts_itself_again(context: LaunchContext) -> bool:
    """Tell whether localization that has crashed is not left to the manager."""
    wanted = ("use_respawn", "autostart", "autostart_on_respawn")
    return all(is_true(context, name) for name in wanted)


def manager_parameters(context: LaunchContext) -> dict[str, object]:
    """Return the manager's parameters.

    It holds no bonds where our nodes cannot (without bondpy), or start again by themselves: who
    loses a bond takes all other nodes down, and then fails to configure one that is active.
    """
    parameters = {"autostart": is_true(context, "autostart"), "node_names": MANAGED}
    if importlib.util.find_spec("bondpy") is None or starts_itself_again(context):
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


def _node(
    context: LaunchContext,
    package: str,
    executable: str,
    name: str | None,
    parameters: list[object],
    respawn: bool = True,
    on_exit: Callable[[ProcessExited, LaunchContext], object] = fail_at_the_end,
) -> Node:
    return Node(
        package=package,
        executable=executable,
        name=name,
        namespace=namespace_of_nodes(context),
        parameters=[*parameters, {"use_sim_time": is_true(context, "use_sim_time")}],
        remappings=REMAPPINGS,
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        respawn=respawn and is_true(context, "use_respawn"),
        respawn_delay=RESPAWN_DELAY_S,
        additional_env=respawn_environment(context),
        on_exit=on_exit,
        output="screen",
    )
