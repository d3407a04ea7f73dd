# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine protocol on the torch model itself: before it is exported, or on a GPU."""

from __future__ import annotations

import copy
import threading
from enum import Enum

import torch
from torch import Tensor, nn

from local_inn_ros.engines.protocol import Float32Array
from local_inn_ros.engines.torch.cuda_graph import RecordedCalls, TensorCall, record_cuda_graph
from local_inn_ros.systems.local_inn_2d.network import (
    EncoderGraph,
    ForwardGraph,
    InverseGraph,
    LocalInn,
)

# The parts of a large batch: what the caches of a processor hold, what keeps a GPU busy.
_BATCH = {"cpu": 1024, "cuda": 16_384}


class TorchPrecision(str, Enum):
    """What the matrix products are computed in; all else is in single precision."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"


_TYPES = {TorchPrecision.FP16: torch.float16, TorchPrecision.BF16: torch.bfloat16}


class TorchEngine:
    """Runs a model in torch (see ``Engine``); on a GPU as CUDA graphs. Threads may share it."""

    def __init__(
        self,
        model: LocalInn,
        drawing_spread: float,
        device: str = "cpu",
        precision: TorchPrecision = TorchPrecision.FP32,
    ) -> None:
        """Wrap a model, or a copy of it where it has to be changed.

        Args:
            model: the networks.
            drawing_spread: conditions the forward pass.
            device: as torch names it: ``cpu``, ``cuda``.
            precision: of the matrix products.
        """
        self._device = torch.device(device)
        if self._device.type != "cpu" or precision is not TorchPrecision.FP32:
            model = copy.deepcopy(model).to(self._device)
        if precision in _TYPES:
            _halve_products(model, _TYPES[precision])
        self._encoder = EncoderGraph(model)
        self._inverse = InverseGraph(model)
        self._forward = ForwardGraph(model, drawing_spread)
        self._name = f"torch {torch.__version__} {precision.value} on {self._device}"
        self._batch = _BATCH[self._device.type]
        self._lock = threading.Lock()
        self._sample: TensorCall = self._sample_part
        self._expect: TensorCall = self._forward
        if self._device.type == "cuda":
            self._sample = RecordedCalls(self._sample_part, record_cuda_graph)
            self._expect = RecordedCalls(self._forward, record_cuda_graph)

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return self._name

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Engine.sample_poses``)."""
        with self._lock, torch.no_grad():
            drawn = self._there(latents)
            given = [self._there(array) for array in (ranges_m, states, priors, spreads)]
            parts = [
                self._sample(*rows, drawn)
                for rows in zip(*(tensor.split(self._batch) for tensor in given), strict=True)
            ]
            return _to_array(torch.cat(parts))

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Engine.expected_ranges``)."""
        with self._lock, torch.no_grad():
            parts = [self._expect(part) for part in self._there(poses).split(self._batch)]
            return _to_array(torch.cat(parts))

    def _sample_part(
        self, ranges: Tensor, states: Tensor, priors: Tensor, spreads: Tensor, latents: Tensor
    ) -> Tensor:
        seen = self._encoder(ranges, states, priors, spreads)
        poses: Tensor = self._inverse(seen, latents, priors, spreads)
        return poses

    def _there(self, array: Float32Array) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def _halve_products(model: nn.Module, kind: torch.dtype) -> None:
    """Let linear layers compute in half precision; what they are given and say stays single."""

    def halved(layer: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(tensor.to(kind) for tensor in given)

    def singled(layer: nn.Module, given: tuple[Tensor, ...], said: Tensor) -> Tensor:
        return said.float()

    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.to(kind)
            layer.register_forward_pre_hook(halved)
            layer.register_forward_hook(singled)


def _to_array(tensor: torch.Tensor) -> Float32Array:
    array: Float32Array = tensor.cpu().numpy()
    return array
