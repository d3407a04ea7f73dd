# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plans for this machine: built, checked against ONNX Runtime, then kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local_inn_ros.bundles.bundle import NETWORKS, Bundle
from local_inn_ros.engines.choice import onnx_engine
from local_inn_ros.engines.tensorrt.builder import build_plan
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.engine import TensorRtEngine
from local_inn_ros.engines.tensorrt.library import tensorrt_version
from local_inn_ros.engines.tensorrt.profiles import Precision
from local_inn_ros.engines.tensorrt.store import plan_key, store_plans
from local_inn_ros.systems.local_inn_2d.agreement import (
    Agreement,
    HeldOutScans,
    compare,
    refuse_if_off,
)


@dataclass(frozen=True, slots=True)
class Exported:
    """Plans that were built and kept.

    Attributes:
        engine: name of the engine that they make.
        precision: what matrix products are computed in.
        folder: where they are kept.
        agreement: with ONNX Runtime.
    """

    engine: str
    precision: Precision
    folder: Path
    agreement: Agreement


# Steps of one export: a network each, and the check.
STEPS = len(NETWORKS) + 1


def export_plans(
    bundle: Bundle,
    precision: Precision,
    scan_count: int,
    rng: np.random.Generator,
    progress: Callable[[str], None],
) -> Exported:
    """Build the plans of a bundle for this machine.

    Args:
        bundle: the trained model.
        precision: what matrix products are computed in.
        scan_count: held-out scans that the plans are checked on.
        rng: draws them.
        progress: told what is about to begin, ``STEPS`` times.

    Raises:
        EngineError: there is no TensorRT, no GPU or no ONNX Runtime here, a network cannot be
            built, or the answers are off; nothing is kept then.
    """
    version = tensorrt_version()
    device = CudaDevice()
    # What is built is compared with it: without it, nothing is built.
    reference = onnx_engine()
    plans: dict[str, bytes] = {}
    for name in NETWORKS:
        progress(f"building {name} ({precision.value})")
        with device.current():
            plans[name] = build_plan(bundle.network_file(name).read_bytes(), precision, name)
    progress(f"checking {scan_count} scans ({precision.value})")
    engine = TensorRtEngine(device, plans, precision)
    scans = HeldOutScans.draw(bundle, scan_count, rng)
    agreement = compare(engine, reference(bundle), scans)
    refuse_if_off(agreement, engine.name, half=precision is Precision.FP16)
    key = plan_key(bundle, device.identity, version, precision)
    folder = store_plans(bundle, key, plans, agreement.figures())
    return Exported(engine.name, precision, folder, agreement)
