# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A plan that was loaded, and what runs it.

Tensors go by their names, which TensorRT 8.5, 8.6, 10 and 11 all call alike; the calls by index
(``execute_async_v2``), which 10 has no more, are not needed for any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from local_inn_ros.engines.tensorrt.library import Messages
from local_inn_ros.errors import EngineError

if TYPE_CHECKING:
    import tensorrt as trt


class LoadedPlan:
    """The engine of one network."""

    def __init__(self, plan: bytes, name: str) -> None:
        """Load a plan; it is code, so it must be known to be this machine's own.

        The GPU's context has to be this thread's.

        Raises:
            EngineError: TensorRT refuses it, or its tensors are not of single precision.
        """
        import tensorrt as trt

        self.name = name
        self._messages = Messages()
        # An engine needs its runtime as long as it lives.
        self._runtime = self._messages.runtime()
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise EngineError(f"TensorRT refuses the plan of {name}: {self._messages.last()}")
        self._engine = engine
        names = [engine.get_tensor_name(k) for k in range(engine.num_io_tensors)]
        for tensor in names:
            if engine.get_tensor_dtype(tensor) != trt.float32:
                raise EngineError(f"the tensor {tensor} of {name} is not of single precision")
        given = {
            tensor for tensor in names if engine.get_tensor_mode(tensor) == trt.TensorIOMode.INPUT
        }
        self.inputs = tuple(tensor for tensor in names if tensor in given)
        self.outputs = tuple(tensor for tensor in names if tensor not in given)

    def context(self, profile: int, stream: int) -> PlanContext:
        """Return something that runs the plan, for one of its profiles.

        Raises:
            EngineError: there is not enough memory on the GPU.
        """
        context = self._engine.create_execution_context()
        if context is None:
            raise EngineError(f"no room on the GPU for {self.name}: {self._messages.last()}")
        if not context.set_optimization_profile_async(profile, stream):
            raise EngineError(f"{self.name} has no profile {profile}: {self._messages.last()}")
        return PlanContext(context, self)

    def failed(self, what: str) -> EngineError:
        """Return the error that says what failed."""
        return EngineError(f"{self.name}: TensorRT {what}: {self._messages.last()}")


class PlanContext:
    """Runs a plan; one thread at a time."""

    def __init__(self, context: trt.IExecutionContext, plan: LoadedPlan) -> None:
        """Take an execution context of a plan."""
        self._context = context
        self.plan = plan

    def set_shape(self, name: str, shape: Sequence[int]) -> None:
        """Say how large an input is.

        Raises:
            EngineError: larger than the profile allows.
        """
        if not self._context.set_input_shape(name, tuple(shape)):
            raise self.plan.failed(f"refuses the shape {tuple(shape)} of {name}")

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor, once those of all inputs are set."""
        return tuple(self._context.get_tensor_shape(name))

    def bind(self, name: str, address: int) -> None:
        """Say where on the GPU a tensor lies.

        Raises:
            EngineError: TensorRT refuses the address.
        """
        if not self._context.set_tensor_address(name, address):
            raise self.plan.failed(f"refuses the address of {name}")

    def enqueue(self, stream: int) -> None:
        """Put the network on a stream.

        Raises:
            EngineError: TensorRT cannot.
        """
        if not self._context.execute_async_v3(stream):
            raise self.plan.failed("cannot run")
