# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CUDA graphs: work that was recorded once and is launched as one piece.

pycuda has no calls for them, so that the driver's own library is called. (CUDA Driver API, Graph
Management and Stream Management; the functions used are there since CUDA 11.4.)
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from local_inn_ros.errors import EngineError

_LIBRARY = "libcuda.so.1"
# Calls of other threads, which may reserve memory meanwhile, do not spoil the recording.
_CAPTURE_THREAD_LOCAL = 1
_FUNCTIONS = {
    "cuStreamBeginCapture_v2": (ctypes.c_void_p, ctypes.c_int),
    "cuStreamEndCapture": (ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)),
    "cuGraphInstantiateWithFlags": (
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.c_void_p,
        ctypes.c_ulonglong,
    ),
    "cuGraphDestroy": (ctypes.c_void_p,),
    "cuGraphLaunch": (ctypes.c_void_p, ctypes.c_void_p),
}


class CudaGraph:
    """Recorded work of one stream. It lives as long as the process."""

    def __init__(self, stream: int, work: Callable[[], None]) -> None:
        """Record what ``work`` puts on a stream; nothing of it is done yet.

        Args:
            stream: handle of the stream.
            work: puts everything on that stream, and waits for nothing.

        Raises:
            EngineError: the driver is too old for graphs, or the work cannot be recorded.
        """
        self._library = _opened()
        self._stream = stream
        self._call("cuStreamBeginCapture_v2", stream, _CAPTURE_THREAD_LOCAL)
        recorded = ctypes.c_void_p()
        try:
            work()
        finally:
            # Whatever happened: a stream that goes on recording would be of no more use.
            ended = self._code("cuStreamEndCapture", stream, ctypes.byref(recorded))
        _check("cuStreamEndCapture", ended)
        self._executable = ctypes.c_void_p()
        try:
            self._call("cuGraphInstantiateWithFlags", ctypes.byref(self._executable), recorded, 0)
        finally:
            self._call("cuGraphDestroy", recorded)

    def launch(self) -> None:
        """Put the recorded work on its stream.

        Raises:
            EngineError: the driver refuses.
        """
        self._call("cuGraphLaunch", self._executable, self._stream)

    def _call(self, name: str, *arguments: object) -> None:
        _check(name, self._code(name, *arguments))

    def _code(self, name: str, *arguments: object) -> int:
        return int(getattr(self._library, name)(*arguments))


def _check(name: str, code: int) -> None:
    if code != 0:
        raise EngineError(f"CUDA graphs cannot be used: {name} failed with error {code}")


def _opened() -> ctypes.CDLL:
    """Return the driver's library, its functions declared.

    Raises:
        EngineError: there is none, or it lacks a function.
    """
    try:
        library = ctypes.CDLL(_LIBRARY)
        for name, arguments in _FUNCTIONS.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, ctypes.c_int
    except (OSError, AttributeError) as error:
        raise EngineError(f"CUDA graphs cannot be used: {error}") from error
    return library
