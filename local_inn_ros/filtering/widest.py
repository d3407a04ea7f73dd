# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pose that nothing is known of, as a filter is told it."""

from __future__ import annotations

import math

import numpy as np

WIDEST_M = 10.0
WIDEST_RAD = math.pi
WIDEST = {
    3: np.array([WIDEST_M, WIDEST_M, WIDEST_RAD]),
    6: np.repeat([WIDEST_M, WIDEST_RAD], 3),
}
"""Deviations of all directions, by how many there are."""
