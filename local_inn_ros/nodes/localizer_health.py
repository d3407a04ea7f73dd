# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the localizer's node is, from what it counted."""

from __future__ import annotations

from local_inn_ros.nodes.diagnostics import ERROR, OK, WARN, Health, Tally
from local_inn_ros.nodes.model import Model
from local_inn_ros.nodes.recovery import Situation


def localizer_health(tally: Tally, trouble: str, situation: Situation, model: Model) -> Health:
    """Say how the node is, the gravest first.

    Args:
        tally: what happened since the last report.
        trouble: what was wrong with the last scan or the map; empty where nothing was.
        situation: what is known of where the robot is.
        model: what makes the fixes.
    """
    values: dict[str, object] = {
        "state": situation.word,
        "lost": situation.lost,
        "places": " ".join(f"{weight:.2f}" for weight in situation.places),
        "scan rate [Hz]": tally.rate_hz("scan"),
        "fix rate [Hz]": tally.rate_hz("fix"),
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
    if not situation.localized or situation.searching:
        return Health(WARN, _doubt(situation), values)
    if not tally.recent("fix"):
        return Health(WARN, "scans wait for odometry at their stamp", values)
    return Health(OK, "fixes are made", values)


def _doubt(situation: Situation) -> str:
    """Say what is not known of where the robot is."""
    parts = []
    if situation.lost:
        parts.append("lost: the scans do not fit the map at the pose")
    elif not situation.has_pose:
        parts.append("waits for a first pose")
    if situation.ambiguous:
        count = len(situation.places)
        parts.append(f"ambiguous: {count} places explain the scan about as well")
    if situation.searching:
        parts.append("searching the map")
    return "; ".join(parts)
