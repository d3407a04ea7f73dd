# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service, by what a topic is for."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

SENSOR = qos_profile_sensor_data
"""Readings: best effort, so that they are taken from drivers of any reliability."""

RELIABLE = QoSProfile(depth=10)
"""Results that nobody should miss."""

LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""Things that those who come late need too: maps, the last pose."""

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Things to look at."""

TRANSFORMS = QoSProfile(depth=100)
"""`/tf`, as tf2 has it."""

STATIC_TRANSFORMS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""`/tf_static` as it is heard: several publishers, each with its own transforms."""
