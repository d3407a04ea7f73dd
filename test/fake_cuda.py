# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A GPU without a GPU: pycuda's calls and the driver's graphs, on the memory of the host.

What is put on a stream is done when somebody waits, not before: a missing wait shows. Memory has
bounds, a context has to be this thread's, copies need page-locked memory, and a stream that is
recorded does nothing.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Work = Callable[[], None]


def _hand_back(reference: Any, handle: int) -> None:
    """Put a handle where the caller's reference (``ctypes.byref``) points to."""
    ctypes.cast(reference, ctypes.POINTER(ctypes.c_void_p))[0] = handle


class CudaError(Exception):
    """What the fake raises as ``pycuda.driver.Error``."""


class Recorded:
    """Work that was recorded from a stream."""

    def __init__(self, work: list[Work]) -> None:
        self.work = work
        self.launches = 0


class Stream:
    """Work in its order."""

    def __init__(self, gpu: FakeGpu, flags: int) -> None:
        gpu.check_current()
        assert flags == 1, "the default stream would hold it up"
        self.handle = 0x5000 + len(gpu.streams)
        self._gpu = gpu
        self._waiting: list[Work] = []
        self.recording: list[Work] | None = None
        gpu.streams[self.handle] = self

    def add(self, work: Work) -> None:
        (self._waiting if self.recording is None else self.recording).append(work)

    def synchronize(self) -> None:
        self._gpu.check_current()
        if self.recording is not None:
            raise CudaError("cuStreamSynchronize failed: operation not permitted while capturing")
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work()


@dataclass
class FakeGpu:
    """One GPU, and what was done with it."""

    name: str = "Orin (nvgpu)"
    capability: tuple[int, int] = (8, 7)
    driver: int = 12060
    count: int = 1
    # What is left of its memory; allocations beyond it fail.
    free_bytes: int = 1 << 30
    # Too old or too new a GPU, TensorRT refuses.
    works_with_tensorrt: bool = True
    # Whether the driver knows graphs; the code of the error where it does not.
    graph_error: int = 0
    streams: dict[int, Stream] = field(default_factory=dict)
    graphs: list[Recorded] = field(default_factory=list)
    _device_memory: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    _pinned: list[tuple[int, int]] = field(default_factory=list)
    _stacks: threading.local = field(default_factory=threading.local)

    def stack(self) -> list[object]:
        if not hasattr(self._stacks, "entries"):
            self._stacks.entries = []
        entries: list[object] = self._stacks.entries
        return entries

    def check_current(self) -> None:
        if not self.stack():
            raise CudaError("invalid device context: no currently active context?")

    def floats(self, address: int, size: int) -> NDArray[np.float32]:
        """Return numbers in the memory of the device; they must lie in one allocation."""
        for start, memory in self._device_memory.items():
            if start <= address and address + 4 * size <= start + memory.nbytes:
                return memory.view(np.float32)[(address - start) // 4 :][:size]
        raise AssertionError(f"{size} numbers at {address:#x} are not in the GPU's memory")

    def allocate(self, size_bytes: int) -> Allocation:
        self.check_current()
        if size_bytes > self.free_bytes:
            raise CudaError("cuMemAlloc failed: out of memory")
        self.free_bytes -= size_bytes
        # Filled with what is no number: who reads what nobody wrote is seen.
        memory = np.full(size_bytes // 4, np.nan, dtype=np.float32).view(np.uint8)
        self._device_memory[memory.ctypes.data] = memory
        return Allocation(memory.ctypes.data)

    def pin(self, size: int) -> NDArray[np.float32]:
        self.check_current()
        memory = np.full(size, np.nan, dtype=np.float32)
        self._pinned.append((memory.ctypes.data, memory.ctypes.data + memory.nbytes))
        return memory

    def check_pinned(self, array: NDArray[np.float32]) -> None:
        begin = array.ctypes.data
        end = begin + array.nbytes
        assert any(first <= begin and end <= last for first, last in self._pinned)


class Allocation:
    """Memory on the device."""

    def __init__(self, address: int) -> None:
        self._address = address

    def __int__(self) -> int:
        return self._address


def install(gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process have this GPU."""
    driver = _pycuda_driver(gpu)
    package = ModuleType("pycuda")
    package.driver = driver  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pycuda", package)
    monkeypatch.setitem(sys.modules, "pycuda.driver", driver)
    real = ctypes.CDLL
    library = _DriverLibrary(gpu)

    def opened(name: str | None, *others: Any, **named: Any) -> Any:
        return library if name == "libcuda.so.1" else real(name, *others, **named)

    monkeypatch.setattr(ctypes, "CDLL", opened)


def _pycuda_driver(gpu: FakeGpu) -> ModuleType:
    class Context:
        def push(self) -> None:
            gpu.stack().append(self)

        @staticmethod
        def pop() -> None:
            gpu.check_current()
            gpu.stack().pop()

    class Device:
        def __init__(self, number: int) -> None:
            if number >= gpu.count:
                raise CudaError("cuDeviceGet failed: invalid device ordinal")

        @staticmethod
        def count() -> int:
            return gpu.count

        def name(self) -> str:
            return gpu.name

        def compute_capability(self) -> tuple[int, int]:
            return gpu.capability

        def retain_primary_context(self) -> Context:
            return Context()

    def to_device(dest: Allocation, src: NDArray[np.float32], stream: Stream) -> None:
        gpu.check_current()
        gpu.check_pinned(src)
        there = gpu.floats(int(dest), src.size)
        stream.add(lambda: np.copyto(there, src))

    def to_host(dest: NDArray[np.float32], src: Allocation, stream: Stream) -> None:
        gpu.check_current()
        gpu.check_pinned(dest)
        there = gpu.floats(int(src), dest.size)
        stream.add(lambda: np.copyto(dest, there))

    driver = ModuleType("pycuda.driver")
    driver.__dict__.update(
        Error=CudaError,
        Context=Context,
        Device=Device,
        Stream=lambda flags=0: Stream(gpu, flags),
        init=lambda: None,
        get_driver_version=lambda: gpu.driver,
        mem_alloc=gpu.allocate,
        pagelocked_empty=lambda shape, dtype: gpu.pin(shape),
        memcpy_htod_async=to_device,
        memcpy_dtoh_async=to_host,
    )
    return driver


class _Function:
    """A function of the driver's library; ctypes' declarations are checked when it is called."""

    def __init__(self, called: Callable[..., int]) -> None:
        self._called = called
        self.argtypes: tuple[Any, ...] = ()
        self.restype: Any = None

    def __call__(self, *arguments: Any) -> int:
        assert self.restype is ctypes.c_int
        assert len(arguments) == len(self.argtypes)
        for argument, declared in zip(arguments, self.argtypes, strict=True):
            declared.from_param(argument)
        return self._called(*arguments)


class _DriverLibrary:
    """libcuda.so, as far as graphs need it."""

    def __init__(self, gpu: FakeGpu) -> None:
        self._gpu = gpu
        self._recorded: dict[int, Recorded] = {}
        self.cuStreamBeginCapture_v2 = _Function(self._begin)
        self.cuStreamEndCapture = _Function(self._end)
        self.cuGraphInstantiateWithFlags = _Function(self._instantiate)
        self.cuGraphDestroy = _Function(self._destroy)
        self.cuGraphLaunch = _Function(self._launch)

    def _begin(self, stream: int, mode: int) -> int:
        assert mode == 1
        self._gpu.check_current()
        if self._gpu.graph_error == 0:
            self._gpu.streams[stream].recording = []
        return self._gpu.graph_error

    def _end(self, stream: int, graph: Any) -> int:
        recording = self._gpu.streams[stream].recording
        self._gpu.streams[stream].recording = None
        assert recording is not None
        handle = 0x7000 + len(self._recorded)
        self._recorded[handle] = Recorded(recording)
        _hand_back(graph, handle)
        return 0

    def _instantiate(self, executable: Any, graph: Any, flags: int) -> int:
        assert flags == 0
        self._gpu.graphs.append(self._recorded[graph.value])
        _hand_back(executable, len(self._gpu.graphs))
        return 0

    def _destroy(self, graph: Any) -> int:
        del self._recorded[graph.value]
        return 0

    def _launch(self, executable: Any, stream: int) -> int:
        self._gpu.check_current()
        graph = self._gpu.graphs[executable.value - 1]
        graph.launches += 1
        for work in graph.work:
            self._gpu.streams[stream].add(work)
        return 0
