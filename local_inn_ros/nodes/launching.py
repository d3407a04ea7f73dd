# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the launch files share; they alone import this, where ROS 2's launch is installed."""

from __future__ import annotations

from typing import TypeVar

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration

PACKAGE = "local_inn_ros"
# Relative names, so that several robots can run side by side, each in its namespace.
REMAPPINGS = [("/tf", "tf"), ("/tf_static", "tf_static")]
# A robot drives on meanwhile. A process that fails at its start takes a second to do so: that is
# all the pause that a machine needs.
RESPAWN_DELAY_S = 0.1
# Fast DDS's choice of transports, and those it takes for the same machine as well as others.
_TRANSPORTS, _PROFILES = "FASTDDS_BUILTIN_TRANSPORTS", "FASTDDS_DEFAULT_PROFILES_FILE"

_Number = TypeVar("_Number", int, float)
_WORDS = {"true": True, "1": True, "yes": True, "on": True}
_WORDS |= {"false": False, "0": False, "no": False, "off": False}


class LaunchError(RuntimeError):
    """Ends a launch with its sentence and exit code 1."""


def is_true(context: LaunchContext, name: str) -> bool:
    """Return an argument that is true or false, however that is spelled.

    Raises:
        LaunchError: it is neither.
    """
    told = LaunchConfiguration(name).perform(context)
    if (meant := _WORDS.get(told.strip().lower())) is None:
        raise LaunchError(f"{name}:={told} is neither true nor false")
    return meant


def number(context: LaunchContext, name: str, kind: type[_Number]) -> _Number:
    """Return an argument that is a number.

    Raises:
        LaunchError: it is none, or not of that kind.
    """
    told = LaunchConfiguration(name).perform(context)
    try:
        return kind(told)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise LaunchError(f"{name}:={told} is not {what}") from None


def is_installed(package: str) -> bool:
    """Return whether a ROS package is installed."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True


def respawn_environment(context: LaunchContext) -> dict[str, str]:
    """Return what the environment of a process needs that is started again after a crash.

    The shared memory of Fast DDS outlives a process that is killed, and those it talked to go on
    writing there: the next process on the same port is heard of one to two seconds late. Over the
    loopback it is at once. Whoever has chosen transports by the environment keeps them.
    """
    chosen = context.environment.get(_TRANSPORTS) or context.environment.get(_PROFILES)
    if chosen or not is_true(context, "use_respawn"):
        return {}
    return {_TRANSPORTS: "UDPv4"}


def fail_at_the_end(event: ProcessExited, context: LaunchContext) -> None:
    """Have a launch end with exit code 1, when it ends, since one of its processes has failed.

    For ``on_exit`` of a process. The others go on: who includes a launch file decides what the end
    of one process means, and launch itself forgets how it ended.
    """
    if event.returncode == 0 or context.is_shutdown:
        return
    # What is told to its loop makes launch's own exit code, and ends nothing.
    told = f"{event.process_name} has ended with exit code {event.returncode}"
    context.asyncio_loop.call_exception_handler({"message": told})
