# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot and its sensors, as a stream with ground truth."""

from local_inn_ros.simulation.odometry_model import OdometryModel
from local_inn_ros.simulation.sensors import LaserModel
from local_inn_ros.simulation.simulator import Event, Simulator, TruthState
from local_inn_ros.simulation.vehicle import VehicleLimits

__all__ = [
    "Event",
    "LaserModel",
    "OdometryModel",
    "Simulator",
    "TruthState",
    "VehicleLimits",
]
