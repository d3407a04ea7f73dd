# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter that fuses odometry with fixes, each at its own stamp.

An extended Kalman filter over the pose in the map frame, in the plane or in space. What it believes
is a function of the start, the odometry and the fixes in the order of their stamps, never of the
order in which they arrived: a late fix is put where it belongs and everything after it is done
again. Numbers that cannot be computed with are refused as they come in, and nothing changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Generic

import numpy as np

from local_inn_ros.filtering.belief import Belief
from local_inn_ros.filtering.conditioning import usable
from local_inn_ros.filtering.history import Event, FilterHistory
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise
from local_inn_ros.filtering.motion_scales import MotionScales
from local_inn_ros.filtering.odometry_buffer import Arrival, MotionBuffer, Reading
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.filtering.settings import FilterSettings, SourcesByName
from local_inn_ros.filtering.stamped import Stamped
from local_inn_ros.filtering.start import is_just_ahead, start_at
from local_inn_ros.filtering.state_space import GaussianT, PoseT, StateSpace
from local_inn_ros.filtering.step import FilterStep, Fusion
from local_inn_ros.filtering.widest import WIDEST


class StateFilter(Generic[PoseT, GaussianT]):
    """Fuses odometry and fixes into one pose of the base in the map frame.

    ``PoseFilter`` is that of a planar robot, ``SpatialPoseFilter`` that in space.
    """

    def __init__(
        self,
        new_space: Callable[[MotionNoise], StateSpace[PoseT, GaussianT]],
        settings: FilterSettings,
    ) -> None:
        """Begin without a pose: ``reset`` gives one.

        Args:
            new_space: makes the space of the poses, from how fast the odometry's error grows.
            settings: what the filter is told.
        """
        self.settings = settings
        self._new_space = new_space
        self._set_step()
        self._odometry = MotionBuffer[PoseT](max(10.0, 2.0 * settings.history_s))
        # A start for which no odometry has come yet.
        self._waiting: Stamped[GaussianT] | None = None
        # A start that the odometry has not reached; it is begun with already, as of now.
        self._ahead: Stamped[GaussianT] | None = None
        self._history = FilterHistory[PoseT, GaussianT]()
        self._declared_lost = False

    def set_gate(self, probability: float, sources: SourcesByName | None = None) -> None:
        """Let the gate pass another share of right fixes from now on (``FilterSettings.gated``).

        Raises:
            ValueError: it does not lie between 0 and 1.
        """
        if len(self._history):
            # What came by now was for the gate as it was.
            self._newest()
        self.settings = self.settings.gated(probability, sources)
        self._set_step()

    def set_noise(self, noise: OdometryNoise) -> None:
        """Take the odometry for as wrong as this from the newest instant on.

        The way up to there keeps the noise that it was predicted with, also where a late fix has
        it predicted again.
        """
        if len(self._history):
            self._newest()
            self._history.keep_step(self._step)
        self.settings = replace(self.settings, motion_noise=noise.motion, scale_noise=noise.scales)
        self._set_step()

    @property
    def odometry(self) -> MotionBuffer[PoseT]:
        """The recent past of the odometry; to be read only."""
        return self._odometry

    @property
    def initialized(self) -> bool:
        """Whether there is a pose to tell."""
        return len(self._history) > 0 or self._waiting is not None

    @property
    def start_ahead(self) -> bool:
        """Whether the odometry is yet to reach the start: there the filter begins again."""
        return self._ahead is not None

    @property
    def consecutive_refusals(self) -> int:
        """How many fixes of one source, in a row by stamp, the gate has refused.

        Of the source that has most; those that an accepted fix of another source has contradicted
        since are not counted: then that source is wrong, not the pose.
        """
        return self._newest().contradictions if len(self._history) else 0

    def refusals_of(self, source: str) -> int:
        """Return how many fixes of a source, in a row by stamp, the gate has refused."""
        refused = self._newest().refusals.get(source) if len(self._history) else None
        return 0 if refused is None else refused.in_a_row

    @property
    def lost(self) -> bool:
        """Whether the pose is probably wrong: declared so, or many fixes in a row refused."""
        return self.declared_lost or self.consecutive_refusals >= self.settings.lost_after

    @property
    def declared_lost(self) -> bool:
        """Whether ``declare_lost`` was called, and nothing came since that takes it back."""
        return self._declared_lost

    def declare_lost(self) -> None:
        """Take the pose for wrong: as wide as can be, and carried on by the odometry alone.

        No fix is fused from there until ``reset`` tells a new pose, or ``resume`` takes the
        declaration back. Without a pose nothing is declared.
        """
        if self.initialized and not self._declared_lost:
            now = self.estimate()
            wide = np.diag(WIDEST[self._space.dof] ** 2)
            self._begin(self._space.gaussian(now.pose.mean, wide), now.stamp_s)
            self._declared_lost = True

    def resume(self) -> None:
        """Take back ``declare_lost``: the next fix tells where the robot is."""
        self._declared_lost = False

    def reset(self, pose: GaussianT, stamp_s: float) -> bool:
        """Begin again from a pose of the base in the map frame.

        The pose is carried forward by the odometry since its stamp. A stamp just before the
        oldest reading is taken as that one; any other that the odometry does not reach, as the
        newest one that it does. One that is just ahead of the odometry is so taken only until the
        odometry reaches it; then the filter begins there again.

        Args:
            pose: where the base was.
            stamp_s: when it was there.

        Returns:
            Whether the odometry reaches that stamp, if only just, or is yet to come. With numbers
            that cannot be computed with it does not, and nothing changes.
        """
        told = usable(pose, self._space)
        if told is None or not math.isfinite(stamp_s):
            return False
        self._declared_lost = False
        reached = self._begin(told, stamp_s)
        if not reached and is_just_ahead(self._odometry, stamp_s):
            self._ahead = Stamped(stamp_s, told)
            return True
        return reached

    def _begin(self, pose: GaussianT, stamp_s: float) -> bool:
        self._history.clear()
        self._waiting = self._ahead = None
        start = start_at(self._odometry, stamp_s)
        if start is None:
            self._waiting = Stamped(stamp_s, pose)
            return True
        first: Event[PoseT, GaussianT] = Event(start.stamp_s, start.odometry)
        following: Iterable[Event[PoseT, GaussianT]] = (
            Event(reading.stamp_s, reading.pose) for reading in self._odometry.after(start.stamp_s)
        )
        self._history.begin(first, self._step.begin(pose), following)
        self._history.keep_last(self.settings.history_s, self._step)
        return start.reached

    def predict(self, odometry: Reading[PoseT]) -> Arrival:
        """Take in one odometry reading and say what became of it.

        When time jumps back, or the odometry begins again elsewhere, the history is dropped; the
        pose last believed is kept and goes on from the new stamp, wider by what may have happened
        in between where the odometry began again.
        """
        arrival = self._odometry.add(odometry)
        if arrival is Arrival.POSITION_JUMP and self.initialized:
            self._begin(self._across_gap(), odometry.stamp_s)
        elif arrival.begins_anew and self.initialized:
            self._begin(self.estimate().pose, odometry.stamp_s)
        elif arrival is Arrival.KEPT and self._waiting is not None:
            self._begin(self._waiting.pose, odometry.stamp_s)
        elif self._ahead is not None and odometry.stamp_s >= self._ahead.stamp_s:
            self._begin(self._ahead.pose, self._ahead.stamp_s)
        elif arrival.taken and len(self._history):
            if arrival is Arrival.AFTER_ONE_AHEAD:
                self._history.forget_readings_after(odometry.stamp_s)
            reading: Event[PoseT, GaussianT] = Event(odometry.stamp_s, odometry.pose)
            self._history.insert_reading(reading, self._odometry)
            self._history.keep_last(self.settings.history_s, self._step)
        return arrival

    def _across_gap(self) -> GaussianT:
        """Return the pose where the odometry begins again."""
        gap = self._odometry.gap
        assert gap is not None
        if len(self._history):
            belief = self._newest()
        else:
            assert self._waiting is not None
            belief = self._step.begin(self._waiting.pose)
        there = self._step.pose_of(self._step.predict(belief, gap.increment, gap.duration_s))
        return self._space.gaussian(there.mean, there.covariance + gap.spread(self._space.dof))

    def fuse(self, measurement: Measurement[GaussianT]) -> Fusion:
        """Fuse what a sensor says of the base's pose in the map frame, at its own stamp.

        Args:
            measurement: late is fine within ``history_s``.

        Returns:
            Whether it was accepted, how far off it was, and why not.
        """
        stamp_s = measurement.stamp_s - self.settings.of(measurement.source).delay_s
        pose = usable(measurement.pose, self._space)
        if pose is None or not math.isfinite(stamp_s):
            return Fusion.refused("its numbers cannot be computed with")
        if not len(self._history):
            return Fusion.refused("no initial pose and odometry yet")
        if self._declared_lost:
            return Fusion.refused("the pose is declared lost")
        if stamp_s < self._history[0].stamp_s:
            return Fusion.refused("older than the history")
        odometry = self._odometry.pose_at(stamp_s)
        if odometry is None:
            return Fusion.refused("ahead of the odometry")
        if pose is not measurement.pose:
            measurement = replace(measurement, pose=pose)
        fix = Event(stamp_s, odometry, measurement)
        self._history.belief_at(self._history.insert_fix(fix), self._step)
        assert fix.fusion is not None
        return fix.fusion

    def estimate(self) -> Stamped[GaussianT]:
        """Return the pose at the newest instant known.

        Raises:
            RuntimeError: there is no initial pose yet.
        """
        if len(self._history):
            return Stamped(self._history[-1].stamp_s, self._step.pose_of(self._newest()))
        if self._waiting is not None:
            return self._waiting
        raise RuntimeError("the filter has no initial pose yet: call reset first")

    def estimate_at(self, stamp_s: float) -> GaussianT | None:
        """Return the pose at an instant, from everything up to that instant.

        None before the history, past the reach of the odometry, or without a pose.
        """
        index = self._history.count_up_to(stamp_s) - 1
        if index < 0:
            return None
        if self._history[index].stamp_s == stamp_s:
            return self._step.pose_of(self._history.belief_at(index, self._step))
        odometry = self._odometry.pose_at(stamp_s)
        if odometry is None:
            return None
        return self._step.pose_of(self._history.carried(index, stamp_s, odometry, self._step))

    def motion_scales(self) -> MotionScales:
        """Return how far the odometry's scales are off, as of the newest instant."""
        if not len(self._history):
            return MotionScales.unknown(self.settings.scale_noise)
        return self._step.scales_of(self._newest())

    def map_from_odom(self) -> PoseT:
        """Return the pose of the odometry frame in the map frame (REP-105).

        Raises:
            RuntimeError: there is no initial pose and odometry yet.
        """
        if not len(self._history):
            raise RuntimeError("map_from_odom needs an initial pose and odometry")
        return self._newest().pose @ self._history[-1].odometry.inverse()

    def _set_step(self) -> None:
        """Work with the settings from now on."""
        self._space = self._new_space(self.settings.motion_noise)
        self._step = FilterStep(self._space, self.settings)

    def _newest(self) -> Belief[PoseT]:
        return self._history.belief_at(len(self._history) - 1, self._step)
