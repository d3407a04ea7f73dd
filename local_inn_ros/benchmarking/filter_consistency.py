# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the filter knows how wrong it is: drives whose errors are drawn as the filter has them.

Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation (2001),
section 5.4: the squared errors of what was estimated (NEES), and of what was foreseen of the
measurements (NIS), in units of the covariances told, are chi-squares with as many degrees of
freedom as there are numbers: 3 in the plane, 6 in space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Generic, Protocol

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.chi_square import chi_square_quantile
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.odometry_buffer import Reading
from local_inn_ros.filtering.planar_space import PlanarSpace
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.filtering.settings import FilterSettings, SourceSettings
from local_inn_ros.filtering.spatial_filter import SpatialPoseFilter
from local_inn_ros.filtering.spatial_space import SpatialSpace
from local_inn_ros.filtering.state_filter import StateFilter
from local_inn_ros.filtering.state_space import GaussianT, PoseT, StateSpace
from local_inn_ros.geometry import Pose2, Pose3, Twist2, Twist3
from local_inn_ros.sensing import Odometry, Odometry3

SHARES = (0.0, 0.5, 0.8)
# Errors of the odometry, as a share of the default settings'.
ODOMETRY = {"near-perfect": 0.001, "good": 0.3, "default": 1.0, "bad": 3.0}

_PERIOD_S = 0.05
_READINGS_PER_FIX = 2
_SPEED_MPS = 3.0
_TURN_RATE_RADPS = 0.8
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


def matched_drives(
    settings: FilterSettings, runs: int, fixes: int, seed: int, *, planar: bool = True
) -> Consistency:
    """Drive so often, each time with so many fixes, with errors drawn by the filter's settings."""
    course: _Course[Any, Any] = _PlanarCourse(settings) if planar else _SpatialCourse(settings)
    nis, nees = [], []
    for number in range(runs):
        drive = _Drive(course, settings, np.random.default_rng([seed, number]))
        for _ in range(fixes):
            drive.move()
            nis.append(drive.fix())
            nees.append(drive.squared_error())
    told = settings.of(_SOURCE).gate_probability
    gate = chi_square_quantile(told, course.space.dof)
    return Consistency(np.array(nis), np.array(nees), float(np.mean(np.array(nis) <= gate)))


class _Course(Protocol[PoseT, GaussianT]):
    """Where a robot drives, in the plane or in space."""

    # Standard deviations (d,) of how well the start is known.
    start_deviations: NDArray[np.float64]

    @property
    def space(self) -> StateSpace[PoseT, GaussianT]:
        """Return the space of the poses."""
        ...

    def new_filter(self) -> StateFilter[PoseT, GaussianT]:
        """Return a filter that is told nothing yet."""
        ...

    def origin(self) -> PoseT:
        """Return the pose that odometry begins with."""
        ...

    def start(self, rng: np.random.Generator) -> PoseT:
        """Return where the robot begins."""
        ...

    def step(self, stamp_s: float) -> PoseT:
        """Return what the odometry tells of one period."""
        ...

    def reading(self, stamp_s: float, pose: PoseT) -> Reading[PoseT]:
        """Return a reading of the odometry."""
        ...

    def fix_covariance(self, pose: PoseT) -> NDArray[np.float64]:
        """Return (d, d) of a fix that is taken at a pose."""
        ...


class _PlanarCourse:
    start_deviations = np.array([0.1, 0.1, 0.05])
    # Ahead, to the side and of heading.
    _fix = np.array([0.03, 0.02, 0.01])

    def __init__(self, settings: FilterSettings) -> None:
        self._settings = settings
        self.space = PlanarSpace(settings.motion_noise)

    def new_filter(self) -> PoseFilter:
        return PoseFilter(self._settings)

    def origin(self) -> Pose2:
        return Pose2.identity()

    def start(self, rng: np.random.Generator) -> Pose2:
        return Pose2(1.0, 2.0, float(rng.uniform(-math.pi, math.pi)))

    def step(self, stamp_s: float) -> Pose2:
        rate = _TURN_RATE_RADPS * math.sin(2.0 * stamp_s)
        return Twist2(_SPEED_MPS, 0.0, rate).scaled(_PERIOD_S).to_pose()

    def reading(self, stamp_s: float, pose: Pose2) -> Odometry:
        return Odometry(stamp_s, pose)

    def fix_covariance(self, pose: Pose2) -> NDArray[np.float64]:
        cosine, sine = math.cos(pose.yaw), math.sin(pose.yaw)
        axes = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        root = axes * self._fix
        covariance: NDArray[np.float64] = root @ root.T
        return covariance


class _SpatialCourse:
    start_deviations = np.repeat([0.1, 0.05], 3)
    _fix = np.array([0.03, 0.02, 0.04, 0.01, 0.01, 0.02])

    def __init__(self, settings: FilterSettings) -> None:
        self._settings = settings
        self.space = SpatialSpace(settings.motion_noise)

    def new_filter(self) -> SpatialPoseFilter:
        return SpatialPoseFilter(self._settings)

    def origin(self) -> Pose3:
        return Pose3.identity()

    def start(self, rng: np.random.Generator) -> Pose3:
        yaw = float(rng.uniform(-math.pi, math.pi))
        return Pose3.from_roll_pitch_yaw([1.0, 2.0, 3.0], 0.3, -0.2, yaw)

    def step(self, stamp_s: float) -> Pose3:
        rates = np.sin(np.array([1.0, 1.5, 2.0]) * stamp_s)
        twist = Twist3(np.array([_SPEED_MPS, 0.0, 0.2]), _TURN_RATE_RADPS * rates)
        return twist.scaled(_PERIOD_S).to_pose()

    def reading(self, stamp_s: float, pose: Pose3) -> Odometry3:
        return Odometry3(stamp_s, pose)

    def fix_covariance(self, pose: Pose3) -> NDArray[np.float64]:
        return np.diag(self._fix**2)


class _Drive(Generic[PoseT, GaussianT]):
    """A robot on a winding way, and a filter that is told of it with errors."""

    def __init__(
        self,
        course: _Course[PoseT, GaussianT],
        settings: FilterSettings,
        rng: np.random.Generator,
    ) -> None:
        self._course, self._settings, self._rng = course, settings, rng
        self._space = course.space
        self._truth, self._believed = course.start(rng), course.origin()
        self._readings = 0
        self._deviations = np.sqrt(np.diag(settings.scale_noise.covariance()))
        self._scales = self._deviations * rng.standard_normal(2)
        self._shared, self._place = rng.standard_normal(self._space.dof), self._truth
        self._filter = course.new_filter()
        self._filter.predict(course.reading(0.0, self._believed))
        deviations = course.start_deviations
        start = self._space.shifted(self._truth, deviations * self._normal())
        self._filter.reset(self._space.gaussian(start, np.diag(deviations**2)), 0.0)

    def _normal(self) -> NDArray[np.float64]:
        return self._rng.standard_normal(self._space.dof)

    @property
    def _stamp_s(self) -> float:
        return _PERIOD_S * self._readings

    def move(self) -> None:
        """Drive to where the next fix is."""
        for _ in range(_READINGS_PER_FIX):
            self._readings += 1
            step = self._course.step(self._stamp_s)
            self._believed = self._believed @ step
            self._move_truth(step)
            self._filter.predict(self._course.reading(self._stamp_s, self._believed))

    def _move_truth(self, step: PoseT) -> None:
        distance_scale, turn_scale = self._scales.tolist()
        scales = (distance_scale, turn_scale)
        moved, _, noise = self._space.moved(self._truth, scales, step, _PERIOD_S)
        self._truth = self._space.shifted(moved, np.linalg.cholesky(noise) @ self._normal())
        kept = self._settings.scale_noise.kept(_PERIOD_S)
        fresh = math.sqrt(1.0 - kept**2) * self._deviations * self._rng.standard_normal(2)
        self._scales = kept * self._scales + fresh

    def fix(self) -> float:
        """Tell the filter where the robot is, with errors; return how far off it finds that."""
        told, truth = self._settings.of(_SOURCE), self._truth
        way_m, turn_rad = self._space.apart(self._place, truth)
        kept = math.exp(-way_m / told.shared_length_m - turn_rad / told.shared_angle_rad)
        self._shared = kept * self._shared + math.sqrt(1.0 - kept**2) * self._normal()
        self._place = truth
        own = math.sqrt(1.0 - told.shared_share) * self._normal()
        covariance = self._course.fix_covariance(truth)
        numbers = own + math.sqrt(told.shared_share) * self._shared
        seen = self._space.shifted(truth, self._space.root(truth, covariance) @ numbers)
        pose = self._space.gaussian(seen, covariance)
        return self._filter.fuse(Measurement(pose, self._stamp_s, _SOURCE)).squared_mahalanobis

    def squared_error(self) -> float:
        """Return the squared distance of the truth from what the filter believes."""
        believed = self._filter.estimate().pose
        exact = self._space.gaussian(self._truth, np.zeros_like(believed.covariance))
        offset, _ = self._space.seen(believed.mean, exact)
        return float(offset @ np.linalg.solve(believed.covariance, offset))
