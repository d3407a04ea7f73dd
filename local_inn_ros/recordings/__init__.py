# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags, logs and trajectories, in and out, without ROS."""
