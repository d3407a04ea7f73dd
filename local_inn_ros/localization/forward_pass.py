# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What refiners and searches ask of a system for planar lasers: what a scan would be."""

from __future__ import annotations

from typing import Protocol

from local_inn_ros.engines import Float32Array


class ForwardPass(Protocol):
    """From poses to the ranges that the map expects there."""

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Return the ranges (b, n) of the network's beams, in metres.

        Args:
            poses: (b, 3) of the sensor in the map frame, as (x m, y m, yaw rad).
        """
        ...
