# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The robot's body: a kinematic bicycle (Rajamani, Vehicle Dynamics and Control, section 2.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.geometry import Pose2


@dataclass(frozen=True, slots=True)
class VehicleLimits:
    """What a vehicle can do; the defaults are those of an F1TENTH car.

    Attributes:
        wheelbase_m: distance between the axles.
        steering_rad: largest steering angle, either way.
        steering_rate_radps: how fast the steering turns.
        acceleration_mps2: how fast it gains speed.
        braking_mps2: how fast it loses speed.
        grip_mps2: largest lateral acceleration that its driver dares.
    """

    wheelbase_m: float = 0.33
    steering_rad: float = 0.42
    steering_rate_radps: float = 3.2
    acceleration_mps2: float = 5.0
    braking_mps2: float = 7.0
    grip_mps2: float = 8.0


@dataclass(frozen=True, slots=True)
class VehicleCommand:
    """What the driver asks for; the vehicle follows within its limits."""

    speed_mps: float
    steering_rad: float


@dataclass(frozen=True, slots=True)
class VehicleState:
    """A vehicle at an instant.

    Attributes:
        pose: the base, which is the middle of the rear axle, in the map frame.
        speed_mps: forward speed; negative in reverse. There is no lateral speed.
        steering_rad: angle of the front wheels, positive to the left.
    """

    pose: Pose2
    speed_mps: float = 0.0
    steering_rad: float = 0.0

    def yaw_rate_radps(self, limits: VehicleLimits) -> float:
        """Return the rate of turn, counter-clockwise."""
        return self.speed_mps * math.tan(self.steering_rad) / limits.wheelbase_m


def step_vehicle(
    state: VehicleState, command: VehicleCommand, limits: VehicleLimits, duration_s: float
) -> VehicleState:
    """Drive on for a short time, along the arc of the mean speed and mean steering."""
    speed = _approach(
        state.speed_mps,
        command.speed_mps,
        limits.acceleration_mps2 * duration_s,
        limits.braking_mps2 * duration_s,
    )
    wanted = max(-limits.steering_rad, min(limits.steering_rad, command.steering_rad))
    turn_limit = limits.steering_rate_radps * duration_s
    steering = state.steering_rad + max(-turn_limit, min(turn_limit, wanted - state.steering_rad))
    mean_speed = 0.5 * (state.speed_mps + speed)
    mean_steering = 0.5 * (state.steering_rad + steering)
    distance = mean_speed * duration_s
    motion = arc(distance, distance * math.tan(mean_steering) / limits.wheelbase_m)
    return VehicleState(state.pose @ motion, speed, steering)


def arc(distance_m: float, turn_rad: float) -> Pose2:
    """Return the motion along a circular arc of this length, signed, that turns this much."""
    if abs(turn_rad) < 1e-6:
        # Second order in the turn: exact to far below rounding here.
        return Pose2(distance_m, 0.5 * distance_m * turn_rad, turn_rad)
    radius = distance_m / turn_rad
    return Pose2(radius * math.sin(turn_rad), radius * (1.0 - math.cos(turn_rad)), turn_rad)


def _approach(value: float, target: float, gain: float, loss: float) -> float:
    """Move a speed towards a target: away from standstill by ``gain``, towards it by ``loss``."""
    if value * target < 0.0:
        # It has to stop before it can go the other way.
        target = 0.0
    limit = gain if abs(target) > abs(value) else loss
    return value + max(-limit, min(limit, target - value))
