# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The way of one observation: to one instant, to its prior, to the fix that is told."""

from __future__ import annotations

import time
from typing import Generic

from std_msgs.msg import Header

from local_inn_ros.filtering.prior import PriorKeeper
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.noise_parameters import NoiseTold
from local_inn_ros.nodes.localizer.fix_publishers import FixPublishers
from local_inn_ros.nodes.localizer.localizer_health import QUALITY, SCAN_TIME
from local_inn_ros.nodes.localizer.model import Mounted
from local_inn_ros.nodes.localizer.mounting import Mounting
from local_inn_ros.nodes.localizer.observation_intake import Arrived, ObservationT
from local_inn_ros.nodes.localizer.recovery import Recovery
from local_inn_ros.nodes.localizer.search_run import SearchObservation
from local_inn_ros.sensing import Scan


class ScanLocator(Generic[ObservationT]):
    """Makes a fix of each observation, and shows them to a search where one runs."""

    def __init__(
        self,
        mounting: Mounting,
        noise: NoiseTold,
        priors: PriorKeeper,
        recovery: Recovery,
        publishers: FixPublishers,
        tally: Tally,
        word: str,
    ) -> None:
        """Set up.

        Args:
            mounting: knows what works on the observations of a frame.
            noise: of the odometry, as the parameters have it.
            priors: knows the prior of an observation.
            recovery: shown every observation and every fix.
            publishers: tell the fixes.
            tally: counts them, and notes how long they take.
            word: what an observation is called.
        """
        self._mounting = mounting
        self._noise = noise
        self._priors = priors
        self._recovery = recovery
        self._publishers = publishers
        self._tally = tally
        self._too_long = f"{word} longer than the odometry spans"
        self._without_prior = f"{word} without prior"

    def locate(self, arrived: Arrived[ObservationT]) -> None:
        """Make a fix of an observation that the odometry has reached, where there is a prior.

        Raises:
            TransformError: the mount of its frame is not known.
            SensorError: the observation cannot be used.
        """
        started_s = time.perf_counter()
        frame, mounted = arrived.frame, self._mounting.at(arrived.frame)
        swept = mounted.mount.righted(arrived.told)
        scan = self._priors.steadied(swept, mounted.mount.pose)
        if scan is None:
            self._tally.count(self._too_long)
            self._show(frame, mounted, swept)
            return
        if self._noise.changed():
            self._priors.set_noise(self._noise.now)
        prior = self._priors.prior_at(scan.stamp_s)
        if prior is None:
            self._show(frame, mounted, scan)
            self._tally.count(self._without_prior)
            self._recovery.search_where_wanted()
            return
        try:
            pending = mounted.measured(scan, prior, self._recovery.situation.lost)
            newest_s = self._priors.newest_stamp_s
            self._publishers.tell(pending, arrived.stamp_of(scan), newest_s)
        finally:
            # The pose first: a search has time.
            self._show(frame, mounted, scan)
        fix = pending.explain()
        header = Header(stamp=arrived.stamp_of(scan), frame_id=frame)
        self._publishers.publish(fix, header, arrived.told, mounted.mount)
        self._recovery.observe(frame, fix, prior, self._priors.heard_s)
        self._learn(mounted, scan, fix, prior)
        self._tally.count("fix")
        self._tally.note(QUALITY, fix.quality)
        for stage, seconds in fix.stage_s.items():
            self._tally.note(f"stage {stage} [ms]", 1e3 * seconds)
        self._tally.note(SCAN_TIME, 1e3 * (time.perf_counter() - started_s))

    def _learn(
        self, mounted: Mounted[ObservationT], scan: ObservationT, fix: Fix, prior: GaussianPose2
    ) -> None:
        """Let what was told by now teach the laser's calibration, where there is one."""
        if mounted.calibration is None or not isinstance(scan, Scan):
            return
        if self._recovery.situation.localized:
            odometry = self._priors.odometry_at(scan.stamp_s)
            mounted.calibration.learn(scan, fix, prior, odometry)
        else:
            mounted.calibration.forget()

    def glance(self, arrived: Arrived[ObservationT]) -> None:
        """Show an observation to the search that the odometry has not reached.

        Raises:
            TransformError: the mount of its frame is not known.
            SensorError: the sensor cannot work there, or is on no robot.
        """
        mounted = self._mounting.at(arrived.frame)
        scan = mounted.mount.righted(arrived.told)
        self._recovery.search.look_at(SearchObservation(arrived.frame, mounted, scan, None))

    def _show(self, frame: str, mounted: Mounted[ObservationT], scan: ObservationT) -> None:
        """Show an observation to the search, where one runs."""
        odometry = self._priors.odometry_at(scan.stamp_s)
        offered = self._recovery.offered(odometry)
        self._recovery.search.look_at(SearchObservation(frame, mounted, scan, odometry, offered))
