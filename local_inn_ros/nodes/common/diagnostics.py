# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a node tells of its health on `/diagnostics`, once a second."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]
from rclpy.node import Node

from local_inn_ros.messages.unused import Unused
from local_inn_ros.nodes.common.qos import RELIABLE, with_overrides

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR

_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a node is.

    Attributes:
        level: OK, WARN or ERROR.
        message: the same in a few words.
        values: figures by name; floats are rounded for reading.
    """

    level: bytes
    message: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        level: WARN or ERROR.
        message: what, in a few words.
    """

    level: bytes
    message: str


def health_of(findings: Iterable[Finding], all_well: str, values: Mapping[str, object]) -> Health:
    """Return the health of a node by what was found, the gravest first."""
    ranked = sorted(findings, key=lambda one: one.level, reverse=True)
    if not ranked:
        return Health(OK, all_well, values)
    return Health(ranked[0].level, "; ".join(one.message for one in ranked), values)


def beyond(
    what: str, value: float, warn: float, error: float, *, low: bool = False
) -> Iterator[Finding]:
    """Find out whether a figure is beyond its bounds.

    Args:
        what: name of the figure, with its unit.
        value: the figure; NaN where it is not known, which is within any bounds.
        warn: the nearer bound; 0 for none.
        error: the farther bound; 0 for none.
        low: whether small figures are the bad ones.
    """
    sign = -1.0 if low else 1.0
    for level, bound in ((ERROR, error), (WARN, warn)):
        if bound > 0.0 and sign * value > sign * bound:
            yield Finding(level, f"{what} is {value:.3g}, {'below' if low else 'above'} {bound:g}")
            return


class Tally:
    """Counts what happened, since the last report and in all, and averages figures."""

    def __init__(self) -> None:
        self._since_s = time.monotonic()
        self._recent: Counter[str] = Counter()
        self._total: Counter[str] = Counter()
        self._figures: dict[str, list[float]] = {}

    def count(self, what: str) -> None:
        """Note that something happened."""
        self._recent[what] += 1
        self._total[what] += 1

    def count_unusable(self, what: str, reason: Unused) -> None:
        """Note that a message could not be used, by itself and by the reason."""
        self.count(f"{what} unusable")
        self.count(f"{what} unusable: {reason.value}")

    def note(self, name: str, value: float) -> None:
        """Note a figure."""
        self._figures.setdefault(name, []).append(value)

    def recent(self, what: str) -> int:
        """Return how often something happened since the last report."""
        return self._recent[what]

    def totals(self) -> dict[str, int]:
        """Return how often each thing happened since the start."""
        return dict(sorted(self._total.items()))

    def rate_hz(self, what: str) -> float:
        """Return how often something happens in a second, since the last report."""
        return self._recent[what] / max(time.monotonic() - self._since_s, 1e-3)

    def mean(self, name: str) -> float:
        """Return the mean of a figure since the last report; NaN where there was none."""
        values = self._figures.get(name, [])
        return sum(values) / len(values) if values else math.nan

    def means(self) -> dict[str, float]:
        """Return the mean of each figure since the last report."""
        return {name: self.mean(name) for name in self._figures}

    def begin_anew(self) -> None:
        """Begin the next report."""
        self._since_s = time.monotonic()
        self._recent.clear()
        self._figures.clear()


class DiagnosticsPublisher:
    """Publishes a node's health every second of real time, also while simulated time stands."""

    def __init__(self, node: Node, examine: Callable[[], Health]) -> None:
        """Start.

        Args:
            node: the node that is examined.
            examine: says how the node is; called from the node's executor.

        Raises:
            ParameterError: an override of the topic's quality of service makes no sense.
        """
        self._node = node
        self._examine = examine
        self._publisher = with_overrides(
            node.create_publisher, DiagnosticArray, "/diagnostics", RELIABLE
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(_PERIOD_S, self._publish, clock=steady)

    def _publish(self) -> None:
        health = self._examine()
        values = [KeyValue(key=key, value=_text(value)) for key, value in health.values.items()]
        status = DiagnosticStatus(
            level=health.level,
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=health.message,
            hardware_id="local_inn_ros",
            values=values,
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
