# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs as the torch modules that they are exported from: before that, or on a GPU."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import torch
from torch import Tensor, nn

from local_inn_ros.engines.graphs import (
    Float32Array,
    GraphSignature,
    Tensors,
    joined,
    parts_of,
)
from local_inn_ros.engines.torch.cuda_graph import RecordedCalls, TensorCall, record_cuda_graph

_MOST_ROWS = {"cpu": 1024, "cuda": 16_384}


class TorchPrecision(str, Enum):
    """What the matrix products are computed in; all else is in single precision."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"


_TYPES = {TorchPrecision.FP16: torch.float16, TorchPrecision.BF16: torch.bfloat16}


class TorchEngine:
    """Runs modules in torch (see ``Engine``); on a GPU as CUDA graphs. Threads may share it."""

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        signatures: Sequence[GraphSignature],
        device: str = "cpu",
        precision: TorchPrecision = TorchPrecision.FP32,
    ) -> None:
        """Wrap modules, or copies of them where they have to be changed.

        Args:
            modules: the graphs, by name; they may share weights.
            signatures: what each takes, in the order of its arguments, and what it gives: one
                tensor, or a tuple of them.
            device: as torch names it: ``cpu``, ``cuda``.
            precision: of the matrix products.
        """
        self._device = torch.device(device)
        self._modules = dict(modules)
        if self._device.type != "cpu" or precision is not TorchPrecision.FP32:
            # In one go, so that what they share stays shared.
            self._modules = copy.deepcopy(self._modules)
            for module in self._modules.values():
                module.to(self._device)
        if precision in _TYPES:
            _halve_products(self._modules.values(), _TYPES[precision])
        self._signatures = {one.name: one for one in signatures}
        self._name = f"torch {torch.__version__} {precision.value} on {self._device}"
        self._most_rows = _MOST_ROWS[self._device.type]
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, ...], TensorCall] = {}

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return self._name

    def run(self, graphs: tuple[str, ...], tensors: Tensors) -> dict[str, Float32Array]:
        """Run graphs one after the other (see ``Engine.run``)."""
        chain = [self._signatures[name] for name in graphs]
        taken = _taken_by(chain)
        names = [one.name for one in chain[-1].outputs]
        with self._lock, torch.no_grad():
            if graphs not in self._calls:
                self._calls[graphs] = self._call_of(graphs)
            call = self._calls[graphs]
            answers = []
            for part in parts_of(chain, tensors, self._most_rows):
                told = call(*(self._there(part[name]) for name in taken))
                answers.append(dict(zip(names, map(_to_array, told), strict=True)))
            return joined(answers)

    def _call_of(self, graphs: tuple[str, ...]) -> TensorCall:
        chain = [self._signatures[name] for name in graphs]
        taken = _taken_by(chain)

        def call(*given: Tensor) -> tuple[Tensor, ...]:
            known = dict(zip(taken, given, strict=True))
            for graph in chain:
                told = self._modules[graph.name](*(known[one.name] for one in graph.inputs))
                answers = told if isinstance(told, tuple) else (told,)
                known |= {
                    one.name: answer for one, answer in zip(graph.outputs, answers, strict=True)
                }
            return answers

        return RecordedCalls(call, record_cuda_graph) if self._device.type == "cuda" else call

    def _there(self, array: Float32Array) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def _taken_by(chain: Sequence[GraphSignature]) -> tuple[str, ...]:
    """Return the names of what a chain takes and does not give itself, each once."""
    given = {one.name for graph in chain for one in graph.outputs}
    names = dict.fromkeys(one.name for graph in chain for one in graph.inputs)
    return tuple(name for name in names if name not in given)


def _halve_products(modules: Iterable[nn.Module], kind: torch.dtype) -> None:
    """Let linear layers compute in half precision; what they are given and say stays single."""

    def halved(layer: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(tensor.to(kind) for tensor in given)

    def singled(layer: nn.Module, given: tuple[Tensor, ...], said: Tensor) -> Tensor:
        return said.float()

    layers = {layer for module in modules for layer in module.modules()}
    for layer in layers:
        if isinstance(layer, nn.Linear):
            layer.to(kind)
            layer.register_forward_pre_hook(halved)
            layer.register_forward_hook(singled)


def _to_array(tensor: torch.Tensor) -> Float32Array:
    array: Float32Array = tensor.cpu().numpy()
    return array
