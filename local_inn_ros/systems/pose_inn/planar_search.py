# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a base in the plane may be, by one picture alone (see ``CandidateSearch``)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.pose_inn.picture_locating import LocatesPictures
from local_inn_ros.systems.pose_inn.planar import base_in_plane, camera_at, camera_prior

FOUND_WEIGHT, FOUND_QUALITY = 0.9, 0.95
"""A place is found where it is so probable among all, and by itself."""

# One picture says no more than that for or against a place, as a logarithm of odds.
_MOST_LOG_ODDS = math.log(1e4)
# Nearer than this two places are one.
_ONE_PLACE_M, _ONE_PLACE_RAD = 0.3, 0.2


class PictureSearch:
    """Looks for the places that a picture may show.

    They are weighed by the odds of their qualities: by how much likelier what is seen of a place is
    where it is right than where it is wrong. Patches err together, and the product of their
    likelihoods would be far too sure; the odds are fitted to whole pictures.
    """

    def __init__(self, localizer: LocatesPictures, mount: Mount) -> None:
        """Set up.

        Args:
            localizer: locates the camera in space.
            mount: the camera's optical frame on the base.
        """
        self._localizer = localizer
        self._mount = mount.base_from_sensor
        # The picture that was looked at last: a search asks of many places on one picture.
        self._seen: tuple[Picture, Callable[[Pose3], float]] | None = None

    def search(self, observation: Picture, offered: Sequence[GaussianPose2] = ()) -> SearchResult:
        """Rank the places that explain a picture (see ``CandidateSearch.search``).

        Raises:
            SensorError: it is of another size.
        """
        began = time.perf_counter()
        judge = self._judge(observation)
        found: list[Hypothesis] = []
        for camera in self._cameras(observation, offered):
            base = base_in_plane(camera, self._mount)
            if base.stands:
                found.append(Hypothesis(base.pose, judge(camera.mean), 0.0))
        ranked = _weighed(_apart(found))
        reason = _why_not(ranked)
        pose = None if reason else ranked[0].pose
        return SearchResult(not reason, pose, ranked, reason, time.perf_counter() - began)

    def log_likelihood(self, observation: Picture, base: Pose2) -> float:
        """Return how likely a picture is at a place (see ``CandidateSearch.log_likelihood``).

        Raises:
            SensorError: it is of another size.
        """
        return _log_odds(self._judge(observation)(camera_at(base, self._mount)))

    def _cameras(self, picture: Picture, offered: Sequence[GaussianPose2]) -> list[GaussianPose3]:
        """Return the poses of the camera that explain a picture, each aligned with it."""
        cameras: list[GaussianPose3] = []
        for prior in (None, *(camera_prior(one, self._mount) for one in offered)):
            try:
                fix = self._localizer.locate(picture, prior)
            except SensorError:
                # It shows no place that is known.
                continue
            cameras.append(fix.measurement)
            cameras.extend(mode.pose for mode in fix.modes[1:])
        return cameras

    def _judge(self, picture: Picture) -> Callable[[Pose3], float]:
        if self._seen is None or self._seen[0] is not picture:
            self._seen = (picture, self._localizer.judge_of(picture))
        return self._seen[1]


def _apart(found: list[Hypothesis]) -> list[Hypothesis]:
    """Return the best of those that are at one place, the best first."""
    kept: list[Hypothesis] = []
    for one in sorted(found, key=lambda one: -one.score):
        if not any(_is_at(one.pose.mean, other.pose.mean) for other in kept):
            kept.append(one)
    return kept


def _is_at(pose: Pose2, other: Pose2) -> bool:
    near = pose.distance_to(other) < _ONE_PLACE_M
    return near and abs(pose.between(other).yaw) < _ONE_PLACE_RAD


def _weighed(places: list[Hypothesis]) -> tuple[Hypothesis, ...]:
    odds = [math.exp(_log_odds(one.score)) for one in places]
    return tuple(
        Hypothesis(one.pose, one.score, each / sum(odds))
        for one, each in zip(places, odds, strict=True)
    )


def _log_odds(quality: float) -> float:
    if quality in (0.0, 1.0):
        return math.copysign(_MOST_LOG_ODDS, quality - 0.5)
    told = math.log(quality / (1.0 - quality))
    return min(max(told, -_MOST_LOG_ODDS), _MOST_LOG_ODDS)


def _why_not(places: tuple[Hypothesis, ...]) -> str:
    if not places:
        return "nothing fits: the picture shows no place that the bundle knows"
    if places[0].score < FOUND_QUALITY:
        return f"nothing fits: the best place has a quality of {places[0].score:.2f}"
    if places[0].weight < FOUND_WEIGHT:
        return (
            f"ambiguous: {len(places)} places explain the picture about as well, the best with a "
            f"weight of {places[0].weight:.2f}"
        )
    return ""
