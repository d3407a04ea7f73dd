# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How odometry moves a pose, and what it adds to its uncertainty.

Thrun, Burgard and Fox, Probabilistic Robotics (2005), sections 5.4 and 7.4: the odometry increment
is the control input. Here the increment is kept in the axes of the body, so that reversing and
sideways motion are what they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.turning import swung, turned_by


@dataclass(frozen=True, slots=True)
class MotionNoise:
    """Standard deviations of the odometry after one unit of what causes them.

    The errors are random walks: they grow with the root of the amount, so that cutting a motion
    into pieces changes nothing. Slip, and a turn rate that is read too large, last longer than
    one reading; they are not noise but scales (``ScaleNoise``), which the filter estimates.

    Attributes:
        along_per_metre_m: error ahead after one metre of travel.
        across_per_metre_m: error to the side after one metre of travel.
        yaw_per_metre_rad: error of heading after one metre of travel.
        yaw_per_radian_rad: error of heading after one radian of turning.
        position_per_radian_m: error of position, in any direction, after one radian of turning.
        position_per_second_m: error of position after one second, moving or not.
        yaw_per_second_rad: error of heading after one second, moving or not.
    """

    along_per_metre_m: float = 0.05
    across_per_metre_m: float = 0.05
    yaw_per_metre_rad: float = 0.05
    yaw_per_radian_rad: float = 0.05
    position_per_radian_m: float = 0.05
    position_per_second_m: float = 0.01
    yaw_per_second_rad: float = 0.005

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: one is negative or not finite.
        """
        for name in self.__slots__:
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name} must be finite and not negative, got {value}")

    def body_covariance(self, increment: Pose2, duration_s: float) -> NDArray[np.float64]:
        """Return the covariance (3, 3) that an increment adds, in the axes of the body."""
        metres, radians = math.hypot(increment.x, increment.y), abs(increment.yaw)
        position = (
            self.position_per_radian_m**2 * radians + self.position_per_second_m**2 * duration_s
        )
        ahead, aside = self.along_per_metre_m**2 * metres, self.across_per_metre_m**2 * metres
        yaw = (
            self.yaw_per_metre_rad**2 * metres
            + self.yaw_per_radian_rad**2 * radians
            + self.yaw_per_second_rad**2 * duration_s
        )
        # The path's direction is what "along" means: a robot may drive sideways.
        x, y = (increment.x / metres, increment.y / metres) if metres > 0.0 else (1.0, 0.0)
        xy = (ahead - aside) * x * y
        return np.array(
            [
                [position + ahead * x * x + aside * y * y, xy, 0.0],
                [xy, position + ahead * y * y + aside * x * x, 0.0],
                [0.0, 0.0, yaw],
            ]
        )

    def map_covariance(
        self, increment: Pose2, duration_s: float, yaw_rad: float
    ) -> NDArray[np.float64]:
        """Return the same (3, 3) in the axes of the frame that the body's yaw is given in."""
        # Turning the path is enough: all that has a direction has the path's.
        x, y = turned_by(math.cos(yaw_rad), math.sin(yaw_rad), increment.x, increment.y)
        return self.body_covariance(Pose2(x, y, increment.yaw), duration_s)


@dataclass(frozen=True, slots=True)
class ScaleNoise:
    """How the odometry's scales wander: two Ornstein-Uhlenbeck processes about what is usual.

    What is usual is "all is right" at first, and then what fixes tell (``UsualScale``).

    Attributes:
        distance_deviation: standard deviation of the scale of distances.
        turn_deviation: standard deviation of the scale of turns.
        time_s: how long a spell of slip lasts.
    """

    distance_deviation: float = 0.2
    turn_deviation: float = 0.1
    time_s: float = 2.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: a deviation is negative, the time not positive, or one not finite.
        """
        for name in ("distance_deviation", "turn_deviation"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name} must be finite and not negative, got {value}")
        if not (math.isfinite(self.time_s) and self.time_s > 0.0):
            raise ValueError(f"time_s must be finite and above 0, got {self.time_s}")

    def covariance(self) -> NDArray[np.float64]:
        """Return (2, 2) of the scales of distance and turn where nothing else is known."""
        return np.diag([self.distance_deviation**2, self.turn_deviation**2])

    def kept(self, duration_s: float) -> float:
        """Return the share of a scale's error that is left after some time."""
        return math.exp(-duration_s / self.time_s)


def scaled_motion(increment: Pose2, scales: Sequence[float]) -> Pose2:
    """Return the motion behind an odometry increment.

    Args:
        increment: what the odometry says, in the axes of the body.
        scales: by which shares the true distance and the true turn are larger.
    """
    distance_scale, turn_scale = scales
    # The path bends with the turn: a turn larger by some angle leans the chord by half of it.
    lean = 0.5 * turn_scale * increment.yaw
    longer = 1.0 + distance_scale
    x, y = turned_by(longer * math.cos(lean), longer * math.sin(lean), increment.x, increment.y)
    return Pose2(x, y, (1.0 + turn_scale) * increment.yaw)


def motion_jacobian(pose: Pose2, increment: Pose2, scales: Sequence[float]) -> NDArray[np.float64]:
    """Return the derivative (3, 5) of ``pose @ scaled_motion(increment, scales)``.

    Its columns stand for x, y and yaw of ``pose``, and for the scales of distance and turn.
    """
    motion = scaled_motion(increment, scales)
    x, y = turned_by(math.cos(pose.yaw), math.sin(pose.yaw), motion.x, motion.y)
    half = 0.5 * increment.yaw
    longer = 1.0 + scales[0]
    share = 1.0 / longer if longer != 0.0 else 0.0
    return np.array(
        [
            [1.0, 0.0, -y, share * x, -half * y],
            [0.0, 1.0, x, share * y, half * x],
            [0.0, 0.0, 1.0, 0.0, increment.yaw],
        ]
    )


def in_map_axes(covariance: NDArray[np.float64], yaw_rad: float) -> NDArray[np.float64]:
    """Turn a body-axes pose covariance (3, 3) into the axes of the frame the yaw is given in."""
    cosine, sine = math.cos(yaw_rad), math.sin(yaw_rad)
    rotation = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    turned: NDArray[np.float64] = rotation @ covariance @ rotation.T
    return turned


def carried(
    start: GaussianPose2,
    increment: Pose2,
    duration_s: float,
    noise: MotionNoise,
    scales: NDArray[np.float64],
) -> GaussianPose2:
    """Return the pose after a motion that the odometry told of.

    Args:
        start: the base before, in the map frame.
        increment: what the odometry says, in the axes of the body.
        duration_s: how long it took.
        noise: how fast the odometry's error grows.
        scales: (2, 2) covariance of the odometry's scales of distance and turn.
    """
    mean = start.mean
    # In plain numbers what ``motion_jacobian`` says at scales of zero: a library would be called
    # for little, and cold, once a scan.
    x, y = turned_by(math.cos(mean.yaw), math.sin(mean.yaw), increment.x, increment.y)
    lean = 0.5 * increment.yaw
    known: list[list[float]] = scales.tolist()
    (p, q), (_, r) = known

    def by_scales(a: float, b: float, c: float, d: float) -> float:
        return a * c * p + (a * d + b * c) * q + b * d * r

    (xx, xy, xt), (_, yy, yt), (_, _, tt) = start.covariance.tolist()
    xx, xy, xt, yy, yt, tt = swung(xx, xy, xt, yy, yt, tt, x, y)
    xx += by_scales(x, -lean * y, x, -lean * y)
    yy += by_scales(y, lean * x, y, lean * x)
    xy += by_scales(x, -lean * y, y, lean * x)
    xt += by_scales(x, -lean * y, 0.0, increment.yaw)
    yt += by_scales(y, lean * x, 0.0, increment.yaw)
    tt += by_scales(0.0, increment.yaw, 0.0, increment.yaw)
    # Half way through the turn is where it arises on average.
    spread = noise.map_covariance(increment, duration_s, mean.yaw + lean)
    covariance = np.array([[xx, xy, xt], [xy, yy, yt], [xt, yt, tt]]) + spread
    return GaussianPose2(mean @ increment, covariance)
