# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a recording with reference poses to scans that can be trained on, or calibrated on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.geometry import compose_poses
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.sensing import BeamPicker, LaserSpec, Scan
from local_inn_ros.sensing.posed_observations import PosedObservations


@dataclass(frozen=True, slots=True, eq=False)
class LearnableScans:
    """What of a recording can be learned from.

    Attributes:
        posed: scans with the sensor's poses in the map frame.
        left_out: how many others there are, by the reason.
    """

    posed: PosedObservations
    left_out: Mapping[str, int]

    def in_words(self) -> list[str]:
        """Return a line for each reason."""
        total = len(self.posed) + sum(self.left_out.values())
        return [
            f"{count} of {total} scans are left out: {why}" for why, count in self.left_out.items()
        ]


def learnable_scans(recording: Recording) -> LearnableScans:
    """Pair the scans of a recording with the sensor's poses in the map frame.

    Raises:
        BagError: the recording has no reference, or none that covers a scan, or its clock was set
            back: which pose is whose is then not known.
        SensorError: not one scan fits the laser's description.
    """
    if recording.reference is None:
        raise BagError("to learn from a recording, name its true poses with --reference")
    if recording.set_back:
        raise BagError(f"{recording.path} is not learned from: {recording.set_back[0]}")
    scans = list(recording.scans())
    bases = recording.reference.at([scan.stamp_s for scan in scans])
    known = np.all(np.isfinite(bases), axis=1)
    if not known.any():
        raise BagError(
            f"no scan of {recording.path} lies within the time of the reference "
            f"{recording.topics.reference}: scans are from {scans[0].stamp_s:.3f} to "
            f"{scans[-1].stamp_s:.3f} s, its poses from {recording.reference.stamps_s[0]:.3f} to "
            f"{recording.reference.stamps_s[-1]:.3f} s"
        )
    left_out = Counter({"the reference has no pose there": int(np.count_nonzero(~known))})
    kept, trouble = [], ""
    for row in np.flatnonzero(known):
        trouble = _trouble(scans[row], recording.laser)
        if trouble:
            left_out[trouble] += 1
        else:
            kept.append(row)
    if not kept:
        raise SensorError(f"no scan of {recording.path} can be learned from: {trouble}")
    mounts = np.array([recording.mount_of(scans[row]).to_array() for row in kept])
    posed = PosedObservations(tuple(scans[row] for row in kept), compose_poses(bases[kept], mounts))
    return LearnableScans(posed, {why: count for why, count in left_out.items() if count})


def posed_scans(recording: Recording) -> PosedObservations:
    """Return what ``learnable_scans`` finds.

    Raises:
        BagError: the recording has no reference, or none that covers a scan.
        SensorError: not one scan fits the laser's description.
    """
    return learnable_scans(recording).posed


def _trouble(scan: Scan, laser: LaserSpec | None) -> str:
    """Say why a scan does not fit the laser's description; empty where it does, or none is told."""
    if laser is None:
        return ""
    try:
        BeamPicker(laser.network_angles_rad(), laser.range_max_m).pick(scan)
    except SensorError as error:
        return str(error)
    return ""
