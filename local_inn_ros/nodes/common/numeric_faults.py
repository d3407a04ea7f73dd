# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A reading whose numbers cannot be worked with: told of, and left out."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from rclpy.node import Node

from local_inn_ros.nodes.common.diagnostics import WARN, Finding, Tally

_WARNING_PERIOD_S = 5.0
# FloatingPointError and OverflowError are arithmetic; LinAlgError is a ValueError in numpy 2 alone.
NUMERIC = (ArithmeticError, ValueError, np.linalg.LinAlgError)
"""What arithmetic raises."""

Message = TypeVar("Message")


class NumericFaults:
    """Lets a node outlive what numbers of one reading lead to; all other errors end it."""

    def __init__(self, node: Node, tally: Tally, mend: Callable[[], None] = lambda: None) -> None:
        """Begin.

        Args:
            node: says what failed in its log.
            tally: counts it.
            mend: called after each fault, before the next reading.
        """
        self._logger = node.get_logger()
        self._tally = tally
        self._mend = mend

    @contextmanager
    def outlived(self, what: str) -> Iterator[None]:
        """Work with one reading.

        Args:
            what: kind of the reading, such as "scan".
        """
        try:
            yield
        except NUMERIC as error:
            self._tally.count(failure(what))
            self._logger.error(
                f"this {what} is left out, its numbers cannot be worked with: {error!r}",
                throttle_duration_sec=_WARNING_PERIOD_S,
            )
            self._logger.debug(traceback.format_exc())
            self._mend()

    def heeding(self, what: str, heed: Callable[[Message], None]) -> Callable[[Message], None]:
        """Return what heeds a message, and outlives its numbers."""

        def heed_and_outlive(message: Message) -> None:
            with self.outlived(what):
                heed(message)

        return heed_and_outlive


def failure(what: str) -> str:
    """Return the name that failures of a kind of reading are counted under."""
    return f"{what} failed: numeric"


def numeric_findings(tally: Tally, kinds: Sequence[str]) -> Iterator[Finding]:
    """Find readings that were left out since the last report."""
    for what in kinds:
        count = tally.recent(failure(what))
        if count:
            yield Finding(WARN, f"{failure(what)} ({count} times)")
