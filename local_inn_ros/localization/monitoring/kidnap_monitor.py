# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Knows when the robot is not where it is believed to be.

Page's cumulative sum test (E. S. Page, Continuous inspection schemes, Biometrika 1954): the
evidence of the readings that the pose is wrong is added up, and never falls below none. A quality
is told at even odds, so that its log-odds are that evidence. Scans that follow one another closely
see the same people: they count by the time between them, not by their number, so that the same
holds for a laser of 5 Hz and of 40 Hz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.filtering.chi_square import chi_square_quantile

# Of the innovations of right fixes, one in a thousand is larger.
_SURPRISING = chi_square_quantile(0.999)
_LEAST_QUALITY = 1e-9


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """What a monitor is told. Evidence is in nats: natural logarithms of odds.

    Attributes:
        alarm: so much evidence for a wrong pose means lost. It gathers at up to
            ``most_against / apart_s`` a second.
        apart_s: readings so far apart each count in full, nearer ones for their share of it.
        most_against: what one reading says against a pose at most.
        most_for: what one reading says for a pose at most.
        surprise: what an innovation beyond all usual ones says against a pose. Wheels that slip
            surprise too, but not for long: keep it so small that it takes some readings in a row.
    """

    alarm: float = 8.0
    apart_s: float = 0.15
    most_against: float = 4.0
    most_for: float = 3.0
    surprise: float = 3.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: one is not finite or not above 0.
        """
        for name in self.__slots__:
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} must be finite and above 0, got {value}")


class KidnapMonitor:
    """Watches fixes, and says when the robot is lost and when it is found again.

    It calls itself lost when the evidence reaches the alarm. The evidence gathers up to twice that,
    and has to be gone before the robot counts as found: some readings in a row have to fit.
    """

    def __init__(self, settings: MonitorSettings | None = None) -> None:
        """Begin without any evidence."""
        self._settings = MonitorSettings() if settings is None else settings
        self.reset()

    @property
    def lost(self) -> bool:
        """Whether the pose is probably wrong."""
        return self._lost

    @property
    def evidence(self) -> float:
        """Evidence, in nats, that the pose is wrong; 0 where all is well."""
        return self._evidence

    def reset(self) -> None:
        """Forget all: a new pose was given."""
        self._evidence = 0.0
        self._lost = False
        self._stamp_s: float | None = None

    def observe(self, stamp_s: float, quality: float, innovation: float) -> bool:
        """Take in one fix.

        Args:
            stamp_s: stamp of its reading; one that is not newer than the last adds nothing, and
                time goes on from there.
            quality: probability, in [0, 1], that the fix is right (``scan_quality``).
            innovation: squared Mahalanobis distance of the fix's measurement from its prior, see
                ``prior.squared_innovation`` (chi-square with 3 degrees of freedom for right fixes);
                NaN where it is not known.

        Returns:
            Whether the robot is lost.
        """
        settings = self._settings
        against = -_log_odds(quality)
        if innovation > _SURPRISING:
            # A right fix that is far from what was believed speaks for itself, not for that.
            against = max(against, 0.0) + settings.surprise
        against = min(max(against, -settings.most_for), settings.most_against)
        gathered = self._evidence + self._share(stamp_s) * against
        self._evidence = min(max(gathered, 0.0), 2.0 * settings.alarm)
        if self._evidence >= settings.alarm:
            self._lost = True
        elif self._evidence == 0.0:
            self._lost = False
        return self._lost

    def _share(self, stamp_s: float) -> float:
        """Return how much a reading counts, 0 to 1, by the time since the one before."""
        last_s, self._stamp_s = self._stamp_s, stamp_s
        if last_s is None:
            return 1.0
        return min(max((stamp_s - last_s) / self._settings.apart_s, 0.0), 1.0)


def _log_odds(quality: float) -> float:
    # A quality that is not a number says that nothing fits.
    bounded = min(quality, 1.0 - _LEAST_QUALITY) if quality > _LEAST_QUALITY else _LEAST_QUALITY
    return math.log(bounded / (1.0 - bounded))
