# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that run one after the other on the GPU: what one says, the next hears there."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence

import numpy as np

from local_inn_ros.engines.graphs import Float32Array, TensorSignature
from local_inn_ros.engines.tensorrt.cuda_device import CudaArray, CudaDevice
from local_inn_ros.engines.tensorrt.cuda_graph import CudaGraph
from local_inn_ros.engines.tensorrt.plan import LoadedPlan
from local_inn_ros.engines.tensorrt.profiles import PROFILES
from local_inn_ros.errors import EngineError

_LOG = logging.getLogger(__name__)


class PlanChain:
    """Plans in their order, with memory for their largest batch.

    Attributes:
        results: names of what the last plan gives.

    Inputs go to the GPU by name; an output that a later plan takes stays there, and what the last
    plan gives comes back. Used by one thread at a time, within ``CudaDevice.current()``.
    """

    def __init__(
        self,
        device: CudaDevice,
        plans: Sequence[LoadedPlan],
        inputs: Mapping[str, TensorSignature],
        profile: int,
    ) -> None:
        """Reserve what the largest batch of a profile needs.

        Args:
            device: the GPU.
            plans: in their order.
            inputs: what the plans take, by name.
            profile: index of the profile that they run with.

        Raises:
            EngineError: there is not enough memory on the GPU.
        """
        self._device = device
        self._contexts = [plan.context(profile, device.stream) for plan in plans]
        self._arrays: dict[str, CudaArray] = {}
        self._set: dict[str, tuple[int, ...]] = {}
        self._graph: CudaGraph | None = None
        self.results = plans[-1].outputs
        sizes = PROFILES[profile].holding(inputs.values())
        most: dict[str, tuple[int, ...]] = {}
        for context in self._contexts:
            plan = context.plan
            for name in plan.inputs:
                if name not in most:
                    most[name] = sizes.shapes(inputs[name])[2]
                    self._arrays[name] = device.allocate(most[name], on_host=True)
                context.set_shape(name, most[name])
            for name in plan.outputs:
                most[name] = context.shape(name)
                self._arrays[name] = device.allocate(most[name], on_host=name in self.results)
            for name in (*plan.inputs, *plan.outputs):
                context.bind(name, self._arrays[name].address)

    def run(self, given: Mapping[str, Float32Array]) -> dict[str, Float32Array]:
        """Run one batch.

        Args:
            given: the inputs by name, none larger than the profile allows.

        Returns:
            What the last plan gives, by name.

        Raises:
            EngineError: TensorRT or the GPU fails.
        """
        shapes = {name: array.shape for name, array in given.items()}
        for name, array in given.items():
            np.copyto(self._arrays[name].told()[: array.size], array.reshape(-1))
        if self._graph is not None and shapes == self._set:
            self._graph.launch()
        else:
            self._graph = None
            self._shape(shapes)
            self._enqueue()
        self._device.wait()
        return {name: self._answer(name) for name in self.results}

    def record(self) -> bool:
        """Make a CUDA graph of what has run last; tell whether this machine can.

        TensorRT sets itself up in the first run after its shapes have changed, which must not be
        recorded: so a run comes first.
        """
        try:
            # Within a ``current`` of its own: what CUDA says here ends the recording alone.
            with self._device.current():
                self._graph = CudaGraph(self._device.stream, self._enqueue)
        except EngineError as error:
            _LOG.info("%s; each network is launched by itself", error)
            return False
        return True

    def _answer(self, name: str) -> Float32Array:
        shape = self._contexts[-1].shape(name)
        answer: Float32Array = self._arrays[name].told()[: math.prod(shape)].copy()
        return answer.reshape(shape)

    def _shape(self, shapes: dict[str, tuple[int, ...]]) -> None:
        if shapes == self._set:
            return
        known = dict(shapes)
        for context in self._contexts:
            for name in context.plan.inputs:
                context.set_shape(name, known[name])
            known.update({name: context.shape(name) for name in context.plan.outputs})
        self._set = shapes

    def _enqueue(self) -> None:
        """Put all of it on the stream: inputs, networks, the results."""
        for name, shape in self._set.items():
            self._device.upload(self._arrays[name], math.prod(shape))
        for context in self._contexts:
            context.enqueue(self._device.stream)
        for name in self.results:
            size = math.prod(self._contexts[-1].shape(name))
            self._device.download(self._arrays[name], size)
