# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of when messages come: whether at all, how often, and by which clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from local_inn_ros.diagnosis.facts import Facts
from local_inn_ros.diagnosis.findings import Finding, error, warning
from local_inn_ros.diagnosis.streams import Arrivals

# Of the rate of the bundle's laser.
_LEAST_RATE = 0.7
_LEAST_ODOMETRY_HZ = 10.0
# The localizer takes scans that come so late.
_MOST_AGE_S = 0.5
_WORTH_TELLING_S = 0.2
_MOST_SPREAD_S = 0.25
_LEAST_REPEATED = 0.02
_CLOCKS = (
    "Synchronize the machines (chrony; `chronyc tracking` tells how far they are apart), and let "
    "the driver stamp with the host's time"
)


def check_arrival(seen: Facts) -> Iterator[Finding]:
    """Look whether messages come where there is a publisher."""
    streams = [("scan", one.topic, one.arrivals) for one in seen.scans]
    streams += [("camera", one.topic, one.arrivals) for one in seen.cameras]
    streams.append(("odom", seen.odometry.topic, seen.odometry.arrivals))
    for role, name, arrivals in streams:
        topic = seen.topic(name)
        if topic.publishers and not arrivals.count:
            writers = ", ".join(sorted(one.node for one in topic.publishers))
            yield error(
                f"{role}.silent",
                f"{writers} publishes {name}, but nothing came in {seen.seconds:g} s",
                "without it there is no pose",
                "Look at the driver's log; between machines, at the firewall (DDS uses UDP from "
                "port 7400 on)",
            )


def check_rates(seen: Facts) -> Iterator[Finding]:
    """Look whether messages come as often as they should."""
    for stream in seen.scans:
        rate_hz = stream.arrivals.rate_hz()
        if seen.bundle is None or stream.arrivals.count < 2:
            continue
        wanted_hz = seen.bundle.description.laser.rate_hz
        if rate_hz < _LEAST_RATE * wanted_hz:
            yield warning(
                "scan.rate",
                f"scans come on {stream.topic} at {rate_hz:.1f} Hz",
                f"the bundle's laser gives {wanted_hz:g} Hz; some get lost, or it turns slower, "
                "and there are as many fewer fixes",
                "Look at the driver's settings and at the network's load; over Wi-Fi scans are "
                "best localized on the robot",
            )
    rate_hz = seen.odometry.arrivals.rate_hz()
    if seen.odometry.arrivals.count >= 2 and rate_hz < _LEAST_ODOMETRY_HZ:
        yield warning(
            "odom.rate",
            f"odometry comes on {seen.odometry.topic} at {rate_hz:.1f} Hz",
            "scans wait for the odometry to reach their stamps, and the pose is late by as much",
            "Publish it at 20 Hz or more",
        )


def check_clocks(seen: Facts) -> Iterator[Finding]:
    """Look whether sensors and this machine go by one clock."""
    streams = [("scan", one.topic, one.arrivals) for one in seen.scans]
    streams += [("camera", one.topic, one.arrivals) for one in seen.cameras]
    streams.append(("odom", seen.odometry.topic, seen.odometry.arrivals))
    for role, name, arrivals in streams:
        if arrivals.count:
            yield from _check_stamps(role, name, arrivals)
    for role, name, arrivals in streams:
        if role != "odom":
            yield from _check_apart(name, arrivals, seen)


def _check_stamps(role: str, topic: str, arrivals: Arrivals) -> Iterator[Finding]:
    if not arrivals.stamps_s.any():
        yield error(
            f"{role}.stamps",
            f"all stamps on {topic} are zero",
            "what has no stamp cannot be put in the order of time",
            "Let the driver fill in header.stamp",
        )
        return
    yield from _check_age(role, topic, arrivals)
    steps = np.diff(arrivals.stamps_s)
    repeated = float(np.mean(steps == 0.0)) if steps.size else 0.0
    if repeated > _LEAST_REPEATED:
        yield warning(
            f"{role}.repeated",
            f"{repeated:.0%} of the messages on {topic} have the stamp of the one before",
            "repeated readings say nothing new, and are dropped",
            "Look whether two nodes publish it, or the driver sends one reading twice",
        )
    back = int(np.sum(steps < 0.0))
    if back:
        yield warning(
            f"{role}.order",
            f"stamps on {topic} went back {back} times, by up to {-steps.min():.3f} s",
            "what comes out of order is dropped; a long step back begins everything anew",
            "Look whether two nodes publish it, or a bag is played in a loop",
        )


def _check_age(role: str, topic: str, arrivals: Arrivals) -> Iterator[Finding]:
    ages = arrivals.ages_s()
    median_s = float(np.median(ages))
    spread_s = float(np.subtract(*np.percentile(ages, (95, 5))))
    if abs(median_s) > _WORTH_TELLING_S:
        grade = error if abs(median_s) > _MOST_AGE_S else warning
        old = "old when it comes" if median_s > 0.0 else "ahead of this machine's clock"
        yield grade(
            f"{role}.age",
            f"what comes on {topic} is {abs(median_s):.3g} s {old} (median)",
            "the pose is stamped by another clock than the rest of the robot goes by, or is late"
            if median_s > 0.0
            else "stamps from the future: two clocks differ",
            _CLOCKS,
        )
    if spread_s > _MOST_SPREAD_S:
        yield warning(
            f"{role}.jitter",
            f"the age of what comes on {topic} varies by {spread_s:.2f} s (90 % of it)",
            "readings come in bursts, or are stamped when they are sent, not when they are taken",
            "Look at the load of the machine and of the network, and at how the driver stamps",
        )


def _check_apart(topic: str, scans: Arrivals, seen: Facts) -> Iterator[Finding]:
    odometry = seen.odometry.arrivals
    if not (scans.count and odometry.count and scans.stamps_s.any() and odometry.stamps_s.any()):
        return
    apart_s = float(np.median(odometry.ages_s()) - np.median(scans.ages_s()))
    if abs(apart_s) <= _WORTH_TELLING_S:
        return
    behind, ahead = (seen.odometry.topic, topic) if apart_s > 0.0 else (topic, seen.odometry.topic)
    grade = error if abs(apart_s) > _MOST_AGE_S else warning
    yield grade(
        "clock.apart",
        f"the stamps on {behind} are {abs(apart_s):.3g} s behind those on {ahead}",
        "a reading is put where the odometry says the robot was at its stamp: where the clocks "
        "differ, that is where it was at another time",
        _CLOCKS,
    )
