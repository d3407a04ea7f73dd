# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine protocol on TensorRT."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np

from local_inn_ros.engines.graphs import Float32Array, GraphSet, Tensors, joined, parts_of
from local_inn_ros.engines.tensorrt.chain import PlanChain
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.library import tensorrt_version
from local_inn_ros.engines.tensorrt.plan import LoadedPlan
from local_inn_ros.engines.tensorrt.profiles import PROFILES, Precision, profile_for

# Sizes of a single scan's batch that are kept as CUDA graphs, each with memory of its own: a
# localizer uses two or three.
_MOST_GRAPHS = 8


class TensorRtEngine:
    """Runs graphs with TensorRT (see ``Engine``).

    Threads may share it. A large batch is run in parts, and a scan that waits gets its turn
    between two of them.
    """

    def __init__(
        self,
        device: CudaDevice,
        graphs: GraphSet,
        plans: Mapping[str, bytes],
        precision: Precision,
    ) -> None:
        """Load plans that this machine has made.

        Args:
            device: the GPU.
            graphs: what the plans were made of.
            plans: of each graph, by name.
            precision: that they were made for.

        Raises:
            EngineError: TensorRT refuses a plan.
        """
        self._device = device
        self._graphs = graphs
        self._lock = threading.Lock()
        self._name = f"tensorrt {tensorrt_version()} {precision.value} on {device.identity.gpu}"
        with device.current():
            self._plans = {name: LoadedPlan(plan, name) for name, plan in plans.items()}
        self._chains: dict[tuple[tuple[str, ...], int], PlanChain] = {}
        self._recorded: dict[tuple[object, ...], PlanChain] = {}
        self._can_record = True

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return self._name

    def run(self, graphs: tuple[str, ...], tensors: Tensors) -> dict[str, Float32Array]:
        """Run graphs one after the other (see ``Engine.run``).

        Raises:
            EngineError: TensorRT or the GPU fails.
        """
        chain = self._graphs.chain(graphs)
        rows = [
            len(tensors[one.name])
            for graph in chain
            for one in graph.inputs
            if one.batched and one.name in tensors
        ]
        profile = profile_for(max(rows, default=1))
        sizes = PROFILES[profile].holding(one for graph in chain for one in graph.inputs)
        answers = [
            self._run_draws(graphs, profile, part)
            for part in parts_of(chain, tensors, sizes.batch.most)
        ]
        return joined(answers)

    def _run_draws(
        self, graphs: tuple[str, ...], profile: int, given: dict[str, Float32Array]
    ) -> dict[str, Float32Array]:
        """Run one part of a batch, with all draws of a latent there are."""
        chain = self._graphs.chain(graphs)
        drawn = next(
            (
                one
                for graph in chain
                for one in graph.inputs
                if one.name in given and not one.batched and isinstance(one.axes[0], str)
            ),
            None,
        )
        most = PROFILES[profile].draws.most
        if drawn is None or len(given[drawn.name]) <= most:
            return self._run(graphs, profile, given)
        latents = given[drawn.name]
        parts = [
            self._run(graphs, profile, {**given, drawn.name: latents[first : first + most]})
            for first in range(0, len(latents), most)
        ]
        answers: dict[str, Float32Array] = {}
        for one in chain[-1].outputs:
            told = [part[one.name] for part in parts]
            # What no draw goes into is the same in every part.
            spread = drawn.axes[0] in one.axes
            answers[one.name] = (
                np.concatenate(told, axis=one.axes.index(drawn.axes[0])) if spread else told[0]
            )
        return answers

    def _run(
        self, graphs: tuple[str, ...], profile: int, given: Tensors
    ) -> dict[str, Float32Array]:
        with self._lock, self._device.current():
            if profile > 0 or not self._can_record:
                chain = self._shared_chain(graphs, profile)
                return chain.run(given)
            return self._run_recorded(graphs, given)

    def _run_recorded(self, networks: tuple[str, ...], given: Tensors) -> dict[str, Float32Array]:
        """Run a single scan's batch by its CUDA graph, which is made the first time.

        A graph holds for one size, and for memory that nothing else uses: each has its own chain.
        """
        key = (networks, *((name, array.shape) for name, array in sorted(given.items())))
        if key in self._recorded:
            chain = self._recorded[key]
            return chain.run(given)
        if len(self._recorded) >= _MOST_GRAPHS:
            chain = self._shared_chain(networks, 0)
            return chain.run(given)
        chain = self._new_chain(networks, 0)
        answer = chain.run(given)
        self._can_record = chain.record()
        if self._can_record:
            self._recorded[key] = chain
        else:
            self._chains[networks, 0] = chain
        return answer

    def _shared_chain(self, networks: tuple[str, ...], profile: int) -> PlanChain:
        key = (networks, profile)
        if key not in self._chains:
            self._chains[key] = self._new_chain(networks, profile)
        return self._chains[key]

    def _new_chain(self, networks: tuple[str, ...], profile: int) -> PlanChain:
        inputs = {one.name: one for graph in self._graphs.chain(networks) for one in graph.inputs}
        return PlanChain(self._device, [self._plans[name] for name in networks], inputs, profile)
