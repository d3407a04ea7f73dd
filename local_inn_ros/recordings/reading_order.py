# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The order in which a robot can use what its sensors say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from local_inn_ros.sensing import Odometry, Scan


def in_order_of_use(
    scans: Iterable[Scan], odometry: Sequence[Odometry]
) -> Iterator[Scan | Odometry]:
    """Yield scans and odometry, each by its stamps.

    Each scan waits for the first odometry that is not older than it, as a robot waits for the
    transform at a scan's stamp.

    Args:
        scans: by their stamps.
        odometry: by their stamps.
    """
    place, reached_s = 0, -math.inf
    for scan in scans:
        while place < len(odometry) and reached_s < scan.stamp_s:
            reached_s = odometry[place].stamp_s
            yield odometry[place]
            place += 1
        yield scan
    yield from odometry[place:]
