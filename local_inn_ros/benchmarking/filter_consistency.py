# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the filter knows how wrong it is: drives whose errors are drawn as the filter has them.

Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation (2001),
section 5.4: the squared errors of what was estimated (NEES), and of what was foreseen of the
measurements (NIS), in units of the covariances told, are chi-squares with as many degrees of
freedom as there are numbers, here 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.chi_square import chi_square_quantile
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, scaled_motion
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.filtering.settings import FilterSettings, SourceSettings
from local_inn_ros.geometry import GaussianPose2, Pose2, Twist2, wrap_angle
from local_inn_ros.geometry.symmetric_root import symmetric_root
from local_inn_ros.sensing import Odometry

SHARES = (0.0, 0.5, 0.8)
# Errors of the odometry, as a share of the default settings'.
ODOMETRY = {"near-perfect": 0.001, "good": 0.3, "default": 1.0, "bad": 3.0}

_PERIOD_S = 0.05
_READINGS_PER_FIX = 2
_SPEED_MPS = 3.0
_TURN_RATE_RADPS = 0.8
# Standard deviations: of the start; of a fix ahead, to the side and of heading.
_START = np.array([0.1, 0.1, 0.05])
_FIX = np.array([0.03, 0.02, 0.01])
_SOURCE = "laser"


@dataclass(frozen=True, slots=True, eq=False)
class Consistency:
    """What drives gave, all together; n is the number of fixes.

    Attributes:
        nis: (n,) squared distances of the fixes from what was foreseen.
        nees: (n,) squared distances of the truth from the pose after each fix.
        passed: share of the fixes that lie within the gate.
    """

    nis: NDArray[np.float64]
    nees: NDArray[np.float64]
    passed: float


def matched_settings(share: float, odometry: float, gate_probability: float) -> FilterSettings:
    """Return the settings of a filter.

    Args:
        share: of a fix's variance that is shared.
        odometry: errors of the odometry, as a share of the default's.
        gate_probability: share of right fixes that is to pass.
    """
    usual, scales = MotionNoise(), ScaleNoise()
    # Scales beyond the default ones, 20 %, are no slip: there no linear model holds.
    slip = min(odometry, 1.0)
    return FilterSettings(
        MotionNoise(*(odometry * getattr(usual, name) for name in usual.__slots__)),
        ScaleNoise(slip * scales.distance_deviation, slip * scales.turn_deviation, scales.time_s),
        SourceSettings(gate_probability=gate_probability, shared_share=share),
    )


def matched_drives(settings: FilterSettings, runs: int, fixes: int, seed: int) -> Consistency:
    """Drive so often, each time with so many fixes, with errors drawn by the filter's settings."""
    nis, nees = [], []
    for number in range(runs):
        drive = _Drive(settings, np.random.default_rng([seed, number]))
        for _ in range(fixes):
            drive.move()
            nis.append(drive.fix())
            nees.append(drive.squared_error())
    gate = chi_square_quantile(settings.of(_SOURCE).gate_probability)
    return Consistency(np.array(nis), np.array(nees), float(np.mean(np.array(nis) <= gate)))


class _Drive:
    """A robot on a winding way, and a filter that is told of it with errors."""

    def __init__(self, settings: FilterSettings, rng: np.random.Generator) -> None:
        self._settings = settings
        self._rng = rng
        self._truth = Pose2(1.0, 2.0, float(rng.uniform(-math.pi, math.pi)))
        self._believed = Pose2.identity()
        self._readings = 0
        self._deviations = np.sqrt(np.diag(settings.scale_noise.covariance()))
        self._scales = self._deviations * rng.standard_normal(2)
        self._shared, self._place = rng.standard_normal(3), self._truth
        self._filter = PoseFilter(settings)
        self._filter.predict(Odometry(0.0, self._believed))
        start = self._truth.to_array() + _START * rng.standard_normal(3)
        self._filter.reset(GaussianPose2(Pose2.from_array(start), np.diag(_START**2)), 0.0)

    @property
    def _stamp_s(self) -> float:
        return _PERIOD_S * self._readings

    def move(self) -> None:
        """Drive to where the next fix is."""
        for _ in range(_READINGS_PER_FIX):
            self._readings += 1
            rate = _TURN_RATE_RADPS * math.sin(2.0 * self._stamp_s)
            step = Twist2(_SPEED_MPS, 0.0, rate).scaled(_PERIOD_S).to_pose()
            self._believed = self._believed @ step
            self._move_truth(step)
            self._filter.predict(Odometry(self._stamp_s, self._believed))

    def _move_truth(self, step: Pose2) -> None:
        distance_scale, turn_scale = self._scales.tolist()
        motion = scaled_motion(step, (distance_scale, turn_scale))
        middle = self._truth.yaw + 0.5 * motion.yaw
        noise = self._settings.motion_noise.map_covariance(motion, _PERIOD_S, middle)
        error = np.linalg.cholesky(noise) @ self._rng.standard_normal(3)
        self._truth = Pose2.from_array((self._truth @ motion).to_array() + error)
        kept = self._settings.scale_noise.kept(_PERIOD_S)
        fresh = math.sqrt(1.0 - kept**2) * self._deviations * self._rng.standard_normal(2)
        self._scales = kept * self._scales + fresh

    def fix(self) -> float:
        """Tell the filter where the robot is, with errors; return how far off it finds that."""
        told = self._settings.of(_SOURCE)
        way = self._place.distance_to(self._truth) / told.shared_length_m
        turn = abs(wrap_angle(self._truth.yaw - self._place.yaw)) / told.shared_angle_rad
        kept = math.exp(-way - turn)
        fresh = math.sqrt(1.0 - kept**2) * self._rng.standard_normal(3)
        self._shared, self._place = kept * self._shared + fresh, self._truth
        own = math.sqrt(1.0 - told.shared_share) * self._rng.standard_normal(3)
        covariance = self._fix_covariance()
        error = symmetric_root(covariance) @ (own + math.sqrt(told.shared_share) * self._shared)
        seen = Pose2.from_array(self._truth.to_array() + error)
        measurement = Measurement(GaussianPose2(seen, covariance), self._stamp_s, _SOURCE)
        return self._filter.fuse(measurement).squared_mahalanobis

    def _fix_covariance(self) -> NDArray[np.float64]:
        """Return (3, 3) of a fix in the axes of the map: it turns with the robot."""
        cosine, sine = math.cos(self._truth.yaw), math.sin(self._truth.yaw)
        axes = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        root = axes * _FIX
        covariance: NDArray[np.float64] = root @ root.T
        return covariance

    def squared_error(self) -> float:
        """Return the squared distance of the truth from what the filter believes."""
        return self._filter.estimate().pose.squared_mahalanobis(self._truth)
