# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the filter's node is, from what it counted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.nodes.common.diagnostics import (
    ERROR,
    WARN,
    Finding,
    Health,
    Tally,
    beyond,
    health_of,
)
from local_inn_ros.nodes.common.numeric_faults import numeric_findings
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters

KEPT = f"odometry {Arrival.KEPT.value}"
STAMP_AGE = "odometry age [s]"
MOUNTS = "message of static transforms"


def ekf_health(
    tally: Tally, pose_filter: PoseFilter, told: EkfParameters, contradictions: Sequence[str]
) -> Health:
    """Say how the node is.

    Args:
        tally: what happened since the last report.
        pose_filter: what the node works with.
        told: from where on a figure is bad.
        contradictions: what in the odometry does not agree.
    """
    values: dict[str, object] = {
        "odometry rate [Hz]": tally.rate_hz(KEPT),
        "fix rate [Hz]": tally.rate_hz("fix"),
        "fixes refused since the last report": tally.recent("fix") - tally.recent("fix accepted"),
        "fixes refused in a row": pose_filter.consecutive_refusals,
        "lost": pose_filter.lost,
        **tally.means(),
        **tally.totals(),
    }
    findings = [
        *_findings(tally, pose_filter, told),
        *(Finding(WARN, one) for one in contradictions),
        *numeric_findings(tally, ("odometry", "fix", "initial pose")),
    ]
    return health_of(findings, "localized", values)


def _findings(tally: Tally, pose_filter: PoseFilter, told: EkfParameters) -> Iterator[Finding]:
    if not tally.recent(KEPT):
        yield Finding(ERROR, "no odometry comes")
    else:
        yield from beyond(
            "the rate of odometry [Hz]",
            tally.rate_hz(KEPT),
            told.odometry_rate_warn,
            told.odometry_rate_error,
            low=True,
        )
    if not pose_filter.initialized:
        yield Finding(WARN, "waits for an initial pose")
    elif pose_filter.declared_lost:
        yield Finding(ERROR, "lost: a localizer says so; odometry alone")
    elif pose_filter.lost:
        yield Finding(ERROR, "lost: the fixes contradict the pose")
    elif not tally.recent("fix"):
        yield Finding(WARN, "no fixes come: odometry alone")
    else:
        yield from beyond(
            "the share of refused fixes",
            _share_refused(tally),
            told.refused_warn,
            told.refused_error,
        )


def _share_refused(tally: Tally) -> float:
    fixes = tally.recent("fix")
    return 1.0 - tally.recent("fix accepted") / fixes if fixes else math.nan
