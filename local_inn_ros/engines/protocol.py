# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every engine answers, whatever runs underneath."""

from __future__ import annotations

from typing import Protocol

from local_inn_ros.engines.graphs import Float32Array, Tensors


class Engine(Protocol):
    """Runs the graphs of a bundle; what their tensors mean is the system's own business."""

    @property
    def name(self) -> str:
        """Name of the engine and where it runs, for people."""
        ...

    def run(self, graphs: tuple[str, ...], tensors: Tensors) -> dict[str, Float32Array]:
        """Run graphs one after the other.

        What one gives, the next takes by its name, without a way back to the caller: on a GPU it
        stays there. Batches of any size are taken; an engine cuts large ones into parts.

        Args:
            graphs: names of the graphs, in their order; mostly one.
            tensors: all that they take and none of them gives, by name.

        Returns:
            What the last graph gives, by name.
        """
        ...
