# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ROS messages say, whoever read them: rclpy's and those of a bag look alike."""
