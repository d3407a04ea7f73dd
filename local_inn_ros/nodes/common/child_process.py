# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes in processes of their own, started and stopped by the demo."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from local_inn_ros.errors import LocalInnError
from local_inn_ros.parent_process import end_with_parent

# A process that has not ended so long after it was asked to is ended.
_PATIENCE_S = 10.0

NO_TEXT = '""'
"""A parameter that is an empty text, as the command line has it."""


class ChildProcess:
    """One node's process; its output goes to a file, and it never outlives the `with` block.

    Nor does what it has started itself, such as a compiler; and on Linux it ends with this process,
    however that ends.
    """

    def __init__(self, module: str, parameters: Mapping[str, object], domain: int, log: Path):
        """Start it.

        Args:
            module: name of the node's module in this package.
            parameters: parameters of its nodes, by name.
            domain: its ROS domain; it is not seen beyond this machine.
            log: its output.
        """
        self._module = module
        self._log = log
        told = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
        command = [sys.executable, "-m", f"local_inn_ros.nodes.{module}", "--ros-args", *told]
        environment = {
            **os.environ,
            "ROS_DOMAIN_ID": str(domain),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        }
        with log.open("wb") as output:
            # In a session of its own, so that a Ctrl-C reaches it once, through `stop`.
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def __enter__(self) -> ChildProcess:
        """Return the process itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def pid(self) -> int:
        """Its number among the processes of this machine."""
        return self._process.pid

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            LocalInnError: it has ended; the message holds its last words.
        """
        code = self._process.poll()
        if code is not None:
            raise LocalInnError(
                f"the process '{self._module}' ended with code {code}: {self._last_words()}"
            )

    def tell(self, signal_number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        self._process.send_signal(signal_number)

    def wait(self, patience_s: float) -> int:
        """Wait until it has ended by itself, and return its exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        return self._process.wait(patience_s)

    def stop(self) -> int:
        """End it as Ctrl-C would, with all that it has started, and return its exit code."""
        self.tell(signal.SIGINT)
        try:
            return self.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            # Its session has its number, and so has its group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def processor_s(self) -> float:
        """Return the processor time that it and all it has started have taken; 0 if not known."""
        return sum(
            _processor_s(folder, self._process.pid) for folder in Path("/proc").glob("[0-9]*")
        )

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _processor_s(folder: Path, session: int) -> float:
    """Return what a process of a session has taken, by its folder under /proc; 0 for others."""
    try:
        # Behind the name, which may hold anything, in parentheses.
        words = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    if int(words[3]) != session:
        return 0.0
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
