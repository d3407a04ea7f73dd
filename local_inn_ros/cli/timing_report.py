# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measures the times of a recording's scans, tells them, and writes them to the bundle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_inn_ros.errors import LocalInnError

if TYPE_CHECKING:
    from local_inn_ros.bundles.bundle import Bundle
    from local_inn_ros.recordings.bag_reader import Recording


def told_scan_timing(bundle: Bundle, recording: Recording, scans: int) -> tuple[Bundle, Recording]:
    """Measure how long a scan takes and how late it is stamped, and write what was found.

    Args:
        bundle: in its place.
        recording: a drive on its map.
        scans: that are used at most.

    Returns:
        Bundle and recording as they are with what was found.
    """
    from local_inn_ros.bundles.recalibration import rewrite_laser
    from local_inn_ros.cli.output import progress_bar, say
    from local_inn_ros.evaluation.scan_timing import measure_scan_timing, timing_lines

    with progress_bar() as progress:
        task = progress.add_task("timing", total=2 * min(recording.scan_count, scans))
        try:
            found = measure_scan_timing(bundle, recording, scans, lambda: progress.advance(task))
        except LocalInnError as error:
            say(f"the times of the scans were not measured: {error}")
            return bundle, recording
    for line in timing_lines(found):
        say(line)
    before = bundle.description.laser
    if found.laser == before:
        return bundle, recording
    said = [
        f"{name} {getattr(found.laser, name):g}"
        for name in ("scan_duration_s", "time_offset_s")
        if getattr(found.laser, name) != getattr(before, name)
    ]
    say(f"written to {bundle.path / 'bundle.yaml'}: {', '.join(said)}")
    return rewrite_laser(bundle, found.laser), replace(recording, laser=found.laser)
