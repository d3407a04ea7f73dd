# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which engine runs a bundle: the one asked for, or the fastest there is; never none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.protocol import Engine
from local_inn_ros.engines.tensorrt.loading import open_tensorrt_engine
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.local_inn_2d.compiled.engine import CompiledEngine

_LOG = logging.getLogger(__name__)

EngineOpener = Callable[[Bundle], Engine]


class EngineChoice(str, Enum):
    """What is asked for.

    ``auto`` takes TensorRT where this machine has plans of its own, and ``compiled`` otherwise.
    """

    AUTO = "auto"
    COMPILED = "compiled"
    ONNX = "onnx"
    TENSORRT = "tensorrt"
    TORCH = "torch"


def open_engine(
    bundle: Bundle,
    choice: EngineChoice = EngineChoice.COMPILED,
    torch: EngineOpener | None = None,
    warn: Callable[[str], object] = _LOG.warning,
) -> Engine:
    """Open the engine that is asked for, or the next fastest where it cannot be had.

    A robot goes on more slowly rather than not at all; but never silently.

    Args:
        bundle: the trained model.
        choice: what is asked for.
        torch: opens the engine on torch; this room may not import it, so who may passes it on
            (``training.torch_bundle.open_torch_engine``).
        warn: told in a sentence why another engine is taken.

    Raises:
        BundleError: ONNX Runtime cannot load the networks either.
        EngineError: none can be had; the message says why of each.
    """
    openers: list[EngineOpener] = []
    if choice in (EngineChoice.AUTO, EngineChoice.TENSORRT):
        openers.append(open_tensorrt_engine)
    if choice is EngineChoice.TORCH:
        openers.append(_no_torch if torch is None else torch)
    processor: list[EngineOpener] = [CompiledEngine, open_onnx_engine]
    openers += reversed(processor) if choice is EngineChoice.ONNX else processor
    missed: list[str] = []
    for opener in openers:
        try:
            engine = opener(bundle)
        except (EngineError, ImportError) as error:
            # One sentence on one line, whatever a library wrote.
            missed.append(" ".join(str(error).split()))
        else:
            break
    else:
        raise EngineError("; ".join(missed))
    for reason in missed:
        warn(f"runs on {engine.name}: {reason}")
    _LOG.info("runs on %s", engine.name)
    return engine


def open_onnx_engine(bundle: Bundle) -> Engine:
    """Load the networks into ONNX Runtime.

    Raises:
        EngineError: it is not installed.
        BundleError: it cannot load the networks.
    """
    return onnx_engine()(bundle)


def onnx_engine() -> EngineOpener:
    """Return what loads networks into ONNX Runtime, which is imported no earlier.

    Raises:
        EngineError: it is not installed.
    """
    try:
        from local_inn_ros.engines.onnx.engine import OnnxEngine
    except ImportError as error:
        raise EngineError(
            f"ONNX Runtime is not installed here ({error}): "
            "`pip install 'local_inn_ros[onnxruntime]'`"
        ) from error
    return OnnxEngine


def _no_torch(bundle: Bundle) -> Engine:
    raise EngineError("torch is for training machines, and cannot be chosen here")
