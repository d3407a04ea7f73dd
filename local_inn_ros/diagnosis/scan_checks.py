# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what scans hold, and whether the bundle was made for them and for this map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from local_inn_ros.diagnosis.facts import Facts
from local_inn_ros.diagnosis.findings import Finding, error, warning
from local_inn_ros.diagnosis.streams import ScanStream
from local_inn_ros.errors import LocalInnError
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.sensing.laser.beam_state import BeamState
from local_inn_ros.sensing.laser.beams import BeamPicker, classify_ranges

_TRAIN = "Train a bundle for this sensor with `local-inn train --sensor`"
_LEAST_MEASURED, _FEW_MEASURED = 0.02, 0.2
_WHOLE_COVERAGE = 0.95
# A laser that reaches less far than this share of what the bundle's does.
_LEAST_REACH = 0.8


def measured_share(scan: Scan) -> float:
    """Return the share of a scan's beams that measured a distance (REP-117)."""
    if not scan.ranges_m.size:
        return 0.0
    states = classify_ranges(scan.ranges_m, scan.range_min_m, scan.range_max_m)
    return float(np.mean(states == BeamState.RETURN))


def check_scans(seen: Facts) -> Iterator[Finding]:
    """Look whether scans hold distances."""
    for stream in seen.scans:
        for told in stream.contradictions:
            yield warning(
                "scan.header",
                told,
                "an angle or a time that is wrong moves every fix, and its quality stays high",
                "Find out which of the two is right, and mend the driver or its settings",
            )
        if not stream.scans:
            continue
        share = float(np.median([measured_share(scan) for scan in stream.scans]))
        if share < _FEW_MEASURED:
            grade = error if share < _LEAST_MEASURED else warning
            yield grade(
                "scan.empty",
                f"{share:.0%} of the beams on {stream.topic} measure a distance "
                f"({_rest(stream.scans[-1])})",
                "what measures nothing cannot be compared with a map",
                "Look whether the laser is covered, its window clean, and range_min and "
                "range_max in its messages right",
            )
        if len({(one.ranges_m.size, one.angle_min_rad) for one in stream.scans}) > 1:
            yield warning(
                "scan.geometry",
                f"beam count or first angle on {stream.topic} change from scan to scan",
                "what is computed once for each geometry is computed again and again",
                "Look whether two lasers publish on the topic, and at the driver's settings",
            )


def _rest(scan: Scan) -> str:
    ranges = scan.ranges_m
    shares = {
        "NaN": np.isnan(ranges),
        "infinite": np.isinf(ranges),
        "zero": ranges == 0.0,
        "beyond range_max": np.isfinite(ranges) & (ranges >= scan.range_max_m),
        "under range_min": (ranges > 0.0) & (ranges < scan.range_min_m),
    }
    told = [f"{np.mean(hit):.0%} {name}" for name, hit in shares.items() if hit.any()]
    return ", ".join(told) or "it is empty"


def check_bundle(seen: Facts) -> Iterator[Finding]:
    """Look whether the bundle can be read, and is of this sensor and this map."""
    if seen.bundle_trouble:
        yield error(
            "bundle.unreadable",
            seen.bundle_trouble,
            "the localizer cannot be configured with it",
            "Set the parameter bundle of lidar_localizer to a folder that `local-inn train` made",
        )
    if seen.bundle is None:
        return
    for stream in seen.scans:
        if stream.scans:
            yield from _check_sensor(stream, seen.bundle.description.laser)
    if seen.grid is not None:
        try:
            seen.bundle.check_map(seen.grid)
        except LocalInnError as trouble:
            yield error(
                "bundle.map",
                f"{seen.names.map} is another map than the bundle's",
                str(trouble),
                "Serve the map that lies in the bundle, or name the bundle of this map",
            )


def _check_sensor(stream: ScanStream, sensor: LaserSpec) -> Iterator[Finding]:
    scan = stream.scans[-1]
    angles = sensor.network_angles_rad()
    try:
        reading = BeamPicker(angles, sensor.range_max_m).pick(scan)
    except LocalInnError as trouble:
        yield error(
            "bundle.sensor", f"scans on {stream.topic} cannot be used", str(trouble), _TRAIN
        )
        return
    wide = abs(scan.angle_increment_rad) * max(scan.ranges_m.size - 1, 0)
    share = min(wide / (sensor.angle_max_rad - sensor.angle_min_rad), 1.0)
    if share < _WHOLE_COVERAGE:
        yield warning(
            "bundle.view",
            f"scans on {stream.topic} see {np.degrees(wide):.0f} degrees",
            f"the bundle's laser ('{sensor.name}') sees "
            f"{np.degrees(sensor.angle_max_rad - sensor.angle_min_rad):.0f}; the beams that are "
            f"missing count as unknown ({np.mean(reading.states == BeamState.INVALID):.0%} of "
            "them in the last scan)",
            _TRAIN,
        )
    if scan.range_max_m < _LEAST_REACH * sensor.range_max_m:
        yield warning(
            "bundle.reach",
            f"scans on {stream.topic} reach {scan.range_max_m:g} m",
            f"the bundle was trained for {sensor.range_max_m:g} m: what lies farther is taken "
            "for open space",
            _TRAIN,
        )
    if scan.ranges_m.size < share * sensor.network_beams:
        yield warning(
            "bundle.beams",
            f"scans on {stream.topic} hold {scan.ranges_m.size} beams",
            f"the network of the bundle sees {sensor.network_beams}: the same beam speaks for "
            "several angles",
            _TRAIN,
        )
