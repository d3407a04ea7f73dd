# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points that fill a cube evenly, however many are taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BASES = (2, 3, 5)


def even_points(count: int) -> NDArray[np.float64]:
    """Return the first points (count, 3) of Halton's sequence, without the one at the origin.

    Each coordinate is the point's number with its digits, in a prime base, mirrored at the point
    (Halton, On the efficiency of certain quasi-random sequences of points, 1960).
    """
    points = np.zeros((count, len(_BASES)))
    for axis, base in enumerate(_BASES):
        rest, unit = np.arange(1, count + 1), 1.0
        while rest.any():
            unit /= base
            points[:, axis] += unit * (rest % base)
            rest = rest // base
    return points
