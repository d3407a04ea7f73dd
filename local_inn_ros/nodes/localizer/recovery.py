# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watches whether the robot is where it is believed to be, and has it looked for where not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from std_msgs.msg import Bool

from local_inn_ros.filtering.prior import squared_innovation
from local_inn_ros.filtering.stamped import StampedPose
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import AMBIGUOUS_WEIGHT, Fix, Mode
from local_inn_ros.localization.monitoring.kidnap_watch import KidnapWatch
from local_inn_ros.localization.monitoring.whereabouts import (
    Event,
    Situation,
    Whereabouts,
    transition,
)
from local_inn_ros.localization.search.hypotheses import Hypothesis
from local_inn_ros.localization.search.saved_pose import SavedPose, place_left
from local_inn_ros.nodes.common.conversions import (
    pose_array_message,
    stamped_gaussian_message,
    to_stamp,
)
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE
from local_inn_ros.nodes.localizer.global_search import GlobalSearch
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.observation_intake import Words
from local_inn_ros.nodes.localizer.other_localizers import Candidates, Offer, Senior
from local_inn_ros.nodes.localizer.search_run import Outcome

RELOCALIZED_POSE = "relocalized_pose"

# A pose is as good as the fix that was made so shortly before it.
_FRESH_S = 1.0
# A filter that says nothing for so long is told where the robot is, from a fix of this quality.
_SILENT_S, _SURE = 1.0, 0.9


@dataclass(frozen=True, slots=True)
class _Places:
    """Probabilities of the places that the newest scan of a laser leaves, highest first."""

    stamp_s: float
    weights: tuple[float, ...]


class Recovery:
    """Publishes `~/lost` and `~/modes`; begins searches by itself; judges what searches found."""

    def __init__(
        self,
        entities: Entities,
        parameters: Parameters[LocalizerParameters],
        on_found: Callable[[StampedPose], None],
        words: Words,
        candidates: Candidates,
    ) -> None:
        """Offer the topics, and the services of the search.

        Args:
            entities: publishes.
            parameters: what is allowed.
            on_found: told of a pose that a search found, from which the filter begins.
            words: what the observations are called.
            candidates: places that other localizers offer.
        """
        self._node = entities.node
        self._parameters = parameters
        self._on_found = on_found
        self._watch = KidnapWatch()
        self._known = Whereabouts.WAITING
        self._lost_publisher = entities.publisher(Bool, "~/lost", LATCHED)
        self._found_publisher = entities.publisher(
            PoseWithCovarianceStamped, RELOCALIZED_POSE, RELIABLE
        )
        # What was published there last: it comes back to who listens there.
        self._found: PoseWithCovarianceStamped | None = None
        self._modes_publisher = entities.publisher(PoseArray, "~/modes", RELIABLE)
        self._fix_s = -math.inf
        self._saved: SavedPose | None = None
        self._fix_places: dict[str, _Places] = {}
        self._search_places: tuple[float, ...] = ()
        self._many = words.many
        self._candidates = candidates
        told = parameters.now
        self._senior = Senior(entities, told.defers_to) if told.defers_to else None
        self._offer = Offer(entities, told.global_frame_id) if told.defers_to else None
        self.search = GlobalSearch(entities, parameters, self._on_outcome, words)

    def begin(self) -> None:
        """Tell whether the robot is lost, to those who have not heard it yet."""
        self._lost_publisher.publish(Bool(data=self._lost))

    @property
    def situation(self) -> Situation:
        """What is known."""
        localized = self._known is Whereabouts.LOCALIZED
        places = self._seen_places() if localized else self._search_places
        return Situation(self._known, self.search.running, places)

    @property
    def _lost(self) -> bool:
        return self._known is Whereabouts.LOST

    def trusted(self, told: StampedPose | None) -> GaussianPose2 | None:
        """Return the pose that was told, where fixes are made from it and none speaks against."""
        if told is None or told.stamp_s > self._fix_s + _FRESH_S:
            return None
        return told.pose if self.situation.localized else None

    def has_published(self, pose: PoseWithCovarianceStamped) -> bool:
        """Tell whether a pose that was heard is what a search here found last."""
        return bool(pose == self._found)

    def offer(self, saved: SavedPose | None) -> None:
        """Take in where the robot was left when it was switched off."""
        self._saved = saved

    def offered(self, odometry: Pose2 | None) -> tuple[GaussianPose2, ...]:
        """Return the places that a search should look at beside all others, and take in a tie.

        The pose last believed is none of them: when it is searched for, something speaks against
        it, and where places look alike it would win by being believed before.

        Args:
            odometry: the base in the odometry frame; None where not known.
        """
        saved = () if self._saved is None else self._saved.places(odometry, time.time())
        return (*saved, *self._candidates.places(odometry))

    @property
    def _defers(self) -> bool:
        """Whether it is another localizer's to say where the robot is."""
        return self._senior is not None and self._senior.works

    def observe(self, laser: str, fix: Fix, prior: GaussianPose2, told_s: float) -> None:
        """Take in a fix.

        Args:
            laser: the sensor that it is of, by its frame.
            fix: the fix.
            prior: the base as believed before it.
            told_s: stamp of what the filter told, or was told, last.
        """
        self._fix_s = fix.stamp_s
        self._fix_places[laser] = _Places(fix.stamp_s, _likely(fix.modes))
        innovation = squared_innovation(prior, fix.measurement)
        # Once lost, scans that fit again are no proof: another place may look alike.
        if self._watch.observe(laser, fix.stamp_s, fix.quality, innovation) and not self._defers:
            self.note(Event.ALARM)
        if not self._lost:
            self._publish_places(fix.modes, fix.stamp_s)
        silent = fix.stamp_s - told_s > _SILENT_S
        sure = fix.quality >= _SURE and not self._defers
        if silent and self.situation.localized and sure:
            # It may have been started again, and without a pose it says nothing.
            self._begin_filter(StampedPose(fix.stamp_s, fix.measurement))
        self.search_where_wanted()

    def search_where_wanted(self) -> None:
        """Take in that a scan has come: it may begin a search that nobody called for."""
        left = self._known is Whereabouts.WAITING and self._saved is not None
        if self._wants_search() or left:
            self.search.begin_at_leisure(expected=left)

    def _wants_search(self) -> bool:
        """Tell whether the map is to be searched without a call."""
        told = self._parameters.now
        if self._senior is not None and self._senior.works:
            return self._senior.lost or self._known is Whereabouts.WAITING
        if self._lost:
            return told.auto_relocalize
        return told.search_at_start and self._known is Whereabouts.WAITING

    def note(self, event: Event) -> None:
        """Take in what happened, and tell what follows from it."""
        follows = transition(self._known, event)
        was_lost, self._known = self._lost, follows.to
        self.search.heed(follows.search, event.told(self._many))
        if follows.pose_is_new:
            self._saved = None
            self._search_places = ()
            self._watch.reset()
        if event is Event.ODOMETRY_RESTART:
            # Stamps say nothing of those before any more.
            self._fix_s = -math.inf
            self._fix_places.clear()
            self._candidates.forget()
        if self._lost != was_lost:
            self._lost_publisher.publish(Bool(data=self._lost))
            if self._lost:
                self._node.get_logger().warning(f"lost: {event.told(self._many)}")

    def _seen_places(self) -> tuple[float, ...]:
        """Return the places that the scans leave: one laser may tell apart what another cannot."""
        fresh = [one for one in self._fix_places.values() if one.stamp_s >= self._fix_s - _FRESH_S]
        return min((one.weights for one in fresh), key=len, default=())

    def _on_outcome(self, outcome: Outcome, called: bool) -> None:
        result = outcome.result
        self._search_places = _likely(result.hypotheses)
        if self._offer is not None and self._defers and not called:
            likely = [one.pose for one in result.hypotheses if one.weight >= AMBIGUOUS_WEIGHT]
            places = likely if result.pose is None else [result.pose]
            self._offer.publish(places, outcome.stamp_s)
            return
        wanted = called or (outcome.decided and (self._lost or self._wants_search()))
        found = result.pose if wanted else None
        if found is None and self._saved is not None:
            found = self._place_left(outcome, self._saved)
        if found is not None:
            self._begin_filter(StampedPose(outcome.stamp_s, found))
            self.note(Event.FOUND)
        elif result.hypotheses:
            self._publish_places(result.hypotheses, outcome.stamp_s)

    def _begin_filter(self, there: StampedPose) -> None:
        stamp, frame = to_stamp(there.stamp_s), self._parameters.now.global_frame_id
        self._found = stamped_gaussian_message(there.pose, stamp, frame)
        self._found_publisher.publish(self._found)
        self._on_found(there)

    def _publish_places(self, places: Sequence[Mode | Hypothesis], stamp_s: float) -> None:
        poses = np.array([place.pose.mean.to_array() for place in places]).reshape(-1, 3)
        stamp, frame = to_stamp(stamp_s), self._parameters.now.global_frame_id
        self._modes_publisher.publish(pose_array_message(poses, stamp, frame))

    def _place_left(self, outcome: Outcome, saved: SavedPose) -> GaussianPose2 | None:
        """Return where the robot was left, if the scans agree; it is asked once."""
        if not outcome.decided:
            return None
        self._saved = None
        left = [place.mean @ outcome.motion for place in outcome.offered]
        found = place_left(outcome.result, left, saved.reach_m(time.time()))
        if found is None:
            self._node.get_logger().warning(
                f"the {self._many} do not agree with the pose that was saved: "
                f"{_elsewhere(outcome.result.hypotheses)}; tell a pose, or call relocalize"
            )
        else:
            self._node.get_logger().info(f"the {self._many} agree with the pose that was saved")
        return found


def _likely(places: Sequence[Mode | Hypothesis]) -> tuple[float, ...]:
    """Return the weights of places that may well be right, highest first."""
    weights = (place.weight for place in places if place.weight >= AMBIGUOUS_WEIGHT)
    return tuple(sorted(weights, reverse=True))


def _elsewhere(hypotheses: tuple[Hypothesis, ...]) -> str:
    if not hypotheses:
        return "they fit nowhere"
    best = hypotheses[0].pose.mean
    return f"they fit best at x {best.x:.2f} m, y {best.y:.2f} m"
