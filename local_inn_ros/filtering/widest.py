# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pose that nothing is known of, as a filter is told it."""

from __future__ import annotations

import math

WIDEST_M = 10.0
WIDEST_RAD = math.pi
