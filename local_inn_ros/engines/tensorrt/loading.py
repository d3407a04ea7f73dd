# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the plans that this machine made to an engine."""

from __future__ import annotations

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.engine import TensorRtEngine
from local_inn_ros.engines.tensorrt.library import tensorrt_version
from local_inn_ros.engines.tensorrt.profiles import Precision
from local_inn_ros.engines.tensorrt.store import load_plans, plan_key


def open_tensorrt_engine(bundle: Bundle) -> TensorRtEngine:
    """Load the plans that `local-inn export` built on this machine; half precision comes first.

    One scan is tried, so that a GPU without room for more is noticed here.

    Raises:
        EngineError: there is no TensorRT, no GPU, or no plan that this machine made for what it is
            now; the message is one sentence.
    """
    version = tensorrt_version()
    device = CudaDevice()
    keys = [
        plan_key(bundle, device.identity, version, precision)
        for precision in (Precision.FP16, Precision.FP32)
    ]
    stored = load_plans(bundle, keys)
    engine = TensorRtEngine(device, stored.plans, Precision(stored.key.precision))
    _try_one_scan(engine, bundle)
    return engine


def _try_one_scan(engine: TensorRtEngine, bundle: Bundle) -> None:
    description = bundle.description
    unknown = np.zeros((1, description.sensor.network_beams), dtype=np.float32)
    pose = np.zeros((1, 3), dtype=np.float32)
    spread = np.full(1, description.prior.widest_spread, dtype=np.float32)
    draw = np.zeros((1, description.latent_size), dtype=np.float32)
    engine.sample_poses(unknown, unknown, pose, spread, draw)
    engine.expected_ranges(pose)
