# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an observing node does: hears its topics, and has each observation located in its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.prior import PriorKeeper
from local_inn_ros.filtering.stamped import StampedPose
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.monitoring.whereabouts import Event, Situation
from local_inn_ros.messages.unused import Unused
from local_inn_ros.nodes.common.clock_skew import ClockSkew
from local_inn_ros.nodes.common.conversions import MessageError, seconds_now
from local_inn_ros.nodes.common.diagnostics import Health, Tally
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.noise_parameters import NoiseTold
from local_inn_ros.nodes.common.numeric_faults import NumericFaults
from local_inn_ros.nodes.common.odometry_intake import OdometryIntake
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.qos import LATCHED, NEWEST, RELIABLE, SENSOR
from local_inn_ros.nodes.common.static_transforms import TransformError
from local_inn_ros.nodes.localizer.fix_publishers import FixPublishers
from local_inn_ros.nodes.localizer.localizer_health import (
    MOUNT_AGE,
    SCANS_WAITING,
    STAMP_AGE,
    localizer_health,
)
from local_inn_ros.nodes.localizer.map_watch import MapWatch
from local_inn_ros.nodes.localizer.model import RunnableModel
from local_inn_ros.nodes.localizer.mounting import Mounting
from local_inn_ros.nodes.localizer.observation_intake import Arrived, Hearing, ObservationIntake
from local_inn_ros.nodes.localizer.other_localizers import Candidates
from local_inn_ros.nodes.localizer.pose_intake import PoseIntake
from local_inn_ros.nodes.localizer.pose_store import PoseStore
from local_inn_ros.nodes.localizer.recovery import RELOCALIZED_POSE, Recovery
from local_inn_ros.nodes.localizer.scan_locator import ScanLocator
from local_inn_ros.nodes.localizer.scan_queue import ScanQueue
from local_inn_ros.nodes.localizer.told_places import ToldPlaces

_WARNING_PERIOD_S = 5.0
# Observations may come before it is found out who publishes their mount.
_GRACE_S = 2.0


class Observer:
    """Locates observations, and shows them to a search where one runs."""

    def __init__(
        self,
        entities: Entities,
        parameters: Parameters[Any],
        model: RunnableModel,
        intake: ObservationIntake,
        handover: Handover,
    ) -> None:
        """Offer and hear the topics.

        Args:
            entities: makes what is on the graph.
            parameters: of the node.
            model: makes the fixes.
            intake: turns messages into observations.
            handover: leads to a filter in this process, where there is one.
        """
        self._node = entities.node
        self._parameters = parameters
        self._frames = parameters.now
        self._noise = NoiseTold(parameters, self._node.get_logger().warning)
        self._priors = PriorKeeper(self._noise.now.motion, self._noise.now.scales)
        self._tally = Tally()
        self._sensor, self._words = intake, intake.words
        intake.begin(model.bundle)
        self._mounting = Mounting(entities, parameters, model, intake, self._tally, self._complain)
        self._intake = OdometryIntake(
            self._mounting.transforms,
            "",
            self._frames.base_frame_id,
            partial(seconds_now, self._node),
            self._node.get_logger().warning,
        )
        word = self._words.one
        self._queue: ScanQueue[Arrived[Any]] = ScanQueue(
            lambda odd: self._tally.count(odd.of(word))
        )
        self._skew = ClockSkew()
        # What was wrong with the last observation of a frame, since the last report.
        self._troubles: dict[str, str] = {}
        self._began_s = 0.0
        self._map = MapWatch(self._node, parameters, model, self._tally)
        self._faults = NumericFaults(self._node, self._tally)
        self._recovery = Recovery(
            entities,
            parameters,
            self._priors.expect,
            self._words,
            Candidates(
                entities,
                self._frames.candidate_topics,
                self._frames.global_frame_id,
                self._priors.odometry_at,
                self._refuse,
            ),
        )
        self._store = PoseStore(
            entities,
            parameters.now,
            model.place_sha256,
            lambda: self._recovery.trusted(self._priors.told),
            self._priors.odometry_told,
        )
        self._places = ToldPlaces(entities, model.bundle, self._frames.global_frame_id)
        self._recovery.offer(self._places.passed(self._store.saved))
        self._locator: ScanLocator[Any] = ScanLocator(
            self._mounting,
            self._noise,
            self._priors,
            self._recovery,
            FixPublishers(
                entities, self._frames.global_frame_id, handover, intake.expected_view(entities)
            ),
            self._tally,
            word,
        )
        self._listen(entities)

    def _listen(self, entities: Entities) -> None:
        poses = PoseIntake(
            self._mounting.transforms.tree,
            self._frames.global_frame_id,
            self._intake,
            self._places,
            self._priors,
            self._recovery,
            self._tally,
            self._complain,
        )
        hear, pose, safely = entities.subscription, PoseWithCovarianceStamped, self._faults.heeding
        heed_map = safely("map", self._map.heed)
        hear(OccupancyGridMessage, "map", heed_map, LATCHED, also_inactive=True)
        hear(OdometryMessage, "odom", safely("odometry", self._on_odometry), SENSOR)
        heed_filtered = safely("filtered pose", poses.heed_filtered)
        hear(OdometryMessage, "odometry/filtered", heed_filtered, NEWEST)
        hear(pose, "initialpose", safely("initial pose", poses.heed_told), RELIABLE)
        heed_found = safely("relocalized pose", poses.heed_found)
        hear(pose, RELOCALIZED_POSE, heed_found, RELIABLE)
        self._sensor.listen(
            Hearing(entities, self._faults, self._tally, self._on_arrived, self._refuse)
        )

    def begin(self) -> None:
        """Tell how things stand."""
        self._began_s = time.monotonic()
        self._places.publish()
        self._recovery.begin()

    def pause(self) -> None:
        """Let a search come to its end, and save the pose."""
        self._recovery.search.stop("the node is told to stop")
        self._queue.clear()
        self._store.save()

    def examine(self) -> Health:
        """Say how the work goes, since this was asked last."""
        self._tally.note(MOUNT_AGE, self._mounting.age_s)
        troubles = [self._map.trouble, *dict.fromkeys(self._troubles.values())]
        health = localizer_health(
            self._tally,
            [trouble for trouble in troubles if trouble],
            self._sensor.contradictions(),
            self._skew,
            self.situation,
            self._mounting.model,
            self._parameters.now,
            self._mounting.learned(),
            self._words,
            self._sensor.limits,
        )
        for text in self._sensor.news():
            self._node.get_logger().warning(text)
        self._tally.begin_anew()
        self._troubles.clear()
        return health

    def statistics(self) -> Mapping[str, int]:
        """Return how often each thing happened since the start, and how many readings wait now."""
        return {**self._tally.totals(), SCANS_WAITING: len(self._queue)}

    @property
    def situation(self) -> Situation:
        """What is known of where the robot is."""
        return self._recovery.situation

    @property
    def told(self) -> StampedPose | None:
        """The pose that the next priors are made of: the newest that was told; None without one."""
        return self._priors.told

    def prior_at(self, stamp_s: float) -> GaussianPose2 | None:
        """Return the base in the map frame as believed at an instant; None where not known."""
        return self._priors.prior_at(stamp_s)

    def _on_odometry(self, message: OdometryMessage) -> None:
        try:
            reading = self._intake.read(message)
        except MessageError as error:
            self._tally.count_unusable("odometry", error.reason)
            self._complain(f"odometry: {error}")
            return
        self._tally.count("odometry")
        arrival = self._priors.add_odometry(reading)
        if arrival is Arrival.TIME_JUMP:
            self._queue.time_went_back(reading.stamp_s)
            self._skew.clear()
        elif arrival is not Arrival.DROPPED:
            self._queue.odometry_reached(reading.stamp_s)
        if arrival.begins_anew:
            self._recovery.note(Event.ODOMETRY_RESTART)
        if arrival is Arrival.AFTER_ONE_AHEAD:
            self._tally.count_unusable("odometry", Unused.AHEAD)
        if self._priors.filter_is_silent:
            self._recovery.note(Event.FILTER_SILENT)
        self._work_off()

    def _on_arrived(self, arrived: Arrived[Any], came_s: float) -> None:
        odometry_s, frame, told = self._priors.newest_stamp_s, arrived.frame, arrived.told
        self._queue.put(frame, told.stamp_s, arrived, came_s, told.sweep_s)
        self._work_off()
        # The pose first, its statistics afterwards: the node's clock is slow to tell the time.
        now_s, stamp_s = seconds_now(self._node) - (time.monotonic() - came_s), arrived.stamped_s
        self._tally.count(self._words.one)
        self._tally.note(STAMP_AGE, now_s - stamp_s)
        if odometry_s is not None:
            self._skew.compare(frame, stamp_s, odometry_s, now_s)

    def _refuse(self, kind: str, error: MessageError) -> None:
        self._tally.count_unusable(kind, error.reason)
        self._complain(f"{kind}: {error}")

    def _work_off(self) -> None:
        """Locate what the odometry has reached; the others go on waiting."""
        for arrived in self._queue.take_ready(time.monotonic()):
            self._try(self._locator.locate, arrived)
        ahead = self._queue.newest
        if ahead is not None and self._recovery.search.running:
            self._try(self._locator.glance, ahead)

    def _try(self, use: Callable[[Arrived[Any]], None], arrived: Arrived[Any]) -> None:
        frame, word = arrived.frame, self._words.one
        try:
            # Of several that the odometry has reached, one must not take the others along.
            with self._faults.outlived(word):
                use(arrived)
            self._troubles.pop(frame, None)
        except LocalInnError as error:
            early = time.monotonic() < self._began_s + _GRACE_S
            if early and isinstance(error, TransformError):
                self._tally.count(f"{word} before its mount")
                return
            self._troubles[frame] = str(error)
            unfit = Unused.FRAME if isinstance(error, TransformError) else Unused.UNFIT
            self._tally.count_unusable(word, unfit)
            self._complain(f"{word}: {error}")

    def _complain(self, text: str) -> None:
        self._node.get_logger().error(text, throttle_duration_sec=_WARNING_PERIOD_S)
