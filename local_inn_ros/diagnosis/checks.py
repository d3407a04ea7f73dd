# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All the doctor's checks, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from local_inn_ros.diagnosis.camera_checks import check_cameras
from local_inn_ros.diagnosis.facts import Facts
from local_inn_ros.diagnosis.findings import Finding, Report
from local_inn_ros.diagnosis.frame_checks import (
    check_map_transform,
    check_mounts,
    check_odometry_frames,
    check_tree,
)
from local_inn_ros.diagnosis.graph_checks import (
    check_inputs,
    check_nodes,
    check_parameters,
    check_qos,
    check_sim_time,
    check_writers,
)
from local_inn_ros.diagnosis.health_checks import check_health, told_figures
from local_inn_ros.diagnosis.odometry_checks import check_motion, check_odometry
from local_inn_ros.diagnosis.scan_checks import check_bundle, check_scans, measured_share
from local_inn_ros.diagnosis.stream_checks import check_arrival, check_clocks, check_rates
from local_inn_ros.diagnosis.streams import Arrivals

# In the order in which somebody would mend things.
_CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    check_nodes,
    check_parameters,
    check_inputs,
    check_qos,
    check_arrival,
    check_sim_time,
    check_clocks,
    check_mounts,
    check_odometry_frames,
    check_tree,
    check_map_transform,
    check_writers,
    check_bundle,
    check_scans,
    check_cameras,
    check_odometry,
    check_motion,
    check_rates,
)


def examine(seen: Facts) -> Report:
    """Judge what was seen."""
    if not seen.all_nodes:
        return Report(tuple(check_nodes(seen)), _figures(seen))
    found = [finding for check in _CHECKS for finding in check(seen)]
    found += check_health(seen, found)
    return Report(tuple(sorted(found, key=lambda one: one.severity.rank)), _figures(seen))


def _figures(seen: Facts) -> dict[str, float | str]:
    """Return what was seen, for the one who reads the findings."""
    figures: dict[str, float | str] = {"listened for [s]": seen.seconds}
    for node in seen.nodes.values():
        figures[node.name] = node.state or "runs"
    for stream in seen.scans:
        figures.update(_stream_figures(stream.topic, stream.arrivals))
        if stream.scans:
            newest = stream.scans[-1]
            degrees = np.degrees(newest.angle_increment_rad * max(newest.ranges_m.size - 1, 0))
            figures[f"{stream.topic} beams"] = f"{newest.ranges_m.size} over {degrees:.0f} degrees"
            shares = [measured_share(scan) for scan in stream.scans]
            figures[f"{stream.topic} beams that measure [%]"] = 100.0 * float(np.median(shares))
    for camera in seen.cameras:
        figures.update(_stream_figures(camera.topic, camera.arrivals))
    figures.update(_stream_figures(seen.odometry.topic, seen.odometry.arrivals))
    if seen.grid is not None:
        grid = seen.grid
        figures[seen.names.map] = f"{grid.rows} x {grid.cols} cells of {grid.resolution_m:g} m"
    figures.update(told_figures(seen))
    return figures


def _stream_figures(topic: str, arrivals: Arrivals) -> dict[str, float | str]:
    if not arrivals.count:
        return {topic: "nothing came"}
    return {
        f"{topic} rate [Hz]": arrivals.rate_hz(),
        f"{topic} age, median [s]": float(np.median(arrivals.ages_s())),
        f"{topic} frame": ", ".join(sorted(arrivals.frames)),
    }
