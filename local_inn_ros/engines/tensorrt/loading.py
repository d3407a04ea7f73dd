# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the plans that this machine made to an engine."""

from __future__ import annotations

from local_inn_ros.engines.graphs import GraphSet
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.engine import TensorRtEngine
from local_inn_ros.engines.tensorrt.library import tensorrt_version
from local_inn_ros.engines.tensorrt.profiles import Precision
from local_inn_ros.engines.tensorrt.store import load_plans, plan_key


def open_tensorrt_engine(graphs: GraphSet) -> TensorRtEngine:
    """Load the plans that `local-inn export` built on this machine; half precision comes first.

    Raises:
        EngineError: there is no TensorRT, no GPU, or no plan that this machine made for what it is
            now; the message is one sentence.
    """
    version = tensorrt_version()
    device = CudaDevice()
    keys = [
        plan_key(graphs, device.identity, version, precision)
        for precision in (Precision.FP16, Precision.FP32)
    ]
    stored = load_plans(graphs, keys)
    return TensorRtEngine(device, graphs, stored.plans, Precision(stored.key.precision))
