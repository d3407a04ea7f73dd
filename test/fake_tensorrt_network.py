# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a fake TensorRT describes networks with: types, tensors, layers, and the parser."""

from __future__ import annotations

import enum
from typing import Any

import fake_onnx
from fake_onnx import Graph


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
