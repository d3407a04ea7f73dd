# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Work beside the callbacks that must not hold them up."""

from __future__ import annotations

import os
import sys
import threading

# Where the processor is short, a thread of this niceness gets a tenth of what others get.
_NICENESS = 10
# Python hands the interpreter from a thread that computes to one that waits for it after so long.
# With its own 5 ms, a callback that calls a few libraries waits for tens of them.
_SWITCH_S = 2e-4


def step_back() -> None:
    """Let the other threads of this process go first, from the thread that is to stand back.

    Linux counts niceness by thread, others do not: there nothing is changed.
    """
    if sys.platform.startswith("linux"):
        own = threading.get_native_id()
        now = os.getpriority(os.PRIO_PROCESS, own)
        os.setpriority(os.PRIO_PROCESS, own, min(now + _NICENESS, 19))


def share_interpreter() -> None:
    """Let threads of this process hand over the interpreter quickly."""
    sys.setswitchinterval(_SWITCH_S)
