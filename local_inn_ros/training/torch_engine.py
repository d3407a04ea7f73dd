# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine protocol on the torch model itself, to measure it before it is exported."""

from __future__ import annotations

import torch

from local_inn_ros.engines.protocol import Float32Array
from local_inn_ros.flows.local_inn import EncoderGraph, ForwardGraph, InverseGraph, LocalInn

_BATCH = 1024


class TorchEngine:
    """Runs a model in torch (see ``Engine``)."""

    def __init__(self, model: LocalInn, drawing_spread: float) -> None:
        """Wrap a model; ``drawing_spread`` conditions the forward pass."""
        self._encoder = EncoderGraph(model)
        self._inverse = InverseGraph(model)
        self._forward = ForwardGraph(model, drawing_spread)

    @property
    def name(self) -> str:
        """Name of the engine."""
        return f"torch {torch.__version__}"

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Engine.sample_poses``)."""
        drawn = torch.from_numpy(latents)
        given = [torch.from_numpy(array) for array in (ranges_m, states, priors, spreads)]
        parts = []
        with torch.no_grad():
            for ranges, state, prior, spread in zip(
                *(tensor.split(_BATCH) for tensor in given), strict=True
            ):
                seen = self._encoder(ranges, state, prior, spread)
                parts.append(self._inverse(seen, drawn, prior, spread))
        return _to_array(torch.cat(parts))

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Engine.expected_ranges``)."""
        with torch.no_grad():
            parts = [self._forward(part) for part in torch.from_numpy(poses).split(_BATCH)]
        return _to_array(torch.cat(parts))


def _to_array(tensor: torch.Tensor) -> Float32Array:
    array: Float32Array = tensor.numpy()
    return array
