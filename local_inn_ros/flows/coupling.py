# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The invertible part: affine couplings from FrEIA, mostly under a condition."""

from __future__ import annotations

import torch
from FrEIA.framework import SequenceINN
from FrEIA.modules import GLOWCouplingBlock, PermuteRandom
from torch import Tensor, nn


class CouplingStack(nn.Module):
    """GLOW couplings with fixed permutations between them (Kingma and Dhariwal, 2018).

    Untrained it is nearly the identity.

    Invertible for every condition: ``backward(forward(x, c), c) == x``.
    """

    _order: Tensor
    _restored: Tensor

    def __init__(self, size: int, condition: int, blocks: int, hidden: int) -> None:
        """Build the stack.

        Args:
            size: length of the vector that it maps.
            condition: length of the condition; 0 for none.
            blocks: couplings; each changes both halves of the vector.
            hidden: width of the one hidden layer of each coupling's subnets.
        """
        super().__init__()

        def subnet(inputs: int, outputs: int) -> nn.Module:
            last = nn.Linear(hidden, outputs)
            # Starts near the identity, so that six blocks do not scale the first steps apart.
            nn.init.normal_(last.weight, std=1e-3)
            nn.init.zeros_(last.bias)
            return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), last)

        self._flow = SequenceINN(size)
        for block in range(blocks):
            if block > 0:
                self._flow.append(PermuteRandom, seed=block)
            self._flow.append(
                GLOWCouplingBlock,
                cond=0 if condition else None,
                cond_shape=(condition,) if condition else None,
                subnet_constructor=subnet,
                clamp=2.0,
                clamp_activation="ATAN",
            )
        # What the permutations do together is undone, so that the stack begins near the identity
        # and the couplings have only to learn what differs from it.
        order = torch.arange(size)
        for module in self._flow.module_list:
            if isinstance(module, PermuteRandom):
                order = order[module.perm]
        self.register_buffer("_order", order)
        self.register_buffer("_restored", torch.argsort(order))

    def forward(self, code: Tensor, condition: Tensor | None = None) -> Tensor:
        """Map pose codes (b, size) to latents (b, size)."""
        latent, _ = self._flow(code, c=[condition], jac=False)
        return latent[:, self._restored]

    def forward_and_volume(self, code: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Do the same, and return the logarithms (b,) of the factors by which volumes grow."""
        latent, log_volume = self._flow(code, c=[condition], jac=True)
        return latent[:, self._restored], log_volume

    def backward(self, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Map latents (b, size) to pose codes (b, size)."""
        code, _ = self._flow(latent[:, self._order], c=[condition], rev=True, jac=False)
        return code
