# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the filter's node is, from what it counted."""

from __future__ import annotations

from local_inn_ros.localization.ekf import PoseFilter
from local_inn_ros.localization.odometry_buffer import Arrival
from local_inn_ros.nodes.diagnostics import ERROR, OK, WARN, Health, Tally


def ekf_health(tally: Tally, pose_filter: PoseFilter) -> Health:
    """Say how the node is, the gravest first.

    Args:
        tally: what happened since the last report.
        pose_filter: what the node works with.
    """
    kept = f"odometry {Arrival.KEPT.value}"
    values: dict[str, object] = {
        "odometry rate [Hz]": tally.rate_hz(kept),
        "fix rate [Hz]": tally.rate_hz("fix"),
        "fixes refused since the last report": tally.recent("fix") - tally.recent("fix accepted"),
        "fixes refused in a row": pose_filter.consecutive_refusals,
        "lost": pose_filter.lost,
        **tally.totals(),
    }
    if not tally.recent(kept):
        return Health(ERROR, "no odometry comes", values)
    if not pose_filter.initialized:
        return Health(WARN, "waits for an initial pose", values)
    if pose_filter.declared_lost:
        return Health(ERROR, "lost: a localizer says so; odometry alone", values)
    if pose_filter.lost:
        return Health(ERROR, "lost: the fixes contradict the pose", values)
    if not tally.recent("fix"):
        return Health(WARN, "no fixes come: odometry alone", values)
    return Health(OK, "localized", values)
