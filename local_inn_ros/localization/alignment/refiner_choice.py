# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a network's answer is aligned with."""

from __future__ import annotations

from enum import Enum


class RefinerChoice(str, Enum):
    """What a network's answer is aligned with before it is fused."""

    FIELD = "field"
    """The likelihood field of the map's grid; of a camera's bundle, its landmarks."""
    FORWARD = "forward"
    """The network's own forward pass; neither grid nor landmarks are looked at."""
    NONE = "none"
    """Nothing: the network's answer stands."""
