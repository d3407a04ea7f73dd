# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The description of a planar laser."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from local_inn_ros.sensing.sensor_spec import SensorSpec


class LaserSpec(SensorSpec):
    """A planar laser scanner.

    Attributes:
        beam_count: ranges in one of its scans.
        angle_min_rad: angle of the first beam in the sensor frame.
        angle_max_rad: angle of the last beam; larger than the first.
        range_min_m: nearest valid range.
        range_max_m: farthest valid range.
        noise_std_m: standard deviation of a range.
        network_beams: beams that the network sees, evenly spaced from the first to the last.
        scan_duration_s: time from the first beam to the last, for drivers whose messages are silent
            about it (``time_increment`` and ``scan_time`` 0); None where nothing is known.
        time_offset_s: added to the stamps of its scans, for drivers whose stamps are late (negative
            then) or early by a constant.
    """

    kind: Literal["laser"] = "laser"
    beam_count: int = Field(ge=8, le=100_000)
    angle_min_rad: float = Field(ge=-2.0 * math.pi, le=2.0 * math.pi)
    angle_max_rad: float = Field(ge=-2.0 * math.pi, le=2.0 * math.pi)
    range_min_m: float = Field(ge=0.0)
    range_max_m: float = Field(gt=0.0, le=1000.0)
    noise_std_m: float = Field(gt=0.0, le=1.0)
    network_beams: int = Field(ge=8, le=4096)
    scan_duration_s: float | None = Field(default=None, ge=0.0, le=10.0)
    time_offset_s: float = Field(default=0.0, ge=-10.0, le=10.0)

    @model_validator(mode="after")
    def _check_limits(self) -> LaserSpec:
        if self.angle_max_rad <= self.angle_min_rad:
            raise ValueError("angle_max_rad must be larger than angle_min_rad")
        if self.angle_max_rad - self.angle_min_rad > 2.0 * math.pi + 1e-6:
            raise ValueError("the field of view is more than a full turn")
        if self.range_max_m <= self.range_min_m:
            raise ValueError("range_max_m must be larger than range_min_m")
        if self.network_beams > self.beam_count:
            raise ValueError("network_beams cannot exceed beam_count")
        return self

    def network_angles_rad(self) -> NDArray[np.float64]:
        """Return the angles (network_beams,) of the beams that the network sees."""
        return np.linspace(self.angle_min_rad, self.angle_max_rad, self.network_beams)

    def beam_angles_rad(self) -> NDArray[np.float64]:
        """Return the angles (beam_count,) of all beams."""
        return np.linspace(self.angle_min_rad, self.angle_max_rad, self.beam_count)
