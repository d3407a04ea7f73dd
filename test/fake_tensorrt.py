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
from typing import Any

import fake_onnx
import numpy as np
import onnxruntime
import pytest
from fake_cuda import FakeGpu
from fake_onnx import Graph

VERSIONS = ("8.6.1", "10.13.3.9", "11.4.0.106")


class DataType(enum.Enum):
    FLOAT = 1
    HALF = 10
    INT32 = 6
    BOOL = 9

    @staticmethod
    def of(element_type: int) -> DataType:
        """Return what an ONNX type becomes; 8.6 knows whole numbers of 32 bits alone."""
        return DataType.INT32 if element_type == 7 else DataType(element_type)


class LayerType(enum.Enum):
    MATRIX_MULTIPLY = "MatMul"
    CAST = "Cast"
    ELEMENTWISE = "any other"


class MemoryPoolType(enum.Enum):
    WORKSPACE = 0


class TensorIOMode(enum.Enum):
    INPUT = 1
    OUTPUT = 2


class ILogger:
    class Severity(enum.Enum):
        INTERNAL_ERROR = 0
        ERROR = 1
        WARNING = 2

    def __init__(self) -> None:
        self.was_set_up = True

    def log(self, severity: ILogger.Severity, msg: str) -> None:
        raise NotImplementedError


class Dims:
    def __init__(self, shape: tuple[int, ...]) -> None:
        assert all(isinstance(size, int) for size in shape)
        self._shape = tuple(shape)

    def __iter__(self) -> Any:
        return iter(self._shape)

    def __len__(self) -> int:
        return len(self._shape)


class ITensor:
    """A view on a tensor by its name, made anew at every call as the bindings do."""

    def __init__(self, graph: Graph, name: str) -> None:
        self._graph, self._name = graph, name

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._graph.rename(self._name, name)
        self._name = name

    @property
    def shape(self) -> Dims:
        return Dims(self._graph.shape(self._name))

    @property
    def dtype(self) -> DataType:
        return DataType.of(self._graph.element_type(self._name))

    @property
    def is_network_output(self) -> bool:
        return self._name in self._graph.outputs()


class ILayer:
    """A layer, in a network whose types are as they are written."""

    def __init__(self, graph: Graph, index: int) -> None:
        self._graph, self._index = graph, index

    @property
    def name(self) -> str:
        return f"layer {self._index}"

    @property
    def type(self) -> LayerType:
        kind = self._graph.nodes[self._index].op_type
        return LayerType(kind) if kind in ("MatMul", "Cast") else LayerType.ELEMENTWISE

    @property
    def num_inputs(self) -> int:
        return len(self._graph.nodes[self._index].input)

    @property
    def num_outputs(self) -> int:
        return len(self._graph.nodes[self._index].output)

    def get_input(self, index: int) -> ITensor | None:
        name = self._graph.nodes[self._index].input[index]
        return ITensor(self._graph, name) if name else None

    def get_output(self, index: int) -> ITensor:
        return ITensor(self._graph, self._graph.nodes[self._index].output[index])

    def set_input(self, index: int, tensor: ITensor) -> None:
        self._graph.nodes[self._index].input[index] = tensor.name


class WeakLayer(ILayer):
    """A layer that may be asked for a precision: until 10."""

    @property
    def precision(self) -> DataType:
        return DataType(self._graph.precisions[self._index])

    @precision.setter
    def precision(self, wanted: DataType) -> None:
        assert not self._graph.strong
        self._graph.precisions[self._index] = wanted.value

    def set_output_type(self, index: int, dtype: DataType) -> None:
        assert dtype is DataType.FLOAT


class INetworkDefinition:
    layer: type[ILayer] = ILayer

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @property
    def num_layers(self) -> int:
        return len(self.graph.nodes)

    @property
    def num_inputs(self) -> int:
        return len(self.graph.inputs())

    def get_layer(self, index: int) -> ILayer:
        return self.layer(self.graph, index)

    def get_input(self, index: int) -> ITensor:
        return ITensor(self.graph, self.graph.inputs()[index])

    def add_cast(self, input: ITensor, to_type: DataType) -> ILayer:
        return self.layer(self.graph, self.graph.add_cast(input.name, to_type.value))

    def mark_output(self, tensor: ITensor) -> None:
        self.graph.mark_output(tensor.name)

    def unmark_output(self, tensor: ITensor) -> None:
        self.graph.unmark_output(tensor.name)


class WeakNetworkDefinition(INetworkDefinition):
    layer = WeakLayer


class OnnxParser:
    def __init__(self, network: INetworkDefinition, logger: ILogger) -> None:
        self._network, self._errors = network, list[str]()

    @property
    def num_errors(self) -> int:
        return len(self._errors)

    def parse(self, model: bytes, path: str | None = None) -> bool:
        try:
            self._network.graph.read(model)
        except fake_onnx.UnreadableError as error:
            self._errors.append(str(error))
        return not self._errors

    def get_error(self, index: int) -> str:
        return f"In node -1 with name:  and operator: :\n{self._errors[index]}"


class IOptimizationProfile:
    def __init__(self) -> None:
        self.spans: dict[str, list[list[int]]] = {}

    def set_shape(self, input: str, min: Dims, opt: Dims, max: Dims) -> None:
        assert all(a <= b <= c for a, b, c in zip(min, opt, max, strict=True))
        self.spans[input] = [list(min), list(opt), list(max)]


class IBuilderConfig:
    def __init__(self, flags: type[enum.Enum]) -> None:
        self._flags = flags
        # As in all versions, it is set from the beginning.
        self.flags = {flags["TF32"]}
        self.profiles: list[IOptimizationProfile] = []

    def set_flag(self, flag: enum.Enum) -> None:
        self.flags.add(self._flags(flag))

    def clear_flag(self, flag: enum.Enum) -> None:
        self.flags.discard(self._flags(flag))

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int) -> None:
        assert pool is MemoryPoolType.WORKSPACE
        assert pool_size > 0

    def add_optimization_profile(self, profile: IOptimizationProfile) -> int:
        self.profiles.append(profile)
        return len(self.profiles) - 1


class IExecutionContext:
    def __init__(self, engine: ICudaEngine) -> None:
        self._engine = engine
        self._profile = 0
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._addresses: dict[str, int] = {}
        # TensorRT sets itself up in the first run after a change of shapes.
        self._set_up = False

    def set_optimization_profile_async(self, profile_index: int, stream_handle: int) -> bool:
        assert stream_handle in self._engine.gpu.streams
        self._profile = profile_index
        return profile_index < len(self._engine.profiles)

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        least, _, most = self._engine.profiles[self._profile][name]
        if len(shape) != len(least) or not all(
            low <= size <= high for low, size, high in zip(least, shape, most, strict=True)
        ):
            self._engine.fail(f"{name} of shape {shape} is not in [{least}, {most}]")
            return False
        self._set_up = self._set_up and self._shapes.get(name) == shape
        self._shapes[name] = shape
        return True

    def get_tensor_shape(self, name: str) -> Dims:
        return Dims(self._engine.graph.shape(name, self._shapes))

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._addresses[name] = memory
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        engine = self._engine
        engine.gpu.check_current()
        stream = engine.gpu.streams[stream_handle]
        if stream.recording is not None and not self._set_up:
            engine.fail("cannot set itself up while the stream is captured")
            return False
        self._set_up = True
        shapes = dict(self._shapes)
        assert set(shapes) == set(engine.graph.inputs())
        memory = {
            name: engine.gpu.floats(address, int(np.prod(tuple(self.get_tensor_shape(name)))))
            for name, address in self._addresses.items()
        }

        def work() -> None:
            assert shapes == self._shapes, "a graph is launched after its shapes have changed"
            given = {name: memory[name].reshape(shape) for name, shape in shapes.items()}
            outputs = engine.graph.outputs()
            for name, answer in zip(outputs, engine.session.run(outputs, given), strict=True):
                np.copyto(memory[name], answer.reshape(-1))

        stream.add(work)
        return True


class ICudaEngine:
    def __init__(self, header: dict[str, Any], model: bytes, gpu: FakeGpu, logger: ILogger) -> None:
        self.gpu, self._logger = gpu, logger
        self.profiles = header["profiles"]
        self.graph = Graph(strong=True)
        self.graph.read(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, options)

    @property
    def num_io_tensors(self) -> int:
        return len(self.graph.inputs()) + len(self.graph.outputs())

    def fail(self, reason: str) -> None:
        self._logger.log(ILogger.Severity.ERROR, reason)

    def get_tensor_name(self, index: int) -> str:
        return [*self.graph.inputs(), *self.graph.outputs()][index]

    def get_tensor_dtype(self, name: str) -> DataType:
        return DataType.of(self.graph.element_type(name))

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return TensorIOMode.INPUT if name in self.graph.inputs() else TensorIOMode.OUTPUT

    def get_tensor_shape(self, name: str) -> Dims:
        return Dims(self.graph.shape(name))

    def create_execution_context(self) -> IExecutionContext | None:
        self.gpu.check_current()
        return IExecutionContext(self)


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
