# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a network to its ONNX file."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import onnx
import torch
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from torch import nn

from local_inn_ros.engines.graphs import GraphSignature

_OPSET = 18

# Fields of ONNX's messages, wherever they are, that are for people and tools alone.
_NOTES = frozenset({"metadata_props", "doc_string"})


def write_graph(module: nn.Module, graph: GraphSignature, path: Path) -> None:
    """Export one graph with named, dynamic batches, and check that it is sound."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    open_axes = {
        axis: torch.export.Dim(axis)
        for one in graph.inputs
        for axis in one.axes
        if isinstance(axis, str)
    }
    # Another number for each axis, so that none is taken for the other.
    sizes = {axis: 2 + number for number, axis in enumerate(open_axes)}
    examples = tuple(
        torch.rand([sizes[axis] if isinstance(axis, str) else axis for axis in one.axes])
        for one in graph.inputs
    )
    dynamic = {
        one.name: {
            number: open_axes[axis] for number, axis in enumerate(one.axes) if isinstance(axis, str)
        }
        for one in graph.inputs
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            examples,
            path,
            input_names=[one.name for one in graph.inputs],
            output_names=[one.name for one in graph.outputs],
            dynamic_shapes=dynamic,
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    model = onnx.load(path)
    remove_notes(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def remove_notes(message: Message) -> None:
    """Remove what no result depends on from an ONNX message and all that it holds.

    The exporter notes at each node where it comes from: stack traces with the paths of the machine
    that exports, several times the size of the graph itself.
    """
    for described, value in message.ListFields():
        if described.name in _NOTES:
            message.ClearField(described.name)
        elif isinstance(value, Message):
            remove_notes(value)
        elif described.type == FieldDescriptor.TYPE_MESSAGE:
            for one in value:
                remove_notes(one)
