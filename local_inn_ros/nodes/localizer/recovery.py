# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watches whether the robot is where it is believed to be, and has it looked for where not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from std_msgs.msg import Bool

from local_inn_ros.filtering.pose_filter import StampedPose
from local_inn_ros.filtering.prior import squared_innovation
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.fix import AMBIGUOUS_WEIGHT, Fix, Mode
from local_inn_ros.localization.monitoring.kidnap_watch import KidnapWatch
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
from local_inn_ros.nodes.localizer.search_run import Outcome

# A pose is as good as the fix that was made so shortly before it.
_FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of where the robot is.

    Attributes:
        has_pose: whether somebody has told a pose.
        lost: whether that pose is wrong.
        searching: whether the map is searched.
        places: probabilities of the places that explain the scan about as well, highest first.
    """

    has_pose: bool
    lost: bool
    searching: bool
    places: tuple[float, ...]

    @property
    def ambiguous(self) -> bool:
        """Whether there are several such places."""
        return len(self.places) > 1

    @property
    def localized(self) -> bool:
        """Whether there is one pose, and nothing speaks against it."""
        return self.has_pose and not self.lost and not self.ambiguous

    @property
    def word(self) -> str:
        """The same in a word."""
        if self.searching:
            return "searching"
        if self.lost:
            return "lost"
        if self.ambiguous:
            return "ambiguous"
        return "localized" if self.has_pose else "waiting"


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
    ) -> None:
        """Offer the topics, and the services of the search.

        Args:
            entities: publishes.
            parameters: what is allowed.
            on_found: told of a pose that a search found, from which the filter begins.
        """
        self._node = entities.node
        self._parameters = parameters
        self._on_found = on_found
        self._watch = KidnapWatch()
        self._lost = False
        self._lost_publisher = entities.publisher(Bool, "~/lost", LATCHED)
        self._found_publisher = entities.publisher(
            PoseWithCovarianceStamped, "relocalized_pose", RELIABLE
        )
        self._modes_publisher = entities.publisher(PoseArray, "~/modes", RELIABLE)
        self._fix_s = -math.inf
        self._saved: SavedPose | None = None
        self._fix_places: dict[str, _Places] = {}
        self._search_places: tuple[float, ...] = ()
        self.search = GlobalSearch(entities, parameters, self._on_outcome)

    def begin(self) -> None:
        """Tell whether the robot is lost, to those who have not heard it yet."""
        self._lost_publisher.publish(Bool(data=self._lost))

    def situation(self, has_pose: bool) -> Situation:
        """Return what is known, given whether somebody has told a pose."""
        unknown = self._lost or not has_pose
        places = self._search_places if unknown else self._seen_places()
        return Situation(has_pose, self._lost, self.search.running, places)

    def trusted(self, told: StampedPose | None) -> GaussianPose2 | None:
        """Return the pose that was told, where fixes are made from it and none speaks against."""
        if told is None or told.stamp_s > self._fix_s + _FRESH_S:
            return None
        return told.pose if self.situation(has_pose=True).localized else None

    def offer(self, saved: SavedPose | None) -> None:
        """Take in where the robot was left when it was switched off."""
        self._saved = saved

    @property
    def offered(self) -> tuple[GaussianPose2, ...]:
        """The places that a search should look at beside all others, and take in a tie.

        The pose last believed is none of them: when it is searched for, something speaks against
        it, and where places look alike it would win by being believed before.
        """
        return () if self._saved is None else (self._saved.pose,)

    def observe(self, laser: str, fix: Fix, prior: GaussianPose2) -> None:
        """Take in a fix, the laser that it is of, and the base as believed before it."""
        self._fix_s = fix.stamp_s
        self._fix_places[laser] = _Places(fix.stamp_s, _likely(fix.modes))
        innovation = squared_innovation(prior, fix.measurement)
        # Once lost, scans that fit again are no proof: another place may look alike.
        if self._watch.observe(laser, fix.stamp_s, fix.quality, innovation):
            self._tell(True)
        if not self._lost:
            self._publish_places(fix.modes, fix.stamp_s)
        elif self._parameters.now.auto_relocalize:
            self.search.begin_at_leisure()

    def wait_for_pose(self) -> None:
        """Take in that a scan has come and nobody has told a pose yet."""
        if self._parameters.now.search_at_start or self._saved is not None:
            self.search.begin_at_leisure()

    def begin_anew(self, why: str) -> None:
        """Take in that a pose was told: what was found out about the one before is void."""
        self.search.cancel(why)
        self._saved = None
        self._search_places = ()
        self._watch.reset()
        self._tell(False)

    def time_began_anew(self, why: str) -> None:
        """Take in that stamps and odometry say nothing of those before any more."""
        self.search.cancel(why)
        self._fix_s = -math.inf
        self._fix_places.clear()

    def _seen_places(self) -> tuple[float, ...]:
        """Return the places that the scans leave: one laser may tell apart what another cannot."""
        fresh = [one for one in self._fix_places.values() if one.stamp_s >= self._fix_s - _FRESH_S]
        return min((one.weights for one in fresh), key=len, default=())

    def _tell(self, lost: bool) -> None:
        if lost == self._lost:
            return
        self._lost = lost
        self._lost_publisher.publish(Bool(data=lost))
        if lost:
            self._node.get_logger().warning("lost: the scans do not fit the map at the pose")

    def _on_outcome(self, outcome: Outcome, called: bool) -> None:
        result = outcome.result
        self._search_places = _likely(result.hypotheses)
        told = self._parameters.now
        wanted = called or (outcome.decided and (self._lost or told.search_at_start))
        found = result.pose if wanted else None
        if found is None and self._saved is not None:
            found = self._place_left(outcome, self._saved)
        if found is not None:
            stamp, frame = to_stamp(outcome.stamp_s), told.global_frame_id
            self._found_publisher.publish(stamped_gaussian_message(found, stamp, frame))
            self._on_found(StampedPose(outcome.stamp_s, found))
            self.begin_anew("the robot was found")
        elif result.hypotheses:
            self._publish_places(result.hypotheses, outcome.stamp_s)

    def _publish_places(self, places: Sequence[Mode | Hypothesis], stamp_s: float) -> None:
        poses = np.array([place.pose.mean.to_array() for place in places]).reshape(-1, 3)
        stamp, frame = to_stamp(stamp_s), self._parameters.now.global_frame_id
        self._modes_publisher.publish(pose_array_message(poses, stamp, frame))

    def _place_left(self, outcome: Outcome, saved: SavedPose) -> GaussianPose2 | None:
        """Return where the robot was left, if the scans agree; it is asked once."""
        if not outcome.decided:
            return None
        self._saved = None
        found = place_left(outcome.result, saved.pose.mean @ outcome.motion)
        if found is None:
            self._node.get_logger().warning(
                "the scans do not agree with the pose that was saved: "
                f"{_elsewhere(outcome.result.hypotheses)}; tell a pose, or call relocalize"
            )
        else:
            self._node.get_logger().info("the scans agree with the pose that was saved")
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
