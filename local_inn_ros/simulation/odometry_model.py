# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Wheel odometry that slips."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry
from local_inn_ros.simulation.vehicle import arc


@dataclass(frozen=True, slots=True)
class OdometryModel:
    """How wrong the odometry is.

    The wheels' scale is not a constant error: it wanders about one, as an Ornstein-Uhlenbeck
    process, because grip comes and goes. Distance and turn wander by themselves. Harder than
    wandering are jumps: wheels that spin, or lock, from one moment to the next (``scale``).

    Attributes:
        slip: standard deviation of the scale of the distance (0.1 is ten percent).
        turn_slip: standard deviation of the scale of the turn.
        slip_time_s: how long a spell of slip lasts, on average.
        noise_per_sqrt_m: random error of distance, m after one metre, growing with its root.
        turn_noise_per_sqrt_m: random error of heading, rad after one metre.
        turn_bias_radps: constant error of the rate of turn while it moves.
        scale: range from which a scale of the distance is drawn anew for each spell; it holds
            beside ``slip`` and jumps from spell to spell.
        turn_bias_share: turns are reported so much too large (0.05 is five percent).
    """

    slip: float = 0.1
    turn_slip: float = 0.1
    slip_time_s: float = 2.0
    noise_per_sqrt_m: float = 0.005
    turn_noise_per_sqrt_m: float = 0.003
    turn_bias_radps: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    turn_bias_share: float = 0.0

    def __post_init__(self) -> None:
        """Check the range of scales.

        Raises:
            ValueError: it is not a range of positive scales.
        """
        low, high = self.scale
        if not 0.0 < low <= high < math.inf:
            raise ValueError(f"scale must be a range of positive scales, got {self.scale}")


class WheelOdometry:
    """Integrates motions as slipping wheels report them; it never learns the true pose."""

    def __init__(self, model: OdometryModel, rng: np.random.Generator) -> None:
        """Start at the origin of the odometry frame.

        Args:
            model: how wrong it is.
            rng: source of the errors.
        """
        self._model = model
        self._rng = rng
        self._pose = Pose2.identity()
        self._scale = model.slip * float(rng.standard_normal())
        self._turn_scale = model.turn_slip * float(rng.standard_normal())
        self._spell_scale, self._spell_left_s = model.scale[0], 0.0

    def update(self, motion: Pose2, duration_s: float, stamp_s: float) -> Odometry:
        """Take in a motion and report.

        Args:
            motion: the base now, as seen from the base at the last update (an arc).
            duration_s: time since the last update, above 0.
            stamp_s: now.
        """
        model = self._model
        turn = motion.yaw
        chord = math.copysign(math.hypot(motion.x, motion.y), motion.x)
        half = 0.5 * turn
        distance = chord * (half / math.sin(half) if abs(half) > 1e-6 else 1.0)
        self._wander(duration_s)
        self._jump(duration_s)
        root = math.sqrt(abs(distance))
        noise, turn_noise = self._rng.standard_normal(2).tolist()
        scale = self._spell_scale * (1.0 + self._scale)
        turn_scale = (1.0 + model.turn_bias_share) * (1.0 + self._turn_scale)
        seen_distance = scale * distance + model.noise_per_sqrt_m * root * noise
        seen_turn = turn_scale * turn + model.turn_noise_per_sqrt_m * root * turn_noise
        if abs(distance) > 0.0:
            seen_turn += model.turn_bias_radps * duration_s
        self._pose = self._pose @ arc(seen_distance, seen_turn)
        return Odometry(
            stamp_s=stamp_s,
            pose=self._pose,
            speed_mps=seen_distance / duration_s,
            yaw_rate_radps=seen_turn / duration_s,
        )

    def _wander(self, duration_s: float) -> None:
        """Move both scales on by the exact transition of the process."""
        keep = math.exp(-duration_s / self._model.slip_time_s)
        fresh = math.sqrt(1.0 - keep * keep)
        first, second = self._rng.standard_normal(2).tolist()
        self._scale = keep * self._scale + fresh * self._model.slip * first
        self._turn_scale = keep * self._turn_scale + fresh * self._model.turn_slip * second

    def _jump(self, duration_s: float) -> None:
        """Draw the scale of a new spell, and its length, where the last one is over."""
        low, high = self._model.scale
        if low == high:
            return
        self._spell_left_s -= duration_s
        if self._spell_left_s <= 0.0:
            self._spell_scale = float(self._rng.uniform(low, high))
            self._spell_left_s = float(self._rng.exponential(self._model.slip_time_s))
