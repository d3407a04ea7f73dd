# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the localizer's node is, from what it counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from local_inn_ros.localization.monitoring.whereabouts import Event, Situation, Whereabouts
from local_inn_ros.nodes.common.clock_skew import ClockSkew
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
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.model import RunnableModel
from local_inn_ros.nodes.localizer.observation_intake import Limits, Words
from local_inn_ros.nodes.localizer.other_localizers import READINGS_COME
from local_inn_ros.nodes.localizer.scan_queue import Oddity

# Counted beside observations, odometry and fixes.
FILTER_POSE = "pose of the filter"
POSE_TOLD = "pose told"
MOUNTS = "message of static transforms"
MAP = "map"
# How many there are, not how often that was.
SCANS_WAITING = "scans waiting"

STAMP_AGE = "stamp age [s]"
QUALITY = "quality"
MOUNT_AGE = "mount age [s]"
SCAN_TIME = "stage all [ms]"


def localizer_health(
    tally: Tally,
    troubles: Sequence[str],
    contradictions: Sequence[str],
    skew: ClockSkew,
    situation: Situation,
    model: RunnableModel,
    told: LocalizerParameters,
    learned: Mapping[str, float | str],
    words: Words,
    limits: Limits,
) -> Health:
    """Say how the node is.

    Args:
        tally: what happened since the last report.
        troubles: what was wrong with the map, and with the last observation of each sensor.
        contradictions: what in the headers of observations does not agree.
        skew: how far the stamps of sensors and odometry are apart.
        situation: what is known of where the robot is.
        model: what makes the fixes.
        told: from where on a figure is bad.
        learned: what was learned while the node runs, by names for people.
        words: what the observations are called.
        limits: from where on figures of theirs are bad.
    """
    values: dict[str, object] = {
        "state": situation.word,
        "lost": situation.lost,
        "places": " ".join(f"{weight:.2f}" for weight in situation.places),
        READINGS_COME: tally.recent(words.one) > 0,
        f"{words.one} rate [Hz]": tally.rate_hz(words.one),
        "fix rate [Hz]": tally.rate_hz("fix"),
        **tally.means(),
        **skew.figures(),
        **tally.totals(),
        **learned,
        "bundle": model.name,
        "engine": model.model.engine_name,
    }
    findings = [
        *_findings(tally, troubles, situation, words),
        *_beyond(tally, told, words, limits),
        *_timing(tally, skew, words),
        *(Finding(WARN, one) for one in contradictions),
        *unused_findings(tally, (*words.refused, "odometry", "filtered pose")),
        *numeric_findings(tally, (words.one, "odometry", "filtered pose", "initial pose", "map")),
    ]
    return health_of(findings, "fixes are made", values)


def _findings(
    tally: Tally, troubles: Sequence[str], situation: Situation, words: Words
) -> Iterator[Finding]:
    for trouble in troubles:
        yield Finding(ERROR, trouble)
    for name, plural in ((words.one, words.many), ("odometry", "")):
        if not tally.recent(name):
            yield Finding(ERROR, silence(tally, name, plural))
    if not situation.localized or situation.searching:
        yield Finding(WARN, _doubt(situation, words))
    elif tally.recent(words.one) and not tally.recent("fix") and not troubles:
        yield Finding(WARN, f"{words.many} wait for odometry at their stamp")


def _timing(tally: Tally, skew: ClockSkew, words: Words) -> Iterator[Finding]:
    """Find stamps that make no sense."""
    if skew.trouble():
        yield Finding(WARN, skew.trouble())
    for oddity in Oddity:
        name = oddity.of(words.one)
        if oddity.dropped and tally.recent(name):
            yield Finding(WARN, f"{name} ({tally.recent(name)} times)")


def _beyond(
    tally: Tally, told: LocalizerParameters, words: Words, limits: Limits
) -> Iterator[Finding]:
    """Find figures beyond their bounds."""
    if not tally.recent(words.one):
        return
    many = words.many
    yield from beyond(
        f"the rate of {many} [Hz]", tally.rate_hz(words.one), *limits.rate_hz, low=True
    )
    age_s = tally.mean(STAMP_AGE)
    yield from beyond(f"the {many}' age [s]", age_s, told.stamp_age_warn, told.stamp_age_error)
    yield from beyond(
        f"the {many}' lead on this machine's clock [s]",
        -age_s,
        told.stamp_age_warn,
        told.stamp_age_error,
    )
    yield from beyond(
        "the quality", tally.mean(QUALITY), told.quality_warn, told.quality_error, low=True
    )
    yield from beyond(
        f"the time for a {words.one} [s]", 1e-3 * tally.mean(SCAN_TIME), *limits.time_s
    )


def _doubt(situation: Situation, words: Words) -> str:
    """Say what is not known of where the robot is."""
    parts = []
    if situation.lost:
        parts.append(f"lost: {Event.ALARM.told(words.many)}")
    elif situation.known is Whereabouts.WAITING:
        parts.append("waits for a first pose")
    if situation.ambiguous:
        count = len(situation.places)
        parts.append(f"ambiguous: {count} places explain the {words.one} about as well")
    if situation.searching:
        parts.append("searching the map")
    return "; ".join(parts)
