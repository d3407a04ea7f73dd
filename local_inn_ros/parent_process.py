# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that end with the one that started them."""

from __future__ import annotations

import ctypes
import signal
import sys

# Of Linux: which signal comes when the parent has ended.
_PR_SET_PDEATHSIG = 1
# Looked up once: what runs between a fork and its new program is to do next to nothing.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform.startswith("linux") else None


def end_with_parent() -> None:
    """Have this process told to end (SIGTERM) when its parent has ended, however that came about.

    Only Linux can do that; elsewhere nothing happens.
    """
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
