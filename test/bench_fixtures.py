# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bench report with figures that can be told apart."""

from __future__ import annotations

from local_inn_ros.benchmarking.bench_report import BenchReport, EngineTimes, NodeTimes
from local_inn_ros.benchmarking.first_fix import FirstFix
from local_inn_ros.benchmarking.search_time import SearchTimes
from local_inn_ros.benchmarking.time_spread import TimeSpread


def spread(p50_ms: float) -> TimeSpread:
    return TimeSpread(p50_ms, 2.0 * p50_ms, 3.0 * p50_ms, 0.1 * p50_ms)


def report(nodes: NodeTimes | None = None) -> BenchReport:
    engine = EngineTimes(
        name="onnxruntime 1 cpu x1",
        samples={2: spread(0.4), 20: spread(0.5), 100: spread(1.0), 1000: spread(7.0)},
        stages={"beams": spread(0.1), "inverse": spread(0.25), "whole": spread(0.55)},
        search=SearchTimes(384, spread(16.0), spread(8.0), spread(24.0), spread(40.0)),
        cpu_share={10.0: 0.01, 40.0: 0.04, 100.0: 0.1},
        first_fix=FirstFix(1.5, 120.0),
    )
    return BenchReport(
        bundle="lab",
        machine={"cores": 2},
        scans=400,
        engines={"onnxruntime": engine},
        missing={"tensorrt": "TensorRT is missing"},
        particles={500: spread(0.75), 2000: spread(2.0), 4000: spread(4.0)},
        nodes=nodes,
    )


NODES = NodeTimes(spread(1.2), spread(0.05), spread(0.06), late_s=0.01, sent=400, answered=399)
