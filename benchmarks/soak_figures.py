# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a soak test comes to: scans missed, memory's slope, processor time, latency."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

# Samples that follow each other are alike: slopes are fitted to the medians of so many spells.
_SPELLS = 12
_CONFIDENCE = 0.95
_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process had used at an instant.

    Attributes:
        time_s: of a steady clock.
        rss_mb: memory that it holds (resident set), in 2^20 bytes.
        cpu_s: processor time, its own and that spent for it in the kernel, of all its threads.
    """

    time_s: float
    rss_mb: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Slope:
    """How fast something grows.

    Attributes:
        per_hour: the best guess.
        low_per_hour: with `high_per_hour`, the interval that holds it with 95 % confidence.
        high_per_hour: see there.
    """

    per_hour: float
    low_per_hour: float
    high_per_hour: float


@dataclass(frozen=True, slots=True)
class Latency:
    """From a scan's stamp until its pose arrived at another process, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float


def read_usage(pid: int, time_s: float, proc: Path = Path("/proc")) -> Usage:
    """Read what a process has used until now (proc(5)).

    Raises:
        OSError: there is no such process.
    """
    # The command's name stands in brackets and may hold blanks and brackets itself.
    fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    pages = int((proc / str(pid) / "statm").read_text().split()[1])
    rss_mb = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Usage(time_s, rss_mb, ticks / os.sysconf("SC_CLK_TCK"))


def memory_slope(samples: list[Usage]) -> Slope:
    """Fit how fast memory grows: Theil and Sen's slope over medians of spells, and its interval.

    Neighbouring samples are alike, as memory grows in steps: taken one by one they would promise
    an interval far narrower than the truth. So the slope is that of the medians of twelve spells,
    and its interval the one of Sen (1968) for as many.

    Args:
        samples: in the order of time, at least as many as there are spells.
    """
    spells = np.array_split(np.array([(one.time_s, one.rss_mb) for one in samples]), _SPELLS)
    middle = np.array([np.median(spell, axis=0) for spell in spells])
    fitted = theilslopes(middle[:, 1], middle[:, 0], _CONFIDENCE)
    return Slope(*(_PER_HOUR * float(each) for each in (fitted[0], fitted[2], fitted[3])))


def enough_for_a_slope(samples: list[Usage]) -> bool:
    """Tell whether there are two samples for each spell."""
    return len(samples) >= 2 * _SPELLS


def cpu_share(samples: list[Usage]) -> float:
    """Return the processor time between the first and the last sample, as a share of one core."""
    first, last = samples[0], samples[-1]
    return (last.cpu_s - first.cpu_s) / (last.time_s - first.time_s)


def missed(sent: Iterable[int], answered: Mapping[int, object]) -> list[int]:
    """Return the stamps that were sent and not answered, in their order."""
    return [stamp for stamp in sent if stamp not in answered]


def latency(seconds: Iterable[float]) -> Latency:
    """Return percentiles of the latencies, of which there is at least one."""
    ms: NDArray[np.float64] = 1e3 * np.fromiter(seconds, dtype=np.float64)
    return Latency(*(float(np.percentile(ms, share)) for share in (50, 95, 99, 100)))
