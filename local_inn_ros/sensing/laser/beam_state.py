# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What one range says (REP-117)."""

from __future__ import annotations

from enum import IntEnum


class BeamState(IntEnum):
    """What one range says (REP-117)."""

    RETURN = 0
    """A distance was measured."""
    NO_RETURN = 1
    """+Inf, or range_max and more: nothing within reach."""
    TOO_CLOSE = 2
    """-Inf, or a positive value under range_min: something nearer than can be measured."""
    INVALID = 3
    """NaN, zero or negative, or an angle that the scan does not cover: nothing is known."""
