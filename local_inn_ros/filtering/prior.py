# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The prior of a scan, where filter and localizer do not share memory."""

from __future__ import annotations

import math

import numpy as np

from local_inn_ros.filtering.conditioning import well_conditioned
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, carried
from local_inn_ros.filtering.motion_scales import MotionScales, scales_between
from local_inn_ros.filtering.odometry_buffer import (
    EXTRAPOLATION_S,
    Arrival,
    OdometryBuffer,
)
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.filtering.stamped import StampedPose
from local_inn_ros.filtering.steadying import ObservationT, steadied
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry

# A filter that was told a pose says so within this time of stamps, or has refused it.
_EXPECTED_FOR_S = 1.0
# Squared Mahalanobis distance from the pose that it was told, and how much wider its own may be.
_FARTHEST_SQUARED = 16.0
_WIDER = 1.5


class PriorKeeper:
    """Carries the newest pose that a filter told to the stamp of a scan, by the odometry.

    The filter may run in another process: its poses arrive late, and stop when it stops.
    """

    def __init__(
        self, noise: MotionNoise | None = None, scale_noise: ScaleNoise | None = None
    ) -> None:
        """Begin without a pose.

        Args:
            noise: how fast the odometry's error grows.
            scale_noise: how far its scales are off.
        """
        self._noise = MotionNoise() if noise is None else noise
        self._scale_noise = ScaleNoise() if scale_noise is None else scale_noise
        self._scales = self._scale_noise.covariance()
        self._scales_told = MotionScales.unknown(self._scale_noise)
        self._odometry = OdometryBuffer()
        self._told: StampedPose | None = None
        # The newest that was told of an instant before that one.
        self._former_told: StampedPose | None = None
        # Stamp of the filter's last word, heeded or not, or of what it was told since.
        self.heard_s = -math.inf
        # Since this stamp the filter has told nothing that still holds.
        self._quiet_since_s = -math.inf
        # What the filter begins anew from, until it says so itself.
        self._expected: StampedPose | None = None
        self._expected_since_s = 0.0

    def set_noise(self, noise: OdometryNoise) -> None:
        """Take the odometry for as wrong as this from now on."""
        self._noise, self._scale_noise = noise.motion, noise.scales
        self._scales = noise.scales.covariance()

    @property
    def told(self) -> StampedPose | None:
        """The newest pose that the filter told; None where there is none."""
        return self._told

    def add_odometry(self, odometry: Odometry) -> Arrival:
        """Take in one odometry reading.

        The pose told is dropped where it can't be carried on to here: when time goes back, until
        the filter speaks again, and when that has been silent for so long that the odometry does
        not reach back to its last word. Where the odometry begins again elsewhere it is carried
        across, as the filter does.
        """
        arrival = self._odometry.add(odometry)
        if arrival is Arrival.AFTER_ONE_AHEAD:
            self._forget_told_after(odometry.stamp_s)
        told = self._told
        # A filter in another process may have heard of it first, and tells of the new odometry.
        if (
            arrival is Arrival.POSITION_JUMP
            and told is not None
            and told.stamp_s < odometry.stamp_s
        ):
            self._told = self._across_gap(told, odometry.stamp_s)
        if arrival.begins_anew:
            self._quiet_since_s = odometry.stamp_s
        elif self._told is not None:
            self._quiet_since_s = self._told.stamp_s
        if arrival is Arrival.TIME_JUMP or self._is_out_of_reach():
            self._told = self._expected = None
        return arrival

    def _forget_told_after(self, stamp_s: float) -> None:
        """Go back to what was told before a reading that was stamped ahead of its time."""
        if self._told is not None and self._told.stamp_s > stamp_s:
            former, self._expected = self._former_told, None
            self._told = former if former is not None and former.stamp_s <= stamp_s else None

    def _across_gap(self, told: StampedPose, stamp_s: float) -> StampedPose | None:
        """Return what was told where the odometry begins again; None where it is not known."""
        gap, moved = self._odometry.gap, self._odometry.motion_to_gap(told.stamp_s)
        if gap is None or moved is None:
            return None
        before = carried(told.pose, *moved, self._noise, self._scales)
        there = carried(before, gap.increment, gap.duration_s, self._noise, self._scales)
        return StampedPose(stamp_s, GaussianPose2(there.mean, there.covariance + gap.spread(3)))

    @property
    def filter_is_silent(self) -> bool:
        """Whether the filter has told nothing for as long as the odometry is kept."""
        oldest_s = self._odometry.oldest_stamp_s
        return self._told is None and oldest_s is not None and self._quiet_since_s < oldest_s

    def _is_out_of_reach(self) -> bool:
        oldest_s = self._odometry.oldest_stamp_s
        if self._told is None or oldest_s is None:
            return False
        # A pose told of long ago is for the filter to carry on: it is given time to do so.
        waits = self._expected is not None and self._expected_since_s >= oldest_s
        return self._told.stamp_s < oldest_s and not waits

    def expect(self, pose: StampedPose) -> None:
        """Take in a pose that the filter begins anew from.

        It is the prior at once: words of the filter that are still of what it believed before, and
        were on their way, are not heeded any more.
        """
        self._told = StampedPose(pose.stamp_s, well_conditioned(pose.pose))
        self._expected = self._told
        self.heard_s = pose.stamp_s
        self._expected_since_s = self.newest_stamp_s or pose.stamp_s

    def tell(
        self,
        pose: StampedPose,
        speeds: Odometry | None = None,
        deviations: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Take in what the filter believes.

        Args:
            pose: of the base in the map frame.
            speeds: of the base, where it tells them.
            deviations: of the speed ahead, in m/s, and of the rate of turn, in rad/s.
        """
        self.heard_s = pose.stamp_s
        reading = None if speeds is None else self._odometry.reading_at(pose.stamp_s)
        if speeds is not None and isinstance(reading, Odometry):
            unknown = MotionScales.unknown(self._scale_noise)
            self._scales_told = scales_between(reading, speeds, deviations, unknown)
        if self._expected is not None and not self._is_of_the_expected(pose, self._expected):
            return
        self._expected = None
        if self._told is not None and self._told.stamp_s < pose.stamp_s:
            self._former_told = self._told
        self._told = StampedPose(pose.stamp_s, well_conditioned(pose.pose))

    def _is_of_the_expected(self, pose: StampedPose, expected: StampedPose) -> bool:
        """Tell whether the filter has begun from what was expected; or else begins nowhere soon."""
        if pose.stamp_s > self._expected_since_s + _EXPECTED_FOR_S:
            return True
        there = self.prior_at(pose.stamp_s) or expected.pose
        wide = pose.pose.deviations() > _WIDER * there.deviations()
        return not wide.any() and squared_innovation(there, pose.pose) < _FARTHEST_SQUARED

    @property
    def newest_stamp_s(self) -> float | None:
        """Stamp of the newest odometry; None where there is none."""
        return self._odometry.newest_stamp_s

    def reaches(self, stamp_s: float) -> bool:
        """Tell whether the odometry has come far enough for a prior at an instant."""
        newest_s = self._odometry.newest_stamp_s
        return newest_s is not None and stamp_s <= newest_s + EXTRAPOLATION_S

    def odometry_at(self, stamp_s: float) -> Pose2 | None:
        """Return the base in the odometry frame at an instant; None where not known."""
        return self._odometry.pose_at(stamp_s)

    def odometry_told(self) -> Pose2 | None:
        """Return the base in the odometry frame at the pose told; None where not known."""
        return None if self._told is None else self.odometry_at(self._told.stamp_s)

    def steadied(self, scan: ObservationT, mount: Pose2) -> ObservationT | None:
        """Return a scan as of one instant (``steadied``); None where the odometry does not span it.

        Args:
            scan: the reading, as seen from above.
            mount: pose of the sensor in the base frame, as seen from above.
        """
        return steadied(scan, self._odometry, mount, self._scales_told)

    def prior_at(self, stamp_s: float) -> GaussianPose2 | None:
        """Return the base in the map frame at an instant.

        None where the filter has told nothing, or the odometry does not reach from there to here.
        """
        told = self._told
        if told is None:
            return None
        increment = self._odometry.motion_between(told.stamp_s, stamp_s)
        if increment is None:
            return None
        # Backward in time is as uncertain as forward: what counts is how far. The filter tells its
        # pose, not its scales: here they may be any.
        return carried(told.pose, increment, abs(stamp_s - told.stamp_s), self._noise, self._scales)


def squared_innovation(prior: GaussianPose2, measurement: GaussianPose2) -> float:
    """Return how far a measured pose is from what was believed before it.

    Returns:
        The squared Mahalanobis distance, in units of both covariances together: chi-square with 3
        degrees of freedom where both are right. NaN where both are certain in some direction.
    """
    try:
        return prior.squared_distance_to(measurement)
    except np.linalg.LinAlgError:
        return math.nan
