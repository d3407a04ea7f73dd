# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the laser sits that took a scan, for localizers that scans of several lasers come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Scan

ScanMount: TypeAlias = Pose2 | Callable[[Scan], Pose2]
"""Pose of the laser in the base frame, as seen from above, or what gives it for each scan."""


def mount_of(mount: ScanMount, scan: Scan) -> Pose2:
    """Return the pose of the laser that took a scan."""
    return mount if isinstance(mount, Pose2) else mount(scan)
