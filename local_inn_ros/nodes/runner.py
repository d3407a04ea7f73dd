# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs nodes in one process until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node

from local_inn_ros.errors import LocalInnError

# A search may be under way when the process is told to stop.
_LAST_WORK_S = 1.0


def run_nodes(name: str, build: Callable[[], Sequence[Node]]) -> int:
    """Build nodes and spin them in the calling thread until Ctrl-C or a shutdown.

    One thread runs all callbacks. rclpy's MultiThreadedExecutor takes two to ten times the
    processor time for the same messages, as its threads wake each other all the time; work that
    takes long goes to a thread of its own (see ``GlobalSearch``).

    Args:
        name: name of the process in the log.
        build: makes the nodes, once rclpy is up.

    Returns:
        The exit code: 0, or 1 where the nodes could not be built.
    """
    rclpy.init()
    try:
        nodes = build()
    except LocalInnError as error:
        get_logger(name).fatal(str(error))
        rclpy.try_shutdown()
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()
        return 0
    executor = SingleThreadedExecutor()
    for node in nodes:
        executor.add_node(node)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        executor.shutdown(timeout_sec=_LAST_WORK_S)
        for node in nodes:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
