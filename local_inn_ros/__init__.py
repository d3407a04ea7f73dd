# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localization for mobile robots with an invertible neural network as the map."""

__version__ = "0.1.0"
