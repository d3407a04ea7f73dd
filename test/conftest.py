# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that several test files share."""

from __future__ import annotations

import importlib.util

import hypothesis

if importlib.util.find_spec("rclpy") is not None:
    from ros_fixtures import ros  # noqa: F401

# The same examples at every run, and no limit on their time: a busy machine is no fault.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")
