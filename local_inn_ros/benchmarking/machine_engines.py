# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engines that this machine can run a bundle with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_inn_ros.engines import Bundle, Engine
from local_inn_ros.errors import EngineError


@dataclass(frozen=True, slots=True, eq=False)
class MachineEngines:
    """Engines by their short names.

    Attributes:
        opened: those that run, the default one first.
        missing: why the others do not, in a sentence each.
    """

    opened: Mapping[str, Engine]
    missing: Mapping[str, str]


def open_engines(bundle: Bundle) -> MachineEngines:
    """Open every engine that this machine has.

    Raises:
        BundleError: ONNX Runtime cannot load the networks.
    """
    opened: dict[str, Engine] = {}
    missing: dict[str, str] = {}
    for name in _OPENERS:
        try:
            opened[name] = open_engine_named(bundle, name)
        except EngineError as error:
            missing[name] = str(error)
    return MachineEngines(opened, missing)


def open_engine_named(bundle: Bundle, name: str) -> Engine:
    """Open one engine, and no other in its place.

    Args:
        bundle: the trained model.
        name: ``compiled``, ``onnxruntime``, ``tensorrt`` or ``torch``.

    Raises:
        EngineError: this machine cannot run it.
        BundleError: the networks cannot be loaded.
    """
    return _OPENERS[name](bundle)


# Each imports what it needs when it is opened: no engine pays for the others' libraries.


def _open_onnx(bundle: Bundle) -> Engine:
    from local_inn_ros.engines.choice import open_onnx_engine

    return open_onnx_engine(bundle)


def _open_compiled(bundle: Bundle) -> Engine:
    from local_inn_ros.systems.local_inn_2d.compiled.engine import CompiledEngine

    return CompiledEngine(bundle)


def _open_tensorrt(bundle: Bundle) -> Engine:
    from local_inn_ros.engines.tensorrt.loading import open_tensorrt_engine

    return open_tensorrt_engine(bundle)


def _open_torch(bundle: Bundle) -> Engine:
    try:
        from local_inn_ros.systems.local_inn_2d.torch_bundle import open_torch_engine
    except ImportError as error:
        raise EngineError(
            f"torch is not installed here ({error}): `pip install 'local_inn_ros[train]'`"
        ) from error
    return open_torch_engine(bundle)


_OPENERS = {
    "compiled": _open_compiled,
    "onnxruntime": _open_onnx,
    "tensorrt": _open_tensorrt,
    "torch": _open_torch,
}
