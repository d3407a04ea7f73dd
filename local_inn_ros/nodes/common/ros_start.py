# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Starts rclpy, and says in a sentence why it does not start."""

from __future__ import annotations

import logging
import os
import re
from typing import Any

import rclpy

from local_inn_ros.errors import LocalInnError
from local_inn_ros.places import PlaceError, can_be_made, own_temporary_folder, user_folder

_LOG = logging.getLogger(__name__)
_LOG_VARIABLE = "ROS_LOG_DIR"


class RosStartError(LocalInnError):
    """ROS could not be started."""


def start_ros(**arguments: Any) -> None:
    """Start rclpy, as ``rclpy.init`` does.

    ROS refuses to work where it cannot write its log files: they then go to a folder for temporary
    files, with a sentence.

    Raises:
        RosStartError: words after ``--ros-args``, or the environment, cannot be used.
    """
    _settle_logs()
    try:
        rclpy.init(**arguments)
    # Whatever rcl raises is of this kind, in every distribution.
    except RuntimeError as error:
        raise RosStartError(f"ROS could not be started: {_plain(str(error))}") from error


def _settle_logs() -> None:
    """Choose a folder for log files where the usual one cannot be written."""
    if os.environ.get(_LOG_VARIABLE):
        return
    try:
        if can_be_made(user_folder("ROS_HOME", "~/.ros") / "log"):
            return
    except PlaceError:
        # Without a home there is no usual one.
        pass
    folder = own_temporary_folder("logs")
    if folder is not None:
        os.environ[_LOG_VARIABLE] = str(folder)
        _LOG.warning(
            "log files are written to %s: there is no home that can be written; set %s to another",
            folder,
            _LOG_VARIABLE,
        )


def _plain(said: str) -> str:
    """Take out of what rcl says where in its sources that was, and say what would be right."""
    text = re.sub(r", at /\S+:\d+", "", said.split("failed to initialize rcl: ")[-1]).strip(" .")
    if "log level" in text:
        text += "; levels are debug, info, warn, error and fatal"
    return text
