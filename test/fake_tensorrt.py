# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT without a GPU: the Python calls of 8.6, 10 and 11, with ONNX Runtime underneath.

Each generation has what the published bindings of its version have of the calls used, and lacks
what they lack (``test_engines_tensorrt_published.py`` compares). Networks are run as they were
changed: a cast that is written into one is computed.
"""

from __future__ import annotations

import enum
import json
import sys
from types import ModuleType

import pytest
from fake_cuda import FakeGpu
from fake_onnx import Graph
from fake_tensorrt_engine import (
    IBuilderConfig,
    ICudaEngine,
    IExecutionContext,
    IOptimizationProfile,
)
from fake_tensorrt_network import (
    DataType,
    Dims,
    ILayer,
    ILogger,
    INetworkDefinition,
    ITensor,
    LayerType,
    MemoryPoolType,
    OnnxParser,
    TensorIOMode,
    WeakLayer,
    WeakNetworkDefinition,
)

VERSIONS = ("8.6.1", "10.13.3.9", "11.4.0.106")


def install(version: str, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Let the process have a TensorRT of this version on this GPU; return the module."""
    module = fake_module(version, gpu)
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    return module


def fake_module(version: str, gpu: FakeGpu) -> ModuleType:
    """Return a TensorRT of this version on this GPU."""
    major = int(version.split(".")[0])
    weak, strong = major < 11, major >= 10
    flags = enum.Enum("BuilderFlag", "TF32 FP16 OBEY_PRECISION_CONSTRAINTS" if weak else "TF32")
    # Numbered from 0, so that one flag is another number in 11 than in 10.
    names = ["EXPLICIT_BATCH"] * weak + ["STRONGLY_TYPED"] * strong
    creation = enum.IntEnum("NetworkDefinitionCreationFlag", names, start=0)

    def refuse_an_unfit_gpu() -> None:
        if not gpu.works_with_tensorrt:
            raise TypeError("pybind11::init(): factory function returned nullptr")

    class Builder:
        def __init__(self, logger: ILogger) -> None:
            gpu.check_current()
            assert logger.was_set_up
            refuse_an_unfit_gpu()
            self._logger = logger

        def create_network(self, flags: int = 0) -> INetworkDefinition:
            written = {flag for flag in creation if flags & 1 << flag}
            assert flags == sum(1 << flag for flag in written), "a flag of another version"
            assert strong or creation["EXPLICIT_BATCH"] in written
            typed = major >= 11 or (strong and creation["STRONGLY_TYPED"] in written)
            made = WeakNetworkDefinition if weak else INetworkDefinition
            return made(Graph(typed))

        def create_builder_config(self) -> IBuilderConfig:
            return IBuilderConfig(flags)

        def create_optimization_profile(self) -> IOptimizationProfile:
            return IOptimizationProfile()

        def build_serialized_network(
            self, network: INetworkDefinition, config: IBuilderConfig
        ) -> memoryview | None:
            half = weak and flags["FP16"] in config.flags
            assert not (half and network.graph.strong), "a strongly typed network has no FP16 flag"
            obeys = weak and flags["OBEY_PRECISION_CONSTRAINTS"] in config.flags
            model = network.graph.built(half, obeys)
            header = {
                "version": version,
                "gpu": gpu.name,
                "tf32": flags["TF32"] in config.flags,
                "profiles": [profile.spans for profile in config.profiles],
            }
            if any(set(spans) != set(network.graph.inputs()) for spans in header["profiles"]):
                self._logger.log(ILogger.Severity.ERROR, "an input without a profile")
                return None
            return memoryview(json.dumps(header).encode() + b"\0" + model)

    class Runtime:
        def __init__(self, logger: ILogger) -> None:
            refuse_an_unfit_gpu()
            self._logger = logger

        def deserialize_cuda_engine(self, serialized_engine: bytes) -> ICudaEngine | None:
            gpu.check_current()
            text, _, model = serialized_engine.partition(b"\0")
            header = json.loads(text)
            if (header["version"], header["gpu"]) != (version, gpu.name):
                self._logger.log(ILogger.Severity.ERROR, "the engine plan file is not compatible")
                return None
            return ICudaEngine(header, model, gpu, self._logger)

    module = ModuleType("tensorrt")
    shared = (
        *(DataType, LayerType, MemoryPoolType, TensorIOMode, ILogger, Dims, ITensor),
        *(OnnxParser, IOptimizationProfile, IBuilderConfig, IExecutionContext, ICudaEngine),
    )
    module.__dict__.update({each.__name__: each for each in (*shared, Builder, Runtime)})
    module.__dict__.update(
        __version__=version,
        float32=DataType.FLOAT,
        float16=DataType.HALF,
        BuilderFlag=flags,
        NetworkDefinitionCreationFlag=creation,
        ILayer=WeakLayer if weak else ILayer,
        INetworkDefinition=WeakNetworkDefinition if weak else INetworkDefinition,
    )
    return module
