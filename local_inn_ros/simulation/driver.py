# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives laps, and finds its way back to them from wherever the robot is put down."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from local_inn_ros.simulation.clearance import Clearance
from local_inn_ros.simulation.path_follower import DrivingPath, PathFollower, lap_to_drive
from local_inn_ros.simulation.vehicle import (
    VehicleCommand,
    VehicleLimits,
    VehicleState,
    arc,
)
from local_inn_ros.world import ClosedPath, OccupancyGrid, PathsToRoute

_STEP_M = 0.1
# Away from the lap it goes gently, and backward more so.
_APPROACH_MPS = 1.0
_REVERSE_MPS = -0.6
_CLEARANCE_M = 0.25
# It turns back from a wall that its base would come this near to within the glance.
_STOP_CLEARANCE_M = 0.2
_GLANCE_M = 0.2
_SHORTEST_REVERSE_M = 0.4
_LONGEST_REVERSE_M = 1.0
_WELL_AIMED_RAD = 0.2
_LOOKAHEAD_M = 0.3
# An approach ends so far along the lap, heading the way the lap does.
_MERGE_M = 3.0


class Driver:
    """Follows a lap at speed; from elsewhere, drives to the lap and joins it.

    It turns round as a car does, forward and backward by turns, and joins the lap in the
    direction that it meets it.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        route: ArrayLike,
        limits: VehicleLimits,
        clearance: Clearance,
    ) -> None:
        """Learn the lap.

        Args:
            grid: the map.
            route: (n, 2) closed lap in the map frame.
            limits: what the vehicle can do.
            clearance: how much room there is on the map.

        Raises:
            MapError: the route does not lie in the free space of the map.
        """
        self._limits = limits
        self._lap = ClosedPath.through(route, _STEP_M)
        self._clearance = clearance
        self._ways = PathsToRoute(grid, self._lap.points, _CLEARANCE_M)
        self._follower = PathFollower(lap_to_drive(self._lap, limits), limits)
        self._direction = self._lap
        self._approaching = False
        self._reverse_left_m = 0.0

    @property
    def start(self) -> VehicleState:
        """The first point of the lap, at rest."""
        return VehicleState(self._lap.pose(0))

    @property
    def on_lap(self) -> bool:
        """Whether it drives the lap, rather than towards it."""
        return not self._approaching

    def place(self, state: VehicleState) -> None:
        """Take note that the robot was put somewhere else, and plan the way from there."""
        way = self._ways.path_from(state.pose.x, state.pose.y)
        joint = self._lap.nearest(*way[-1])
        # From afar, the way says which way round the lap lies ahead; close by, the robot's nose.
        heading = state.pose.yaw
        if len(way) * _STEP_M > 1.0:
            last = way[-1] - way[-min(len(way), 10)]
            heading = math.atan2(last[1], last[0])
        with_lap = math.cos(heading - self._lap.headings_rad[joint]) >= 0.0
        self._direction = self._lap if with_lap else self._lap.reversed()
        self._follower = PathFollower(self._approach(way), self._limits)
        self._approaching = True
        self._reverse_left_m = 0.0

    def command(self, state: VehicleState, speed_mps: float, since_s: float) -> VehicleCommand:
        """Return what to do now.

        Args:
            state: where the robot is.
            speed_mps: the most that is wanted; 0 lets it stand.
            since_s: time since the last command.
        """
        if not self._approaching:
            return self._follower.command(state, speed_mps)
        command = self._manoeuvre(state, min(speed_mps, _APPROACH_MPS), since_s)
        if self._follower.finished:
            self._follower = PathFollower(lap_to_drive(self._direction, self._limits), self._limits)
            self._approaching = False
        return command

    def _approach(self, way: NDArray[np.float64]) -> DrivingPath:
        """Return the way to the lap, its corners rounded, and the first metres of the lap."""
        lap = self._direction
        ahead = lap.nearest(*way[-1]) + np.arange(1, math.ceil(_MERGE_M / lap.step_m))
        points = np.vstack([way, lap.points[ahead % len(lap.points)]])
        smooth = ndimage.gaussian_filter1d(points, 2.0, axis=0, mode="nearest")
        return DrivingPath(
            smooth, np.full(len(smooth), _APPROACH_MPS), _STEP_M, False, _LOOKAHEAD_M
        )

    def _manoeuvre(self, state: VehicleState, speed_mps: float, since_s: float) -> VehicleCommand:
        """Go forward where there is room, else back with the wheels turned the other way."""
        forward = self._follower.command(state, speed_mps)
        error = self._follower.bearing_error(state)
        away = math.copysign(self._limits.steering_rad, -error)
        backward = VehicleCommand(max(_REVERSE_MPS, -speed_mps), away)
        if self._reverse_left_m > 0.0:
            self._reverse_left_m -= abs(state.speed_mps) * since_s
            far_enough = self._reverse_left_m < _LONGEST_REVERSE_M - _SHORTEST_REVERSE_M
            aimed = far_enough and abs(error) < _WELL_AIMED_RAD
            if self._reverse_left_m <= 0.0 or aimed or self._blocked(state, backward):
                self.place(state)
            return backward
        if self._blocked(state, forward):
            self._reverse_left_m = _LONGEST_REVERSE_M
            return backward
        return forward

    def _blocked(self, state: VehicleState, command: VehicleCommand) -> bool:
        """Tell whether going on like this soon brings the robot nearer to a wall than it should."""
        braking_m = state.speed_mps**2 / (2.0 * self._limits.braking_mps2)
        ahead_m = math.copysign(_GLANCE_M + braking_m, command.speed_mps)
        turn = ahead_m * math.tan(command.steering_rad) / self._limits.wheelbase_m
        soon = state.pose @ arc(ahead_m, turn)
        places = np.array([[state.pose.x, state.pose.y], [soon.x, soon.y]])
        now_m, soon_m = self._clearance.at(places)
        return bool(soon_m < min(now_m, _STOP_CLEARANCE_M))
