# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service, by what a topic is for."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

SENSOR = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Readings: best effort as the sensor data profile is, which goes with drivers of any reliability;
deeper than that, so that a process held up for a moment misses none."""

RELIABLE = QoSProfile(depth=50)
"""Results that nobody should miss, not even somebody who was held up for a moment."""

NEWEST = QoSProfile(depth=1)
"""Results of which only the newest counts: who was held up for a moment skips the others."""

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
