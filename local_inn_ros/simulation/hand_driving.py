# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A person drives the robot, who may let go, and may run into walls."""

from __future__ import annotations

import math

import numpy as np

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.clearance import Clearance
from local_inn_ros.simulation.vehicle import VehicleCommand, VehicleLimits, VehicleState

# A command holds for so long; whoever drives sends the next before.
_HOLDS_S = 0.5
# Speeds below this are standing.
_STANDING_MPS = 1e-3
# Places of the robot, ahead of its base, that keep this far from walls.
_BUMPERS_M, _BUMPER_RADIUS_M = (-0.05, 0.15, 0.35), 0.12


class HandDriving:
    """Turns a person's commands into those of a vehicle, and stops it at walls."""

    def __init__(self, clearance: Clearance, limits: VehicleLimits) -> None:
        """Wait for a command; the robot stands.

        Args:
            clearance: how much room there is.
            limits: what the vehicle can do.
        """
        self._clearance = clearance
        self._limits = limits
        self._speed_mps, self._yaw_rate_radps = 0.0, 0.0
        self._until_s = -math.inf

    def tell(self, speed_mps: float, yaw_rate_radps: float, stamp_s: float) -> None:
        """Take a command: how fast ahead, and how fast to turn to the left."""
        self._speed_mps, self._yaw_rate_radps = speed_mps, yaw_rate_radps
        self._until_s = stamp_s + _HOLDS_S

    def command(self, state: VehicleState, stamp_s: float) -> VehicleCommand:
        """Return what the vehicle is to do now; it stands once the last command is old.

        A car cannot turn where it stands: it turns its wheels then.
        """
        if stamp_s > self._until_s:
            return VehicleCommand(0.0, state.steering_rad)
        if self._speed_mps == 0.0:
            way = math.copysign(self._limits.steering_rad, self._yaw_rate_radps)
            return VehicleCommand(0.0, way if self._yaw_rate_radps != 0.0 else state.steering_rad)
        turn = self._limits.wheelbase_m * self._yaw_rate_radps / self._speed_mps
        return VehicleCommand(self._speed_mps, math.atan(turn))

    def stopped_at_walls(self, before: VehicleState, after: VehicleState) -> VehicleState:
        """Return where a motion leads: nowhere, if that is into a wall."""
        if abs(after.speed_mps) < _STANDING_MPS and after.pose == before.pose:
            return after
        now, then = self._room(before.pose), self._room(after.pose)
        if then < _BUMPER_RADIUS_M and then < now:
            return VehicleState(before.pose, 0.0, after.steering_rad)
        return after

    def _room(self, pose: Pose2) -> float:
        """Return how near the nearest of the robot's places is to a wall."""
        ahead = np.array([math.cos(pose.yaw), math.sin(pose.yaw)])
        places = np.array([pose.x, pose.y]) + np.outer(_BUMPERS_M, ahead)
        return float(self._clearance.at(places).min())
