# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the localizer's node is, from what it counted."""

from __future__ import annotations

from local_inn_ros.nodes.diagnostics import ERROR, OK, WARN, Health, Tally
from local_inn_ros.nodes.model import Model


def localizer_health(
    tally: Tally, trouble: str, has_pose: bool, quality_alarm: float, model: Model
) -> Health:
    """Say how the node is, the gravest first.

    Args:
        tally: what happened since the last report.
        trouble: what was wrong with the last scan or the map; empty where nothing was.
        has_pose: whether the filter has told a pose.
        quality_alarm: a mean quality below this means that the robot is lost.
        model: what makes the fixes.
    """
    lost = tally.mean("quality") < quality_alarm
    values: dict[str, object] = {
        "scan rate [Hz]": tally.rate_hz("scan"),
        "fix rate [Hz]": tally.rate_hz("fix"),
        "lost": lost,
        **tally.means(),
        **tally.totals(),
        "bundle": model.name,
        "engine": model.engine.name,
    }
    if trouble:
        return Health(ERROR, trouble, values)
    if not tally.recent("scan"):
        return Health(ERROR, "no scans come", values)
    if not tally.recent("odometry"):
        return Health(ERROR, "no odometry comes", values)
    if not has_pose:
        return Health(WARN, "waits for a first pose", values)
    if not tally.recent("fix"):
        return Health(WARN, "scans wait for odometry at their stamp", values)
    if lost:
        return Health(WARN, "the scans do not fit the map at the pose: lost?", values)
    return Health(OK, "fixes are made", values)
