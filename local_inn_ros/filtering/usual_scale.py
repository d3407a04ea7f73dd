# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is usual of an odometry's scale, which it returns to where nothing tells of it.

Slip comes and goes, but wheels of another size than the driver knows are wrong all the time. Along
a stretch that shows nothing of the way, a scale that is forgotten leads metres astray.
"""

from __future__ import annotations

from dataclasses import dataclass

# Before anything is known, all is right: that counts as much as so many spells of slip that were
# seen, since slip comes and goes.
_BEFORE_SPELLS = 4.0
# What was longer ago than so many spells fades.
_MOST_SPELLS = 30.0


@dataclass(frozen=True, slots=True)
class UsualScale:
    """The mean of a scale over the time in which fixes told of it.

    Attributes:
        mean: by which share true distances, or turns, are usually larger than the odometry says.
        spells: how many spells of slip it is the mean of.
    """

    mean: float = 0.0
    spells: float = _BEFORE_SPELLS

    def after(self, scale: float, known: float, spells: float) -> UsualScale:
        """Return what is usual after some more time.

        Args:
            scale: as the filter estimates it.
            known: share in [0, 1] of what may be unknown of it that fixes have told.
            spells: the time, in spells of slip.
        """
        told = max(known, 0.0) * spells
        if told == 0.0:
            return self
        seen = self.spells + told
        return UsualScale(self.mean + told / seen * (scale - self.mean), min(seen, _MOST_SPELLS))
