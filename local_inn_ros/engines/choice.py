# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which engine runs a bundle: the one asked for, or the fastest there is; never none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeVar

from local_inn_ros.errors import EngineError

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


class EngineChoice(str, Enum):
    """What is asked for.

    ``auto`` takes TensorRT where this machine has plans of its own, and otherwise what is fastest
    on the processor: the system's own ``compiled`` kernels where it has any, or ONNX Runtime.
    """

    AUTO = "auto"
    COMPILED = "compiled"
    ONNX = "onnx"
    TENSORRT = "tensorrt"
    TORCH = "torch"


def open_first(
    openers: Sequence[Callable[[], _T]], name_of: Callable[[_T], str], warn: Callable[[str], object]
) -> _T:
    """Open the first of some engines that can be had.

    A robot goes on more slowly rather than not at all; but never silently.

    Args:
        openers: the one asked for first.
        name_of: names what was opened, for people.
        warn: told in a sentence why another engine is taken.

    Raises:
        BundleError: a graph cannot be loaded at all.
        EngineError: none can be had; the message says why of each.
    """
    missed: list[str] = []
    for opener in openers:
        try:
            opened = opener()
        except (EngineError, ImportError) as error:
            # One sentence on one line, whatever a library wrote.
            missed.append(" ".join(str(error).split()))
        else:
            break
    else:
        raise EngineError("; ".join(missed))
    for reason in missed:
        warn(f"runs on {name_of(opened)}: {reason}")
    _LOG.info("runs on %s", name_of(opened))
    return opened
