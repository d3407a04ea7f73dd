# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the clocks apart are that lasers, odometry and this machine stamp by."""

from __future__ import annotations

from collections import defaultdict, deque
from statistics import median

# Medians of so many of the newest scans: one that was held up changes nothing.
_RECENT = 51
_FEW = 5
# Frames that change with each scan must not fill the memory.
_MOST_SOURCES = 64
# Between a scan and its coming here lies its transport; half a second of it is still put right.
_MOST_BEHIND_S = 1.0
# A scan cannot come before the odometry of its instant by more than a few of its periods.
_MOST_AHEAD_S = 0.2


class ClockSkew:
    """Compares stamps as scans come in: with the newest odometry, and with this machine's clock."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._behind: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_RECENT))
        self._age: deque[float] = deque(maxlen=_RECENT)

    def clear(self) -> None:
        """Forget all: time went back."""
        self._behind.clear()
        self._age.clear()

    def compare(self, source: str, stamp_s: float, odometry_s: float, clock_s: float) -> None:
        """Take in that a scan has come.

        Args:
            source: the laser that it is of, such as its frame.
            stamp_s: its stamp.
            odometry_s: stamp of the newest odometry.
            clock_s: this machine's clock, or the simulated one.
        """
        if source not in self._behind and len(self._behind) >= _MOST_SOURCES:
            self._behind.clear()
        self._behind[source].append(odometry_s - stamp_s)
        self._age.append(clock_s - odometry_s)

    def figures(self) -> dict[str, float]:
        """Return the medians in seconds, by names for people."""
        found = {
            f"stamps of '{name}' behind odometry [s]": median(all_s)
            for name, all_s in sorted(self._behind.items())
        }
        if self._age:
            found["odometry age [s]"] = median(self._age)
        return found

    def trouble(self) -> str:
        """Say which laser's clock is not that of the odometry; empty where none is far off."""
        for name, all_s in sorted(self._behind.items()):
            behind_s = median(all_s)
            if len(all_s) < _FEW or -_MOST_AHEAD_S <= behind_s <= _MOST_BEHIND_S:
                continue
            side = "behind" if behind_s > 0.0 else "ahead of"
            return (
                f"the scans of '{name}' are stamped {abs(behind_s):.2f} s {side} the odometry: "
                "bring their clocks together (NTP or PTP), or let the drivers stamp by this "
                "machine's clock"
            )
        return ""
