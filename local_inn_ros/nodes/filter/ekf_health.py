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
from local_inn_ros.nodes.common.unused_findings import silence, unused_findings
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters

KEPT = f"odometry {Arrival.KEPT.value}"
STAMP_AGE = "odometry age [s]"
MOUNTS = "message of static transforms"
# A driver that was started again begins again once.
_MOST_RESTARTS = 2
_INPUTS = ("odometry", "fix", "initial pose")


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
        *unused_findings(tally, _INPUTS),
        *numeric_findings(tally, _INPUTS),
    ]
    return health_of(findings, "localized", values)


def _findings(tally: Tally, pose_filter: PoseFilter, told: EkfParameters) -> Iterator[Finding]:
    yield from _of_odometry(tally, told)
    if not pose_filter.initialized:
        yield Finding(WARN, "waits for an initial pose")
    elif pose_filter.declared_lost:
        yield Finding(ERROR, "lost: a localizer says so; odometry alone")
    elif pose_filter.lost:
        yield Finding(ERROR, "lost: the fixes contradict the pose")
    elif not tally.recent("fix"):
        yield Finding(WARN, f"{silence(tally, 'fix', 'fixes')}: odometry alone")
    else:
        yield from _silent(tally, told)
        yield from beyond(
            "the share of refused fixes",
            _share_refused(tally),
            told.refused_warn,
            told.refused_error,
        )


def fixes_of(topic: str) -> str:
    """Return the name that the fixes of one of several topics are counted under."""
    return f"fix of {topic}"


def _silent(tally: Tally, told: EkfParameters) -> Iterator[Finding]:
    """Find localizers that say nothing while others do."""
    if len(told.fix_topics) > 1:
        for topic in told.fix_topics:
            if not tally.recent(fixes_of(topic)):
                yield Finding(WARN, f"no fixes come on '{topic}': the other localizers carry on")


def _share_refused(tally: Tally) -> float:
    fixes = tally.recent("fix")
    return 1.0 - tally.recent("fix accepted") / fixes if fixes else math.nan


def _of_odometry(tally: Tally, told: EkfParameters) -> Iterator[Finding]:
    restarts = tally.recent(f"odometry {Arrival.POSITION_JUMP.value}")
    if restarts > _MOST_RESTARTS:
        yield Finding(
            WARN,
            f"the odometry began again {restarts} times since the last report: do two publish it?",
        )
    if tally.recent(KEPT) or restarts:
        yield from beyond(
            "the rate of odometry [Hz]",
            tally.rate_hz(KEPT),
            told.odometry_rate_warn,
            told.odometry_rate_error,
            low=True,
        )
    elif tally.recent(f"odometry {Arrival.DROPPED.value}"):
        yield Finding(ERROR, "odometry comes, and its stamps do not go on")
    else:
        yield Finding(ERROR, silence(tally, "odometry"))
