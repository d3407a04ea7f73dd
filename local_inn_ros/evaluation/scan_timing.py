# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a laser takes over a scan, and how late its stamps are, measured on a recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.evaluation.mounted import producers_of, searches_of
from local_inn_ros.evaluation.replay import Replay, replay
from local_inn_ros.filtering.odometry_buffer import OdometryBuffer
from local_inn_ros.filtering.odometry_match import Estimate, OdometryTrack, stamp_delay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.sweep_duration import Sight, sweep_duration
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.laser.scan_header import ScanHeader
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import open_model

# Shorter is none: beams of all at once, and stamps that are right.
_LEAST_DURATION_S, _LEAST_DELAY_S = 2e-3, 3e-3
# A delay that is known no better than this is not known.
_VAGUE_S = 0.02
# A scan that lasts longer than this is not looked for.
_LONGEST_S = 0.5


@dataclass(frozen=True, slots=True)
class ScanTiming:
    """What a recording tells of the times of its scans.

    Attributes:
        told_duration_s: what the headers say of how long a scan takes; None where they are silent.
        duration: what was measured of it; None where headers tell, or the drive tells nothing.
        delay: how late the stamps were beside those of the odometry; None where the drive does not
            tell.
        laser: the laser's description with all that was found out.
    """

    told_duration_s: float | None
    duration: Estimate | None
    delay: Estimate | None
    laser: LaserSpec


def measure_scan_timing(
    bundle: Bundle, recording: Recording, scans: int, on_scan: Callable[[], None] = lambda: None
) -> ScanTiming:
    """Measure how long a scan takes and how late it is stamped.

    Args:
        bundle: the model of the place.
        recording: a drive there; without a reference the robot looks for itself first.
        scans: how many scans are used at most, from the first on.
        on_scan: called after each scan, of which each is looked at twice at most.

    Raises:
        BagError: the robot cannot be localized in the recording.
    """
    laser, told_s = bundle.description.laser, _told_duration_s(recording)
    run = _run(bundle, recording, scans, on_scan)
    duration = None if told_s is not None else _duration(bundle, recording, run, scans)
    if duration is not None and _matters(duration, _LEAST_DURATION_S):
        laser = _with(laser, scan_duration_s=round(duration.value, 5))
        run = _run(bundle, replace(recording, laser=laser), scans, on_scan)
    fixed = run.accepted
    delay = stamp_delay(_track(recording), run.stamps_s[fixed], run.measured[fixed])
    if delay is not None and delay.deviation > _VAGUE_S:
        delay = None
    if delay is not None and _matters(delay, _LEAST_DELAY_S):
        laser = _with(laser, time_offset_s=round(laser.time_offset_s - delay.value, 4))
    return ScanTiming(told_s, duration, delay, laser)


def _matters(found: Estimate, least_s: float) -> bool:
    return abs(found.value) > least_s and found.differs_from(0.0)


def _with(laser: LaserSpec, **told: float) -> LaserSpec:
    return LaserSpec.model_validate({**laser.model_dump(), **told})


def _told_duration_s(recording: Recording) -> float | None:
    """Return how long a scan takes by the header of the first; None where it is silent."""
    for message in recording.scan_messages():
        header = ScanHeader.of(message)
        return abs(header.sweep_s) if header.time_increment else None
    return None


def _first(readings: Iterator[Scan | Odometry], scans: int) -> Iterator[Scan | Odometry]:
    """Yield readings up to some scan."""
    count = 0
    for reading in readings:
        count += isinstance(reading, Scan)
        if count > scans:
            return
        yield reading


def _run(bundle: Bundle, recording: Recording, scans: int, on_scan: Callable[[], None]) -> Replay:
    model, told = open_model(bundle), RunSettings()
    search = recording.reference is None
    pipeline = LocalizationPipeline(
        producers_of(model, recording, told),
        PoseFilter(),
        searches_of(model, recording, told) if search else None,
        recording.mount_of,
    )
    return replay(pipeline, _first(recording.readings(), scans), recording.reference, on_scan)


def _track(recording: Recording) -> OdometryTrack:
    return OdometryTrack.of(
        np.array([one.stamp_s for one in recording.odometry]),
        np.array([one.pose.to_array() for one in recording.odometry]),
    )


def _duration(bundle: Bundle, recording: Recording, run: Replay, scans: int) -> Estimate | None:
    """Measure how long a scan takes, by how straight it makes the walls."""
    odometry = OdometryBuffer(np.inf)
    for reading in recording.odometry:
        odometry.add(reading)
    way = Trajectory.from_unordered(run.stamps_s, run.fused)
    one_mount = (scan for scan in recording.swept_scans() if not scan.sensor)
    swept = list(islice(one_mount, scans))
    stamps = np.array([scan.stamp_s for scan in swept])
    if len(stamps) < 2:
        return None
    known = zip(swept, way.at(stamps), strict=True)
    sights = [
        Sight(scan, Pose2.from_array(pose)) for scan, pose in known if np.isfinite(pose).all()
    ]
    laser = bundle.description.laser
    return sweep_duration(
        sights,
        odometry.pose_at,
        recording.mount,
        Refiner(bundle.field, laser.noise_std_m),
        laser.range_max_m,
        min(float(np.median(np.diff(stamps))), _LONGEST_S),
    )


def timing_lines(found: ScanTiming) -> list[str]:
    """Say what was found, in words."""
    lines = []
    if found.told_duration_s is not None:
        lines.append(f"a scan takes {1e3 * found.told_duration_s:.1f} ms, as its header says")
    elif found.duration is None:
        lines.append(
            "how long a scan takes is not told: the headers are silent, and the robot moved too "
            "little within a scan; drive faster and turn"
        )
    else:
        lines.append(f"a scan takes {_milliseconds(found.duration)}, by how it bends in motion")
    if found.delay is None:
        lines.append(
            "whether the laser's stamps are late is not told: speed and rate of turn changed too "
            "little; drive round bends, start and stop"
        )
    else:
        lines.append(
            f"the laser's stamps are {_milliseconds(found.delay)} late beside the odometry's"
        )
    return lines


def _milliseconds(found: Estimate) -> str:
    return f"{1e3 * found.value:.1f} ms (+- {1e3 * found.deviation:.1f})"
