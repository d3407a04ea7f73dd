# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refiners: a scan aligned with the map, or with what the network draws of it."""
