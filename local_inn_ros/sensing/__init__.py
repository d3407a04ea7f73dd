# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw arrays to network inputs: sensor descriptions, scans, beams, odometry readings."""

from local_inn_ros.sensing.beam_state import BeamState
from local_inn_ros.sensing.beams import BeamPicker, BeamReading
from local_inn_ros.sensing.readings import Odometry, Scan
from local_inn_ros.sensing.sensor_spec import SensorSpec, load_sensor_spec

__all__ = [
    "BeamPicker",
    "BeamReading",
    "BeamState",
    "Odometry",
    "Scan",
    "SensorSpec",
    "load_sensor_spec",
]
