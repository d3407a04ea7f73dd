# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An NVIDIA GPU, by way of pycuda: who it is, its memory, its one stream.

Every call of pycuda stands in this file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import EngineError

if TYPE_CHECKING:
    import pycuda.driver as cuda

# What the kernel's module says of itself; Jetsons before JetPack 6 say it in the second file.
_DRIVER_FILES = (Path("/proc/driver/nvidia/version"), Path("/etc/nv_tegra_release"))

# CU_STREAM_NON_BLOCKING: whatever others put on the default stream does not hold this one up.
_NON_BLOCKING = 1


@dataclass(frozen=True, slots=True)
class CudaIdentity:
    """What makes code that was compiled for one GPU unfit for another.

    Attributes:
        gpu: name of the device.
        compute_capability: such as ``8.7``.
        driver: the CUDA version that the driver knows, and what the driver says of itself.
    """

    gpu: str
    compute_capability: str
    driver: str


class CudaDevice:
    """The first GPU, with one stream.

    Threads may share it, one at a time: whoever uses it does so within ``current()``.
    """

    def __init__(self) -> None:
        """Take the first GPU.

        Raises:
            EngineError: pycuda is missing, or there is no GPU that it can use.
        """
        _require_pycuda()
        import pycuda.driver as cuda

        try:
            cuda.init()
            if cuda.Device.count() == 0:
                raise EngineError("this machine has no NVIDIA GPU that CUDA can see")
            device = cuda.Device(0)
            self._context = device.retain_primary_context()
            major, minor = device.compute_capability()
            version = cuda.get_driver_version()
            self.identity = CudaIdentity(
                str(device.name()), f"{major}.{minor}", f"CUDA {version}; {_driver_text()}"
            )
            with self.current():
                self._stream = cuda.Stream(_NON_BLOCKING)
        except cuda.Error as error:
            raise EngineError(f"CUDA cannot use this machine's GPU: {error}") from error

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the GPU this thread's; what CUDA says meanwhile becomes an ``EngineError``."""
        import pycuda.driver as cuda

        self._context.push()
        try:
            yield
        except cuda.Error as error:
            raise EngineError(f"the GPU failed: {error}") from error
        finally:
            cuda.Context.pop()

    @property
    def stream(self) -> int:
        """Handle of the stream."""
        return int(self._stream.handle)

    def wait(self) -> None:
        """Wait until all that was put on the stream is done."""
        self._stream.synchronize()

    def allocate(self, shape: tuple[int, ...], on_host: bool) -> CudaArray:
        """Reserve memory for numbers (float32) of a shape at most.

        Args:
            shape: the largest.
            on_host: with page-locked memory on the host, to copy from or to.
        """
        import pycuda.driver as cuda

        size = math.prod(shape)
        host = cuda.pagelocked_empty(size, np.float32) if on_host else None
        return CudaArray(host, cuda.mem_alloc(4 * size))

    def upload(self, array: CudaArray, size: int) -> None:
        """Put the copy of the first numbers from host to device on the stream."""
        import pycuda.driver as cuda

        cuda.memcpy_htod_async(array.device, array.told()[:size], self._stream)

    def download(self, array: CudaArray, size: int) -> None:
        """Put the copy of the first numbers from device to host on the stream."""
        import pycuda.driver as cuda

        cuda.memcpy_dtoh_async(array.told()[:size], array.device, self._stream)


@dataclass(frozen=True, slots=True, eq=False)
class CudaArray:
    """Memory on the device, and its counterpart on the host.

    Attributes:
        host: (n,) page-locked; None where nothing is copied.
        device: pycuda's allocation.
    """

    host: NDArray[np.float32] | None
    device: cuda.DeviceAllocation

    @property
    def address(self) -> int:
        """Address on the device."""
        return int(self.device)

    def told(self) -> NDArray[np.float32]:
        """Return the memory on the host (n,).

        Raises:
            EngineError: there is none.
        """
        if self.host is None:
            raise EngineError("this memory lies on the GPU alone")
        return self.host


def _require_pycuda() -> None:
    try:
        import pycuda.driver  # noqa: F401
    except Exception as error:  # without the driver's library it fails in its own way
        raise EngineError(
            f"the Python package pycuda cannot be imported ({error}): install it with "
            "`pip install 'local_inn_ros[tensorrt]'`, which needs NVIDIA's CUDA toolkit"
        ) from error


def _driver_text() -> str:
    for path in _DRIVER_FILES:
        try:
            return " ".join(path.read_text(encoding="utf-8").split())
        except (OSError, UnicodeDecodeError):
            continue
    return "driver unnamed"
