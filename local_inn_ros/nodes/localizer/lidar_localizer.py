# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns laser scans into fixes, and finds the robot on the whole map."""

from __future__ import annotations

import sys

from local_inn_ros.nodes.common.runner import run_nodes
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters
from local_inn_ros.nodes.localizer.observation_intake import ObservationIntake
from local_inn_ros.nodes.localizer.observing_node import ObservingNode
from local_inn_ros.nodes.localizer.scan_intake import ScanIntake


class LidarLocalizer(ObservingNode[LidarParameters]):
    """Scans in; `~/fix`, `~/measurement` and what explains them out."""

    node_name = "lidar_localizer"
    parameter_kind = LidarParameters

    def intake(self) -> ObservationIntake:
        """Return what makes scans of messages."""
        return ScanIntake(self.parameters)


def main() -> int:
    """Run the node."""
    return run_nodes("lidar_localizer", lambda: [LidarLocalizer()])


if __name__ == "__main__":
    sys.exit(main())
