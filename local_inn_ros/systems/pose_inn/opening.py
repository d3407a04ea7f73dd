# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which engine runs a bundle of PoseINN: the one asked for, or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice, open_first
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.pose_inn.agreement import asked_of, compare, refuse_if_off

_CHECKED_PICTURES = 8


def open_engine(bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> Engine:
    """Open what is asked for, or ONNX Runtime where it cannot be had.

    Args:
        bundle: the trained model.
        choice: what is asked for.
        warn: told in a sentence why another one is taken.

    Raises:
        BundleError: ONNX Runtime cannot load the graphs either.
    """
    openers = [open_onnx]
    if choice in (EngineChoice.AUTO, EngineChoice.TENSORRT):
        openers.insert(0, open_tensorrt)
    if choice is EngineChoice.TORCH:
        openers.insert(0, open_torch)
    return open_first([partial(opener, bundle) for opener in openers], _name, warn)


def open_onnx(bundle: Bundle) -> Engine:
    """Run the graphs on ONNX Runtime.

    Raises:
        BundleError: it cannot load them.
    """
    # Who runs another one does not keep it in memory.
    from local_inn_ros.engines.onnx.engine import OnnxEngine

    return OnnxEngine(bundle.graphs)


def open_tensorrt(bundle: Bundle) -> Engine:
    """Run the plans that this machine made.

    One picture is tried, so that a GPU without room for more is noticed here.

    Raises:
        EngineError: there is no TensorRT, no GPU or no plan; the message is one sentence.
    """
    from local_inn_ros.engines.tensorrt.loading import open_tensorrt_engine

    engine = open_tensorrt_engine(bundle.graphs)
    for names, given in asked_of(bundle, 1, np.random.default_rng(0)).items():
        engine.run(names, given)
    return engine


def open_torch(bundle: Bundle) -> Engine:
    """Run the networks in torch: in half precision on a GPU, or in single on the processor.

    Their answers are compared with those of the ONNX graphs first: the weights lie beside them,
    and nothing else says that they are of the same training.

    Raises:
        EngineError: there is no torch, the bundle has no weights, those of the backbone are not
            installed, or they are not those of its graphs; the message is one sentence.
    """
    try:
        from local_inn_ros.systems.pose_inn.export import open_torch_engine
    except ImportError as error:
        raise EngineError(
            f"torch is not installed here ({error}): `pip install 'local_inn_ros[train,camera]'`"
        ) from error
    engine, half = open_torch_engine(bundle)
    asked = asked_of(bundle, _CHECKED_PICTURES, np.random.default_rng(0))
    refuse_if_off(compare(engine, open_onnx(bundle), asked), engine.name, half=half)
    return engine


def _name(engine: Engine) -> str:
    return engine.name
