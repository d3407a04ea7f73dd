# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How high the things on a map are, which does not tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.place_chance import PlaceChance
from local_inn_ros.simulation.worlds.wall_outlines import WallOutlines

# What is no longer than this, corner to corner, is furniture, unless it is a pillar.
_FURNITURE_M = 2.4
_PILLAR_SHARE = 0.15
_HEIGHT_M = (0.4, 1.7)


def solid_heights(
    outlines: WallOutlines, ceiling_m: float, chance: PlaceChance
) -> NDArray[np.float64]:
    """Return (solids,) the heights of things in m: the ceiling's for walls, less for furniture.

    Pieces of furniture that may stand in each other are of one height.
    """
    count = int(outlines.solid.max(initial=-1)) + 1
    ends = outlines.segments.reshape(-1, 2)
    which = np.repeat(outlines.solid, 2)
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, which, ends)
    np.maximum.at(high, which, ends)
    small = np.flatnonzero(np.linalg.norm(high - low, axis=1) < _FURNITURE_M)
    tops = np.full(count, ceiling_m)
    for one in small:
        rng = chance.at(np.stack([low[one], high[one]]))
        if rng.random() >= _PILLAR_SHARE:
            tops[one] = min(rng.uniform(*_HEIGHT_M), ceiling_m)
    furniture = small[tops[small] < ceiling_m]
    for k, one in enumerate(furniture):
        others = furniture[:k]
        apart = (low[others] > high[one]) | (high[others] < low[one])
        touching = others[~apart.any(axis=1)]
        if len(touching):
            tops[one] = tops[touching[0]]
            tops[touching] = tops[one]
    return tops
