# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a fake TensorRT builds engines by, and the engines: ONNX Runtime computes."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import onnxruntime
from fake_cuda import FakeGpu
from fake_onnx import Graph
from fake_tensorrt_network import DataType, Dims, ILogger, MemoryPoolType, TensorIOMode


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
