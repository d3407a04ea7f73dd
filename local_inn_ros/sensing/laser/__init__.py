# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Planar lasers: scans of any geometry to the beams of a description."""
