# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a recording with reference poses to scans that can be trained on, or calibrated on."""

from __future__ import annotations

import numpy as np

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import compose_poses
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.sensing.posed_observations import PosedObservations


def posed_scans(recording: Recording) -> PosedObservations:
    """Pair the scans of a recording with the sensor's poses in the map frame.

    Raises:
        BagError: the recording has no reference, or none that covers a scan.
    """
    if recording.reference is None:
        raise BagError("to learn from a recording, name its true poses with --reference")
    scans = list(recording.scans())
    bases = recording.reference.at([scan.stamp_s for scan in scans])
    known = np.all(np.isfinite(bases), axis=1)
    if not known.any():
        raise BagError(
            f"no scan of {recording.path} lies within the time of the reference "
            f"{recording.topics.reference}"
        )
    poses = compose_poses(bases[known], recording.mount.to_array())
    kept = tuple(scan for scan, good in zip(scans, known, strict=True) if good)
    return PosedObservations(kept, poses)
