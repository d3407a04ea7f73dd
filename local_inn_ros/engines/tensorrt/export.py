# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plans for this machine: built, checked against ONNX Runtime, then kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_inn_ros.engines.graphs import GraphSet
from local_inn_ros.engines.protocol import Engine
from local_inn_ros.engines.tensorrt.builder import build_plan
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.engine import TensorRtEngine
from local_inn_ros.engines.tensorrt.library import tensorrt_version
from local_inn_ros.engines.tensorrt.profiles import Precision
from local_inn_ros.engines.tensorrt.store import check_places, plan_key, store_plans


@dataclass(frozen=True, slots=True)
class Exported:
    """Plans that were built and kept.

    Attributes:
        engine: name of the engine that they make.
        precision: what matrix products are computed in.
        folder: where they are kept.
        figures: how far its answers are from those of ONNX Runtime, by name.
    """

    engine: str
    precision: Precision
    folder: Path
    figures: Mapping[str, float]


def export_plans(
    graphs: GraphSet,
    precision: Precision,
    check: Callable[[Engine, bool], Mapping[str, float]],
    progress: Callable[[str], None],
) -> Exported:
    """Build the plans of a bundle's graphs for this machine.

    Args:
        graphs: of the bundle.
        precision: what matrix products are computed in.
        check: compares an engine, told whether it computes in half precision, with ONNX Runtime.
            It returns figures, and raises an EngineError where they are off.
        progress: told what is about to begin, once for each graph and once for the check.

    Raises:
        EngineError: there is no TensorRT or no GPU here, plans cannot be kept, a graph cannot be
            built, or the answers are off; nothing is kept then.
    """
    version = tensorrt_version()
    device = CudaDevice()
    check_places(graphs)
    plans: dict[str, bytes] = {}
    for graph in graphs:
        progress(f"building {graph.name} ({precision.value})")
        with device.current():
            plans[graph.name] = build_plan(graph, precision)
    progress(f"checking its answers ({precision.value})")
    engine = TensorRtEngine(device, graphs, plans, precision)
    figures = check(engine, precision is Precision.FP16)
    key = plan_key(graphs, device.identity, version, precision)
    folder = store_plans(graphs, key, plans, figures)
    return Exported(engine.name, precision, folder, figures)
