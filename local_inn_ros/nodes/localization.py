# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localizer and filter in one process: one interpreter, one copy of the libraries."""

from __future__ import annotations

import sys

from rclpy.node import Node

from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.runner import run_nodes


def build_nodes() -> list[Node]:
    """Build both nodes; each reads the parameters given under its own name.

    Raises:
        ParameterError: a parameter cannot be used.
    """
    # Here, where the start looks for no garbage: what they import is half of what it takes.
    from local_inn_ros.nodes.filter.ekf import Ekf
    from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer

    # One thread runs both: a fix goes from one to the other in a call.
    handover = Handover()
    # Loading takes a while, and is the first's: the filter begins when it can be answered.
    return [LidarLocalizer(handover=handover), Ekf(handover)]


def main() -> int:
    """Run the nodes."""
    return run_nodes("localization", build_nodes)


if __name__ == "__main__":
    sys.exit(main())
