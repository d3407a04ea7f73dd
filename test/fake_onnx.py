# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network that a fake TensorRT holds: an ONNX graph that can be read, changed and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from onnx import helper, numpy_helper

_HALF, _SINGLE = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT


class UnreadableError(Exception):
    """No ONNX, or not of the kind that is used."""


class Graph:
    """An ONNX graph by the names of its tensors."""

    def __init__(self, strong: bool) -> None:
        self.strong = strong
        self.precisions: dict[int, int] = {}
        self._model = onnx.ModelProto()
        self._types: dict[str, int] = {}

    def read(self, content: bytes) -> None:
        try:
            self._model = onnx.load_from_string(content)
            onnx.checker.check_model(self._model)
        except Exception as error:  # protobuf and onnx raise a dozen types
            raise UnreadableError(f"not an ONNX network: {error}") from error
        self._split_products()
        inferred = onnx.shape_inference.infer_shapes(self._model).graph
        values = [*inferred.value_info, *inferred.input, *inferred.output]
        self._types = {value.name: value.type.tensor_type.elem_type for value in values}
        self._types.update({each.name: each.data_type for each in inferred.initializer})

    def _split_products(self) -> None:
        """Write ``Gemm`` as TensorRT's parser does: a product and a sum."""
        graph = self._model.graph
        weights = {each.name: each for each in graph.initializer}
        nodes = list(graph.node)
        del graph.node[:]
        for node in nodes:
            if node.op_type != "Gemm":
                graph.node.append(node)
                continue
            told = {each.name: helper.get_attribute_value(each) for each in node.attribute}
            assert told.get("alpha", 1.0) == told.get("beta", 1.0) == 1.0
            assert not told.get("transA", 0)
            first, second, third = node.input
            out = node.output[0]
            if told.get("transB", 0):
                turned = numpy_helper.to_array(weights[second]).T.copy()
                second = f"{out}_weight"
                graph.initializer.append(numpy_helper.from_array(turned, second))
            graph.node.append(helper.make_node("MatMul", [first, second], [f"{out}_product"]))
            graph.node.append(helper.make_node("Add", [f"{out}_product", third], [out]))

    @property
    def nodes(self) -> Any:
        return self._model.graph.node

    def inputs(self) -> list[str]:
        return [value.name for value in self._model.graph.input]

    def outputs(self) -> list[str]:
        return [value.name for value in self._model.graph.output]

    def element_type(self, name: str) -> int:
        return self._types.get(name, _SINGLE)

    def shape(
        self, name: str, given: Mapping[str, tuple[int, ...]] | None = None
    ) -> tuple[int, ...]:
        """Return a shape: -1 for what is open, unless the inputs' shapes are given."""
        sizes: dict[str, int] = {}
        for told, shape in (given or {}).items():
            for axis, size in zip(self._axes(told), shape, strict=True):
                if axis.dim_param:
                    assert sizes.setdefault(axis.dim_param, size) == size
        return tuple(
            sizes.get(axis.dim_param, -1) if axis.dim_param else axis.dim_value
            for axis in self._axes(name)
        )

    def _axes(self, name: str) -> Any:
        values = [*self._model.graph.input, *self._model.graph.output]
        (found,) = [value for value in values if value.name == name]
        return found.type.tensor_type.shape.dim

    def add_cast(self, name: str, to: int) -> int:
        number = len(self.nodes)
        self.nodes.append(helper.make_node("Cast", [name], [f"cast_{number}"], to=to))
        self._types[f"cast_{number}"] = to
        return number

    def mark_output(self, name: str) -> None:
        value = onnx.ValueInfoProto()
        value.CopyFrom(self._unmarked)
        value.name = name
        self._model.graph.output.append(value)

    def unmark_output(self, name: str) -> None:
        outputs = self._model.graph.output
        (index,) = [k for k, value in enumerate(outputs) if value.name == name]
        self._unmarked = outputs[index]
        del outputs[index]

    def rename(self, name: str, new: str) -> None:
        for node in self.nodes:
            for names in (node.input, node.output):
                for k, each in enumerate(names):
                    if each == name:
                        names[k] = new
        self._types[new] = self._types.pop(name)

    def built(self, half: bool, obeys: bool) -> bytes:
        """Return the network as it would be computed.

        Args:
            half: half precision may be chosen where types are not written.
            obeys: only where it was asked for.
        """
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        # Types of what lies between, as they were before anything was changed.
        del model.graph.value_info[:]
        if half:
            for index, wanted in self.precisions.items():
                if wanted == _HALF:
                    _halve(model.graph, index)
            # Without constraints, half precision may come anywhere: as bad as it gets.
            if not obeys:
                raise AssertionError("half precision would be chosen anywhere")
        _sort(model.graph)
        onnx.checker.check_model(model)
        return model.SerializeToString()


def _halve(graph: Any, index: int) -> None:
    node = graph.node[index]
    for k, name in enumerate(node.input):
        graph.node.append(helper.make_node("Cast", [name], [f"half_{index}_{k}"], to=_HALF))
        node.input[k] = f"half_{index}_{k}"
    out = node.output[0]
    node.output[0] = f"half_{index}"
    graph.node.append(helper.make_node("Cast", [f"half_{index}"], [out], to=_SINGLE))


def _sort(graph: Any) -> None:
    """Bring nodes into an order in which each comes after what it needs."""
    known = {value.name for value in graph.input} | {each.name for each in graph.initializer}
    known.add("")
    waiting = list(graph.node)
    del graph.node[:]
    while waiting:
        ready = [node for node in waiting if set(node.input) <= known]
        assert ready, "a network that goes in circles"
        graph.node.extend(ready)
        known |= {name for node in ready for name in node.output}
        done = {id(node) for node in ready}
        waiting = [node for node in waiting if id(node) not in done]
