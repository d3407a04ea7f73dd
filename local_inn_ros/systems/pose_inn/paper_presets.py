# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training of PoseINN as published is made of."""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "paper"
"""Name of the preset."""


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """Settings of one training; those of the paper where nothing is said.

    Attributes:
        steps: gradient steps. As published it is 500 times all pictures, of which there are 50,000:
            125,000 steps.
        batch: pictures in each.
        learning_rate: of Adam, at its peak; as published it falls to a tenth in 300 epochs.
        hypotheses: poses drawn of each picture, of which the best counts.
        divergence_weight: of the latent's divergence from a unit normal.
        drawn: pictures of each batch that are drawn anew; as published all are.
        looks: how often each picture is looked at: once as it is, else turned a little and in
            another light. As published, views are rendered by a radiance field.
        learned_parts: of the 18 parts of the encoder's backbone, so many of the last are trained
            along; as published all are.
        held_out: share of the pictures, in stretches of the drive, that covariances are fitted to,
            at most.
    """

    steps: int = 500
    batch: int = 200
    learning_rate: float = 5e-4
    hypotheses: int = 20
    divergence_weight: float = 1e-5
    drawn: int = 40
    looks: int = 8
    learned_parts: int = 6
    held_out: float = 0.15
