# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What came on topics of sensors while the doctor listened, free of ROS types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing import Odometry, Scan


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """When a topic's messages were stamped, and when they came.

    Attributes:
        stamps_s: (n,) as in their headers.
        arrivals_s: (n,) by the clock of this machine; by `/clock` where the nodes use it.
        frames: every `frame_id` that came.
    """

    stamps_s: NDArray[np.float64]
    arrivals_s: NDArray[np.float64]
    frames: frozenset[str]

    @property
    def count(self) -> int:
        """How many came."""
        return len(self.stamps_s)

    def ages_s(self) -> NDArray[np.float64]:
        """Return (n,) how old each was when it came."""
        return self.arrivals_s - self.stamps_s

    def rate_hz(self) -> float:
        """Return how many come in a second; 0 where fewer than two came."""
        if self.count < 2:
            return 0.0
        return float((self.count - 1) / max(self.arrivals_s[-1] - self.arrivals_s[0], 1e-6))


@dataclass(frozen=True, slots=True, eq=False)
class ScanStream:
    """What came on a topic of scans.

    Attributes:
        topic: its full name.
        arrivals: when.
        scans: what, in the order of arrival.
        contradictions: what in their headers does not agree, in words.
    """

    topic: str
    arrivals: Arrivals
    scans: tuple[Scan, ...]
    contradictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CameraStream:
    """What came of one camera.

    Attributes:
        topic: full name of its pictures' topic.
        info_topic: where it is told what camera it is.
        arrivals: when the pictures came.
        infos: how often it was told.
        mount_troubles: what is wrong with the mount of a picture's frame, by frame.
    """

    topic: str
    info_topic: str
    arrivals: Arrivals
    infos: int = 0
    mount_troubles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class OdometryStream:
    """What came on the topic of the odometry.

    Attributes:
        topic: its full name.
        arrivals: when.
        readings: what, in the order of arrival; those that can be read.
        child_frames: every `child_frame_id` that came.
        trouble: what is wrong with the last that could not be read; empty where all could.
    """

    topic: str
    arrivals: Arrivals
    readings: tuple[Odometry, ...]
    child_frames: frozenset[str]
    trouble: str = ""
