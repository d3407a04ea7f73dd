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

# How far landmarks are looked for from where they should be: at first, and once that is settled.
_WIDE_PX, _NARROW_PX = 32.0, 8.0
# Where a pose explains such a share of what was matched from afar, no other pose is looked for.
_SURE_SHARE = 0.3
# Landmarks that a pose must explain to be believed: anywhere, and of what it matches.
_FEWEST = 16
_LEAST_SHARE = 0.15
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
        return self._matched_again(keypoints, self.matcher.near(keypoints, start, _WIDE_PX), start)

    def anywhere(self, keypoints: Keypoints) -> Refined | None:
        """Find the pose that explains the most landmarks, wherever it is; None where none does."""
        return self._matched_again(keypoints, self.matcher.anywhere(keypoints), None)

    def explained_at(self, keypoints: Keypoints, pose: Pose3) -> int:
        """Return how many landmarks are where a pose of the camera says."""
        sightings = self.matcher.near(keypoints, pose, _NARROW_PX)
        return round(explained_by(sightings, pose).share * len(sightings))

    def _matched_again(
        self, keypoints: Keypoints, sightings: Sightings, start: Pose3 | None
    ) -> Refined | None:
        """Align, then match once more, nearer to where landmarks should be."""
        if len(sightings) < _FEWEST:
            return None
        aligned = None if start is None else align_sightings(sightings, start)
        if aligned is None or aligned.share < _SURE_SHARE:
            others = [align_sightings(sightings, one) for one in hypotheses_of(sightings, 1)]
            tried = others if aligned is None else [aligned, *others]
            aligned = min(tried, key=lambda one: one.cost, default=None)
        if aligned is None:
            return None
        for _ in range(_MOST_PASSES):
            before = aligned.pose.mean
            sightings = self.matcher.near(keypoints, before, _NARROW_PX)
            if len(sightings) < _FEWEST:
                return None
            aligned = align_sightings(sightings, before)
            if _settled(before, aligned.pose.mean):
                break
        refined = Refined(aligned, sightings)
        return refined if _believed(refined) else None


def _settled(before: Pose3, after: Pose3) -> bool:
    return before.distance_to(after) < _SETTLED_M and before.angle_to(after) < _SETTLED_RAD


def _believed(refined: Refined) -> bool:
    """Tell whether enough landmarks are where a pose says."""
    return refined.explained >= _FEWEST and refined.aligned.share >= _LEAST_SHARE
