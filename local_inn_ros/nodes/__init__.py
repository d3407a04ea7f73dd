# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: messages in, messages out; the only package that imports rclpy."""
