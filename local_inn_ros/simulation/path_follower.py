# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pure pursuit along a path (Coulter 1992, CMU-RI-TR-92-01) at a speed its bends allow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.simulation.vehicle import VehicleCommand, VehicleLimits, VehicleState
from local_inn_ros.world import ClosedPath

# The point pursued lies farther ahead with speed.
_LOOKAHEAD_S = 0.18
_LAP_LOOKAHEAD_M = 0.7
# How far along the path the nearest point may move from one look to the next.
_SEARCH_M = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class DrivingPath:
    """A path with the speed that is safe at each of its points.

    Attributes:
        points: (n, 2) in the map frame, evenly spaced.
        speeds_mps: (n,) how fast it may be driven there.
        step_m: distance between neighbouring points.
        closed: whether the last point is joined to the first.
        lookahead_m: how far ahead the point pursued lies at a crawl; less cuts corners less.
    """

    points: NDArray[np.float64]
    speeds_mps: NDArray[np.float64]
    step_m: float
    closed: bool
    lookahead_m: float


class PathFollower:
    """Steers a vehicle along a path, always forward."""

    def __init__(self, path: DrivingPath, limits: VehicleLimits) -> None:
        """Start wherever on the path the vehicle first is."""
        self.path = path
        self._limits = limits
        self._nearest: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the end of an open path is as near as the lookahead."""
        if self.path.closed or self._nearest is None:
            return False
        return (
            len(self.path.points) - 1 - self._nearest
        ) * self.path.step_m < self.path.lookahead_m

    def bearing_error(self, state: VehicleState) -> float:
        """Return the angle from the vehicle's heading to the point it pursues, in rad."""
        x, y = self._pursued(state)
        bearing = math.atan2(y - state.pose.y, x - state.pose.x)
        return wrap_angle(bearing - state.pose.yaw)

    def command(self, state: VehicleState, speed_mps: float) -> VehicleCommand:
        """Return what to do now; ``speed_mps`` is the most that is wanted."""
        x, y = self._pursued(state)
        target = state.pose.between(Pose2(x, y, 0.0))
        squared = max(target.x**2 + target.y**2, 1e-6)
        steering = math.atan(2.0 * self._limits.wheelbase_m * target.y / squared)
        if target.x < 0.0:
            # No arc ahead leads to a point behind: turn towards it as tightly as can be.
            steering = math.copysign(self._limits.steering_rad, target.y)
        allowed = float(self.path.speeds_mps[self._nearest or 0])
        return VehicleCommand(min(speed_mps, allowed), steering)

    def _pursued(self, state: VehicleState) -> tuple[float, float]:
        """Return the point one lookahead beyond the nearest."""
        points, count = self.path.points, len(self.path.points)
        self._nearest = self._find_nearest(state.pose)
        lookahead_m = self.path.lookahead_m + _LOOKAHEAD_S * abs(state.speed_mps)
        index = self._nearest + math.ceil(lookahead_m / self.path.step_m)
        index = index % count if self.path.closed else min(index, count - 1)
        return float(points[index, 0]), float(points[index, 1])

    def _find_nearest(self, pose: Pose2) -> int:
        """Return the nearest point: of all at first, later of those just ahead and behind."""
        points, count = self.path.points, len(self.path.points)
        if self._nearest is None:
            candidates = np.arange(count)
        else:
            reach = math.ceil(_SEARCH_M / self.path.step_m)
            candidates = np.arange(self._nearest - reach // 3, self._nearest + reach)
            if self.path.closed:
                candidates %= count
            else:
                candidates = candidates[(candidates >= 0) & (candidates < count)]
        near = points[candidates]
        squared = (near[:, 0] - pose.x) ** 2 + (near[:, 1] - pose.y) ** 2
        return int(candidates[np.argmin(squared)])


def lap_to_drive(lap: ClosedPath, limits: VehicleLimits) -> DrivingPath:
    """Return a lap with the speeds that a vehicle can drive it at."""
    squared = limits.grip_mps2 / np.maximum(np.abs(lap.curvatures), 1e-9)
    # A driver who brakes at the limit leaves nothing for the bend.
    speeds = np.sqrt(within_braking(squared, 2.0 * 0.7 * limits.braking_mps2 * lap.step_m))
    return DrivingPath(lap.points, speeds, lap.step_m, closed=True, lookahead_m=_LAP_LOOKAHEAD_M)


def within_braking(squared_speeds: NDArray[np.float64], gain: float) -> NDArray[np.float64]:
    """Lower squared speeds (n,) round a lap until each can be braked to the next.

    Args:
        squared_speeds: (n,) what each point allows by itself, in m2/s2.
        gain: twice the deceleration, times the distance between points, in m2/s2.
    """
    # What j allows i, before it, is its own and one gain for each step between: a running
    # minimum from the end. A lap is run through twice, since its end precedes its start.
    laps = np.concatenate([squared_speeds, squared_speeds])
    ramp = gain * np.arange(len(laps))
    limited: NDArray[np.float64] = np.minimum.accumulate((laps + ramp)[::-1])[::-1] - ramp
    return limited[: len(squared_speeds)]
