# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Knows when a robot with any number of lasers is not where it is believed to be."""

from __future__ import annotations

from collections import defaultdict

from local_inn_ros.localization.monitoring.kidnap_monitor import KidnapMonitor

# A laser that has given no fix for so long has no say.
_SAYS_S = 1.0


class KidnapWatch:
    """Watches the fixes of each laser; the robot is lost where all that have a say agree on it.

    One laser that is covered, or looks at a crowd, fits nowhere while another one fits. Where the
    robot is elsewhere, none fits.
    """

    def __init__(self) -> None:
        """Begin without any evidence."""
        self._monitors: defaultdict[str, KidnapMonitor] = defaultdict(KidnapMonitor)
        self._fixed_s: dict[str, float] = {}
        self._lost = False

    @property
    def lost(self) -> bool:
        """Whether the pose is probably wrong."""
        return self._lost

    def reset(self) -> None:
        """Forget all: a new pose was given."""
        self._monitors.clear()
        self._fixed_s.clear()
        self._lost = False

    def observe(self, laser: str, stamp_s: float, quality: float, innovation: float) -> bool:
        """Take in one fix; the numbers are those of ``KidnapMonitor.observe``.

        Args:
            laser: whose fix it is, such as the laser's frame.
            stamp_s: stamp of its scan.
            quality: probability that the fix is right.
            innovation: squared Mahalanobis distance from what was believed before.

        Returns:
            Whether the robot is lost.
        """
        self._monitors[laser].observe(stamp_s, quality, innovation)
        self._fixed_s[laser] = stamp_s
        self._lost = all(
            self._monitors[one].lost
            for one, fixed_s in self._fixed_s.items()
            if abs(fixed_s - stamp_s) <= _SAYS_S
        )
        return self._lost
