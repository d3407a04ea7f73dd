# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From about where a camera is to where landmarks say that it is."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sighting_alignment import Aligned, align_sightings
from local_inn_ros.localization.alignment.sightings import Sightings, explained_by
from local_inn_ros.systems.pose_inn.hypotheses import hypotheses_of
from local_inn_ros.systems.pose_inn.landmark_matching import LandmarkMatcher
from local_inn_ros.systems.pose_inn.landmarks import Keypoints
from local_inn_ros.systems.pose_inn.quality import Recognised

# How far landmarks are looked for from where they should be: at first, and once that is settled.
_WIDE_PX, _NARROW_PX = 32.0, 8.0
# Where a pose explains such a share of what was matched from afar, no other pose is looked for.
_SURE_SHARE = 0.3
# Landmarks that a pose must explain to be believed: anywhere, and of what it matches.
_FEWEST = 16
_LEAST_SHARE = 0.15
# Wrong poses, however they were found, explain no more of what they match: at most 0.40 of it, in
# stretches of a drive whose landmarks were left out, and right ones 0.6 to 0.8.
_RIGHT_SHARE = 0.45
# Places that are looked for at most, where nothing is believed.
_PLACES = 3
_MOST_PASSES = 5
# A pass that moves the pose by less is the last.
_SETTLED_M, _SETTLED_RAD = 0.005, 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """A pose that landmarks explain.

    Attributes:
        aligned: the alignment with them.
        sightings: the landmarks that were matched.
    """

    aligned: Aligned
    sightings: Sightings

    @property
    def explained(self) -> int:
        """How many of the landmarks it explains."""
        return round(self.aligned.share * len(self.sightings))

    @property
    def is_sure(self) -> bool:
        """Whether so many of them are just there that no other place need be looked for."""
        return self.aligned.share >= _RIGHT_SHARE

    @property
    def recognised(self) -> Recognised:
        """The landmarks that were matched, and those that it explains."""
        return Recognised(len(self.sightings), self.explained)


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkRefiner:
    """Refines poses of a camera by landmarks.

    Attributes:
        matcher: the landmarks.
    """

    matcher: LandmarkMatcher

    def near(self, keypoints: Keypoints, start: Pose3) -> Refined | None:
        """Refine a pose of the camera in the map frame.

        Returns:
            What landmarks say; None where too few of them are about where the pose says.
        """
        sightings = self.matcher.near(keypoints, start, _WIDE_PX)
        if len(sightings) < _FEWEST:
            return None
        aligned = align_sightings(sightings, start)
        if aligned.share < _SURE_SHARE:
            others = [align_sightings(sightings, one) for one in hypotheses_of(sightings, 1)]
            aligned = min((aligned, *others), key=lambda one: one.cost)
        return self._settled(keypoints, aligned.pose.mean)

    def anywhere(self, keypoints: Keypoints) -> list[Refined]:
        """Find poses that explain landmarks, wherever they are; each of them explains others."""
        sightings = self.matcher.anywhere(keypoints)
        starts = hypotheses_of(sightings, _PLACES, _FEWEST)
        # Each by what would be seen from there: matches with its twin would draw it away.
        tried = [self.near(keypoints, one) for one in starts]
        return [one for one in tried if one is not None]

    def recognised_at(self, keypoints: Keypoints, pose: Pose3) -> Recognised:
        """Return how many landmarks are where a pose of the camera says."""
        sightings = self.matcher.near(keypoints, pose, _NARROW_PX)
        explained = round(explained_by(sightings, pose).share * len(sightings))
        return Recognised(len(sightings), explained)

    def _settled(self, keypoints: Keypoints, start: Pose3) -> Refined | None:
        """Match near where landmarks should be, and align, until that moves the pose no more."""
        after = start
        for _ in range(_MOST_PASSES):
            before = after
            sightings = self.matcher.near(keypoints, before, _NARROW_PX)
            if len(sightings) < _FEWEST:
                return None
            aligned = align_sightings(sightings, before)
            after = aligned.pose.mean
            if _is_settled(before, after):
                break
        refined = Refined(aligned, sightings)
        return refined if _believed(refined) else None


def _is_settled(before: Pose3, after: Pose3) -> bool:
    return before.distance_to(after) < _SETTLED_M and before.angle_to(after) < _SETTLED_RAD


def _believed(refined: Refined) -> bool:
    """Tell whether enough landmarks are where a pose says."""
    return refined.explained >= _FEWEST and refined.aligned.share >= _LEAST_SHARE
