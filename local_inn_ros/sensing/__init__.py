# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw arrays to network inputs: sensor descriptions, scans, beams, odometry readings.

What is compiled, or in space, is imported when it is first asked for (PEP 562): the filter's node,
which reads odometry, does without a compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.late_names import late_names
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.laser.beam_state import BeamState
from local_inn_ros.sensing.laser.laser_spec import LaserSpec
from local_inn_ros.sensing.laser.scan import Scan
from local_inn_ros.sensing.observation import Observation, ObservationSet
from local_inn_ros.sensing.odometry import Odometry
from local_inn_ros.sensing.sensor_kinds import (
    load_camera_spec,
    load_laser_spec,
    load_sensor_spec,
)
from local_inn_ros.sensing.sensor_spec import SensorSpec

if TYPE_CHECKING:
    from local_inn_ros.sensing.laser.beams import BeamPicker, Beams
    from local_inn_ros.sensing.odometry3 import Odometry3

__all__ = [
    "BeamPicker",
    "BeamState",
    "Beams",
    "CameraSpec",
    "LaserSpec",
    "Observation",
    "ObservationSet",
    "Odometry",
    "Odometry3",
    "Picture",
    "Scan",
    "SensorSpec",
    "load_camera_spec",
    "load_laser_spec",
    "load_sensor_spec",
]

__getattr__ = late_names(
    __name__, {"laser.beams": ("BeamPicker", "Beams"), "odometry3": ("Odometry3",)}
)
