# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT's Python package: whether it is there, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.errors import EngineError

if TYPE_CHECKING:
    import tensorrt as trt

# Tensors go by name since 8.5.
_OLDEST = (8, 5)
_INSTALL = (
    "on a Jetson it comes with JetPack (`sudo apt install python3-libnvinfer`), elsewhere with "
    "`pip install 'local_inn_ros[tensorrt]'`"
)


def tensorrt_version() -> str:
    """Return the version of the TensorRT that is installed.

    Raises:
        EngineError: there is none, or one that is too old.
    """
    try:
        import tensorrt as trt
    except Exception as error:  # its libraries fail in their own ways: OSError, RuntimeError
        raise EngineError(
            f"the Python package tensorrt cannot be imported ({error}): {_INSTALL}"
        ) from error
    # A folder of type stubs can be imported too.
    version = str(getattr(trt, "__version__", ""))
    if not version or not hasattr(trt, "Builder"):
        raise EngineError(f"the Python package tensorrt is not installed: {_INSTALL}")
    if major_minor(version) < _OLDEST:
        raise EngineError(
            f"TensorRT {version} is too old: 8.5 or later is needed "
            "(docs/engines.md says which JetPack has it)"
        )
    return version


def major_minor(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version such as ``10.3.0``."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


class Messages:
    """What TensorRT says went wrong; its makers of engines speak to it."""

    def __init__(self) -> None:
        """Make a logger that keeps errors."""
        import tensorrt as trt

        kept: list[str] = []
        noticed = (trt.ILogger.Severity.INTERNAL_ERROR, trt.ILogger.Severity.ERROR)

        class Logger(trt.ILogger):
            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: trt.ILogger.Severity, msg: str) -> None:
                if severity in noticed:
                    kept.append(" ".join(msg.split()))

        self.logger: trt.ILogger = Logger()
        self._kept = kept

    def builder(self) -> trt.Builder:
        """Return a builder that speaks to this logger.

        Raises:
            EngineError: TensorRT cannot use this machine's GPU.
        """
        import tensorrt as trt

        try:
            return trt.Builder(self.logger)
        except TypeError as error:
            raise self._unusable() from error

    def runtime(self) -> trt.Runtime:
        """Return a runtime that speaks to this logger.

        Raises:
            EngineError: TensorRT cannot use this machine's GPU.
        """
        import tensorrt as trt

        try:
            return trt.Runtime(self.logger)
        except TypeError as error:
            raise self._unusable() from error

    def _unusable(self) -> EngineError:
        # The bindings raise TypeError where the library gives them nothing, and tell the logger.
        return EngineError(f"TensorRT cannot use this machine's GPU: {self.last()}")

    def last(self) -> str:
        """Return the last error, or that there was none."""
        return self._kept[-1] if self._kept else "TensorRT gives no reason"
