# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What runs a bundle's networks: one protocol, several engines.

ONNX Runtime is imported when its engine is first asked for (PEP 562): who runs another one does
not keep it in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import (
    BundleDescription,
    Calibration,
    CovarianceModel,
    PriorSpec,
)
from local_inn_ros.engines.protocol import Engine

if TYPE_CHECKING:
    from local_inn_ros.engines.onnx.engine import OnnxEngine

__all__ = [
    "Bundle",
    "BundleDescription",
    "Calibration",
    "CovarianceModel",
    "Engine",
    "OnnxEngine",
    "PriorSpec",
]


def __getattr__(name: str) -> object:
    """Import the engine on ONNX Runtime.

    Raises:
        AttributeError: the room has no such name.
    """
    if name != "OnnxEngine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from local_inn_ros.engines.onnx.engine import OnnxEngine

    return OnnxEngine
