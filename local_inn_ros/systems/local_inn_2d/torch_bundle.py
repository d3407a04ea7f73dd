# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a bundle back to the torch model that it was made from."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.onnx.engine import OnnxEngine
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.local_inn_2d.agreement import HeldOutScans, compare, refuse_if_off
from local_inn_ros.systems.local_inn_2d.network import LocalInn, NetworkSettings
from local_inn_ros.systems.local_inn_2d.torch_engine import TorchEngine, TorchPrecision
from local_inn_ros.world import FreeSpace

_WEIGHTS = "weights.safetensors"
_CHECKED_SCANS = 64


def open_torch_engine(bundle: Bundle) -> TorchEngine:
    """Run a bundle in torch: in half precision on the GPU, or in single on the processor.

    Its answers are compared with those of the bundle's ONNX networks first: the weights lie beside
    them, and nothing else says that they are of the same training.

    Raises:
        EngineError: the bundle has no weights, or they are not those of its networks; the message
            is one sentence.
    """
    model = load_model(bundle)
    spread = _narrowest_spread(bundle)
    if torch.cuda.is_available():
        engine = TorchEngine(model, spread, "cuda", TorchPrecision.FP16)
    else:
        engine = TorchEngine(model, spread)
    scans = HeldOutScans.draw(bundle, _CHECKED_SCANS, np.random.default_rng(0))
    agreement = compare(engine, OnnxEngine(bundle), scans)
    refuse_if_off(agreement, engine.name, half=torch.cuda.is_available())
    return engine


def load_model(bundle: Bundle) -> LocalInn:
    """Build a bundle's networks in torch, with their weights.

    Raises:
        EngineError: the bundle has no weights, or they do not fit what bundle.yaml says.
    """
    path = bundle.path / _WEIGHTS
    if not path.is_file():
        raise EngineError(
            f"the bundle {bundle.path.name} has no {_WEIGHTS}, which torch needs and training "
            "writes: copy it too, or train again"
        )
    description = bundle.description
    record = description.training
    try:
        settings = TypeAdapter(NetworkSettings).validate_python(record["network"])
        clearance_m = TypeAdapter(float).validate_python(record["clearance_m"])
        bounds = FreeSpace(bundle.grid, clearance_m).bounds
        model = LocalInn(description.sensor, bounds, description.prior.deviation, settings)
        model.load_state_dict(load_file(path))
    except (KeyError, ValidationError, OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise EngineError(f"{path} does not fit the bundle: {reason}") from error
    return model.eval()


def _narrowest_spread(bundle: Bundle) -> float:
    try:
        spread: float = TypeAdapter(float).validate_python(
            bundle.description.training["narrowest_spread"]
        )
    except (KeyError, ValidationError) as error:
        raise EngineError(f"{bundle.path}/bundle.yaml does not say narrowest_spread") from error
    return spread
