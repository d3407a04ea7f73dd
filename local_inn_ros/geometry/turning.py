# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What composing planar poses comes down to, in plain numbers, arrays and compiled code alike.

``geometry.compiled`` compiles it: each function calls no other.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.small_matrices import Six

NumberT = TypeVar("NumberT", float, NDArray[np.float64])


def turned_by(cosine: NumberT, sine: NumberT, x: NumberT, y: NumberT) -> tuple[NumberT, NumberT]:
    """Return a vector turned by an angle that is told by its cosine and sine.

    A pose is followed by another when the other's position is turned by its yaw and added to its
    own; the yaws add up.
    """
    return cosine * x - sine * y, sine * x + cosine * y


def swung(
    xx: float, xy: float, xt: float, yy: float, yt: float, tt: float, x: float, y: float
) -> Six:
    """Return the covariance of a place off a body, from the body's of (x, y, yaw).

    Turning the body swings the place round it: its yaw leaks into the position.

    Args:
        xx: with the next five, the upper triangle of the body's covariance (3, 3).
        xy: as above.
        xt: as above.
        yy: as above.
        yt: as above.
        tt: as above.
        x: way from the body to the place, in the axes that the covariance is given in.
        y: the same, along y.
    """
    return (
        xx + y * (y * tt - 2.0 * xt),
        xy + x * xt - y * yt - x * y * tt,
        xt - y * tt,
        yy + x * (x * tt + 2.0 * yt),
        yt + x * tt,
        tt,
    )
