# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What runs a bundle's networks: one protocol, several engines."""

from local_inn_ros.engines.bundle import Bundle
from local_inn_ros.engines.description import (
    BundleDescription,
    Calibration,
    CovarianceModel,
    PriorSpec,
)
from local_inn_ros.engines.onnx_engine import OnnxEngine
from local_inn_ros.engines.protocol import Engine

__all__ = [
    "Bundle",
    "BundleDescription",
    "Calibration",
    "CovarianceModel",
    "Engine",
    "OnnxEngine",
    "PriorSpec",
]
