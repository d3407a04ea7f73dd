# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes' own latency, measured over real topics."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from local_inn_ros.benchmarking.bench import BenchSettings
from local_inn_ros.benchmarking.over_topics.node_latency import time_nodes
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.localizer.model import shipped_bundle


def test_poses_follow_scans() -> None:
    found = time_nodes(Bundle.load(shipped_bundle()), BenchSettings(duration_s=1.5))
    assert found.sent == 60
    assert 20 < found.answered <= found.sent
    assert 0.0 < found.node.p50_ms <= found.node.p95_ms <= found.node.p99_ms
    # Both are parts of it.
    assert found.message_in.p50_ms + found.message_out.p50_ms < found.node.p50_ms


def test_a_drive_that_is_too_short_is_refused() -> None:
    with pytest.raises(LocalInnError, match="drive for longer"):
        time_nodes(Bundle.load(shipped_bundle()), BenchSettings(duration_s=0.3))
