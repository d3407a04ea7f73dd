# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The world as a grid: maps, ray casting, distance fields, generated tracks and floors."""
