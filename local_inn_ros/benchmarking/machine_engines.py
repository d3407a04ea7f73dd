# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engines that this machine can run a bundle with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.protocol import Model
from local_inn_ros.systems.registry import open_model

# The default one first.
ENGINES = {
    "compiled": EngineChoice.COMPILED,
    "onnxruntime": EngineChoice.ONNX,
    "tensorrt": EngineChoice.TENSORRT,
    "torch": EngineChoice.TORCH,
}
"""Engines by their short names, which reports have."""


@dataclass(frozen=True, slots=True, eq=False)
class MachineEngines:
    """A bundle on every engine that this machine has.

    Attributes:
        opened: by the engines' short names, the default one first.
        missing: why the others do not run, in a sentence each.
    """

    opened: Mapping[str, Model]
    missing: Mapping[str, str]


def open_engines(bundle: Bundle, engines: Mapping[str, EngineChoice] = ENGINES) -> MachineEngines:
    """Open a bundle on every engine that this machine has.

    Raises:
        BundleError: the networks cannot be loaded.
    """
    opened: dict[str, Model] = {}
    missing: dict[str, str] = {}
    for name in engines:
        try:
            opened[name] = open_on(bundle, engines[name])
        except EngineError as error:
            missing[name] = str(error)
    return MachineEngines(opened, missing)


def open_on(bundle: Bundle, engine: EngineChoice) -> Model:
    """Open a bundle on one engine, and no other in its place.

    Raises:
        EngineError: this machine cannot run it.
        BundleError: the networks cannot be loaded.
    """

    def refuse(reason: str) -> None:
        raise EngineError(reason.partition(": ")[2] or reason)

    return open_model(bundle, engine, warn=refuse)
