# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine protocol on TensorRT."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np

from local_inn_ros.engines.protocol import Float32Array
from local_inn_ros.engines.tensorrt.chain import PlanChain
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.library import tensorrt_version
from local_inn_ros.engines.tensorrt.plan import LoadedPlan
from local_inn_ros.engines.tensorrt.profiles import PROFILES, Precision, profile_for

_INVERSE = ("encoder", "inverse")
_FORWARD = ("forward",)
# Sizes of a single scan's batch that are kept as CUDA graphs, each with memory of its own: a
# localizer uses two or three.
_MOST_GRAPHS = 8


class TensorRtEngine:
    """Runs a bundle's networks with TensorRT (see ``Engine``).

    Threads may share it. A large batch is run in parts, and a scan that waits gets its turn
    between two of them.
    """

    def __init__(
        self, device: CudaDevice, plans: Mapping[str, bytes], precision: Precision
    ) -> None:
        """Load plans that this machine has made.

        Args:
            device: the GPU.
            plans: of encoder, inverse and forward, by name.
            precision: that they were made for.

        Raises:
            EngineError: TensorRT refuses a plan.
        """
        self._device = device
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

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Engine.sample_poses``).

        Raises:
            EngineError: TensorRT or the GPU fails.
        """
        profile = profile_for(len(priors))
        most_rows, most_draws = PROFILES[profile].batch.most, PROFILES[profile].draws.most
        answers = np.empty((len(priors), len(latents), 3), dtype=np.float32)
        for start in range(0, len(priors), most_rows):
            rows = slice(start, start + most_rows)
            given = {
                "ranges": ranges_m[rows],
                "states": states[rows],
                "priors": priors[rows],
                "spreads": spreads[rows],
            }
            for first in range(0, len(latents), most_draws):
                draws = slice(first, first + most_draws)
                answers[rows, draws] = self._run(
                    _INVERSE, profile, {**given, "latents": latents[draws]}
                )
        return answers

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Engine.expected_ranges``).

        Raises:
            EngineError: TensorRT or the GPU fails.
        """
        profile = profile_for(len(poses))
        most = PROFILES[profile].batch.most
        parts = [
            self._run(_FORWARD, profile, {"poses": poses[start : start + most]})
            for start in range(0, len(poses), most)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(
        self, networks: tuple[str, ...], profile: int, given: Mapping[str, Float32Array]
    ) -> Float32Array:
        with self._lock, self._device.current():
            if profile > 0 or not self._can_record:
                return self._shared_chain(networks, profile).run(given)
            return self._run_recorded(networks, given)

    def _run_recorded(
        self, networks: tuple[str, ...], given: Mapping[str, Float32Array]
    ) -> Float32Array:
        """Run a single scan's batch by its CUDA graph, which is made the first time.

        A graph holds for one size, and for memory that nothing else uses: each has its own chain.
        """
        key = (networks, *(array.shape for array in given.values()))
        if key in self._recorded:
            return self._recorded[key].run(given)
        if len(self._recorded) >= _MOST_GRAPHS:
            return self._shared_chain(networks, 0).run(given)
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
        return PlanChain(self._device, [self._plans[name] for name in networks], profile)
