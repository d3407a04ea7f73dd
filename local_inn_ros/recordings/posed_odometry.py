# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a recording's odometry and poses known from elsewhere to what its noise is told from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from local_inn_ros.errors import BagError
from local_inn_ros.filtering.odometry_windows import PosedOdometry
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry


def posed_odometry(odometry: Sequence[Odometry], reference: Trajectory) -> PosedOdometry:
    """Put odometry beside a reference, at the stamps of whichever is told less often.

    Between two of its poses nobody knows the way: what is told more often is interpolated there.

    Args:
        odometry: by their stamps.
        reference: poses of the base in the map frame.

    Raises:
        BagError: there are not even two readings, or two poses.
    """
    if len(odometry) < 2 or len(reference.stamps_s) < 2:
        raise BagError(
            f"{len(odometry)} odometry readings and {len(reference.stamps_s)} poses do not tell "
            "how wrong the odometry is: give a longer recording"
        )
    seen = Trajectory.from_unordered(
        [reading.stamp_s for reading in odometry],
        np.array([reading.pose.to_array() for reading in odometry]),
    )
    if np.median(np.diff(reference.stamps_s)) <= np.median(np.diff(seen.stamps_s)):
        return PosedOdometry(seen.stamps_s, seen.poses, reference.at(seen.stamps_s))
    stamps = np.union1d(seen.stamps_s, reference.stamps_s)
    poses = seen.at(stamps)
    known = np.isfinite(poses).all(axis=1)
    truth = np.full((len(stamps), 3), np.nan)
    truth[np.isin(stamps, reference.stamps_s)] = reference.poses
    return PosedOdometry(stamps[known], poses[known], truth[known])
