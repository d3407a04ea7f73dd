# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Starts without keeping what only a start needs: what the compiler leaves behind, and its code.

Compiling all kernels leaves 200 MB behind that numba never gives back. So where something has to
be compiled, another process does it; numba keeps the result in files, and this process reads them.
"""

from __future__ import annotations

import ctypes
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from numba.core import event

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

_COMPILER = "libllvmlite"
# Of Linux: what lies in the range is not needed soon, and is read again from its file when it is.
_MADV_DONTNEED = 4
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+ *(.*)")


class _NotCompiledError(Exception):
    """Something is not among what numba has kept."""


class _Refusal(event.Listener):
    """Refuses to compile in the thread that made it."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def on_start(self, event: event.Event) -> None:
        if threading.get_ident() == self._thread:
            raise _NotCompiledError

    def on_end(self, event: event.Event) -> None:
        pass


def load_compiled(load: Callable[[], _T], compile_all: list[str]) -> _T:
    """Load something whose kernels are compiled, by another process where they are not.

    Args:
        load: loads it; may be called twice.
        compile_all: command of a process that compiles all that ``load`` needs. It runs where
            this package lies, so that its Python imports nothing from where this process happens
            to be. Where it fails, this process compiles.
    """
    refusal = _Refusal()
    event.register("numba:compile", refusal)  # type: ignore[no-untyped-call]
    try:
        return load()
    except _NotCompiledError:
        pass
    finally:
        event.unregister("numba:compile", refusal)  # type: ignore[no-untyped-call]
    fault = _fault_of(compile_all)
    if fault:
        _LOG.warning("compiles here, and stays larger: the process for it failed: %s", fault)
    return load()


def _fault_of(command: list[str]) -> str:
    """Run a command to its end and say what went wrong; empty where nothing did."""
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
        )
    except OSError as error:
        return str(error)
    if ended.returncode == 0:
        return ""
    return (ended.stderr.strip().splitlines() or ["it says nothing"])[-1]


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A range of this process's addresses.

    Attributes:
        start: first address.
        end: first address behind it.
        writable: whether it can be written.
        file: what it shows; empty for memory.
        own_kb: kB that are this process's own: written once, or memory.
    """

    start: int
    end: int
    writable: bool
    file: str
    own_kb: int


def give_back_memory() -> None:
    """Give the system what only the start needed: free memory, and the compiler's code.

    The code lies in a file, and the system may take its pages back at any time; until somebody
    else needs them it does not, and they count as this process's. Where something is compiled
    later, they come back by themselves. Does nothing but on Linux.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
    for each in _mappings():
        # Pages that were written, as relocated tables are, could not be read again.
        if _COMPILER in Path(each.file).name and not each.writable and each.own_kb == 0:
            length = ctypes.c_size_t(each.end - each.start)
            library.madvise(ctypes.c_void_p(each.start), length, _MADV_DONTNEED)


def _mappings() -> Iterator[_Mapping]:
    text = Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace")
    for found in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", text):
        head, _, rest = found.partition("\n")
        parts = _MAPPING.match(head)
        own = re.search(r"^Anonymous: +(\d+) kB", rest, re.MULTILINE)
        if parts and own:
            yield _Mapping(
                int(parts[1], 16),
                int(parts[2], 16),
                "w" in parts[3],
                parts[4],
                int(own[1]),
            )
