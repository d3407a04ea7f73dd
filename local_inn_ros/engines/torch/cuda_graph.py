# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calls that come again in one size, recorded as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TensorCall = Callable[..., tuple[Tensor, ...]]
# Each graph has memory of its own.
_MOST_GRAPHS = 16
_WARM_UP_CALLS = 3


class RecordedCalls:
    """A function of tensors; a size that comes a second time is recorded, then launched."""

    def __init__(
        self, call: TensorCall, record: Callable[[TensorCall, tuple[Tensor, ...]], TensorCall]
    ) -> None:
        """Wrap a function.

        Args:
            call: from tensors to tensors; the same operations whatever the numbers.
            record: makes a launch of it for tensors of one size.
        """
        self._call = call
        self._record = record
        self._seen: set[tuple[torch.Size, ...]] = set()
        self._recorded: dict[tuple[torch.Size, ...], TensorCall] = {}

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Return what the function says."""
        sizes = tuple(tensor.shape for tensor in given)
        if sizes in self._recorded:
            return self._recorded[sizes](*given)
        if sizes not in self._seen or len(self._recorded) == _MOST_GRAPHS:
            self._seen.add(sizes)
            return self._call(*given)
        launch = self._record(self._call, given)
        self._recorded[sizes] = launch
        return launch(*given)


def record_cuda_graph(call: TensorCall, given: tuple[Tensor, ...]) -> TensorCall:
    """Record a function of tensors on a GPU.

    Args:
        call: puts everything on the present stream, and waits for nothing.
        given: tensors on the GPU, of the sizes that it is recorded for.

    Returns:
        A function of tensors of these sizes, on the GPU or the host.
    """
    inputs = tuple(tensor.clone() for tensor in given)
    # Libraries set themselves up in their first calls, which must not be recorded (PyTorch's
    # notes on CUDA, CUDA graphs).
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(_WARM_UP_CALLS):
            call(*inputs)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        answers = call(*inputs)

    def launch(*now: Tensor) -> tuple[Tensor, ...]:
        for kept, tensor in zip(inputs, now, strict=True):
            kept.copy_(tensor, non_blocking=True)
        graph.replay()
        return tuple(answer.clone() for answer in answers)

    return launch
