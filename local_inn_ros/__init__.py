# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localization for mobile robots with an invertible neural network as the map."""

from local_inn_ros.kernel_cache import settle

__version__ = "0.1.0"

# Before any module below makes a kernel: numba looks for a place then, and fails without one.
settle()
