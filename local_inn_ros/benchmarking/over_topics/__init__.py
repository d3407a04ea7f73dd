# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives that are played over real topics, and what the nodes answer (needs rclpy)."""
