# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Right poses and wrong ones of pictures that were not learned: what quality is fitted to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.localization.alignment.sighting_alignment import align_sightings
from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.config import view_size
from local_inn_ros.systems.pose_inn.hypotheses import hypotheses_of
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmarks import Keypoints
from local_inn_ros.systems.pose_inn.looks import (
    brightness_of,
    in_other_light,
    plain_look,
    small_view,
)
from local_inn_ros.systems.pose_inn.patch_sightings import sightings_of, surest
from local_inn_ros.systems.pose_inn.quality import Recognised, quality_features
from local_inn_ros.systems.pose_inn.rehearsal import Places

Pixel = TypeVar("Pixel", bound=np.generic)

Drawn = Callable[[Pose3], NDArray[np.float32]]
"""From a pose of the camera to the small picture that the forward pass draws there."""

# More pictures than these tell little more.
_MOST_PICTURES = 150
_MOST_COVERED = 0.6
# How far off a pose is that is to be refined, in metres and turns.
_START = (0.05, math.radians(2.0))
# What is off by less is right; by more, wrong; anything between is neither.
_RIGHT_M, _RIGHT_RAD = 0.25, math.radians(10.0)
_WRONG_M, _WRONG_RAD = (0.5, 3.0), (math.radians(15.0), math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """Landmarks that were seen elsewhere.

    Attributes:
        refiner: refines poses by them.
        keypoints: from brightness (height, width) and features (patches, 64) to keypoints.
    """

    refiner: LandmarkRefiner
    keypoints: Callable[[NDArray[np.float32], NDArray[np.float32]], Keypoints]


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A picture, and what tells of poses.

    Attributes:
        seen: what its patches show.
        keypoints: of it; none without landmarks.
        features_at: what the quality of a pose is linear in.
    """

    seen: Sightings
    keypoints: Keypoints | None
    features_at: Callable[[Pose3], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class _Judges:
    """What judges pictures of one camera."""

    posed: PosedPictures
    places: Places
    drawn: Drawn
    witness: Witness | None
    least_deviation_px: float
    rays: NDArray[np.float64]

    def of(self, picture: NDArray[np.float32]) -> _Judged:
        """Look at brightness (height, width)."""
        camera, witness = self.posed.camera, self.witness
        told, log_deviations, features = self.places(picture)
        seen = surest(
            sightings_of(told, log_deviations, self.rays, camera, self.least_deviation_px)
        )
        view = small_view(picture, view_size(camera))
        keypoints = None if witness is None else witness.keypoints(picture, features)

        def features_at(pose: Pose3) -> NDArray[np.float64]:
            recognised: Recognised | None = None
            if witness is not None and keypoints is not None:
                recognised = witness.refiner.recognised_at(keypoints, pose)
            return quality_features(seen, pose, view, self.drawn(pose), recognised)

        return _Judged(seen, keypoints, features_at)


def tried_poses(
    posed: PosedPictures,
    places: Places,
    drawn: Drawn,
    witness: Witness | None,
    least_deviation_px: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the features (n, k) that right poses have, and those (m, k) that wrong ones have.

    Each picture is taken as it is, in other light, and covered in part by a piece of another one,
    as people and boxes would cover it. Poses are what the landmarks make of starts near the truth
    and far from it: that is what is asked of at run time. The hardest wrong ones are those that are
    found where nothing is believed: of pictures of nowhere, and of places whose landmarks are gone.

    Args:
        posed: pictures that were not learned.
        places: asks the networks.
        drawn: asks the forward pass.
        witness: asks the landmarks; None where there are none.
        least_deviation_px: what no patch is surer than.
        rng: draws light, what is covered, and the poses.
    """
    used = posed.at(range(0, len(posed), max(1, -(-len(posed) // _MOST_PICTURES))))
    black = np.zeros((used.camera.height, used.camera.width), np.uint8)
    rays = plain_look(black, used.camera).rays
    judges = _Judges(used, places, drawn, witness, least_deviation_px, rays)
    brightness = [brightness_of(one.picture(used.camera).pixels) for one in used]
    right: list[NDArray[np.float64]] = []
    wrong: list[NDArray[np.float64]] = []
    for one, own in zip(used, brightness, strict=True):
        truth = one.map_from_camera
        other = brightness[int(rng.integers(len(brightness)))]
        for picture in _conditions(own, other, rng):
            judged = judges.of(picture)
            for pose in _asked_of(judged, witness, truth, rng):
                off_m, off_rad = truth.distance_to(pose), truth.angle_to(pose)
                if off_m < _RIGHT_M and off_rad < _RIGHT_RAD:
                    right.append(judged.features_at(pose))
                elif off_m >= _WRONG_M[0] or off_rad >= _WRONG_RAD[0]:
                    wrong.append(judged.features_at(pose))
        nowhere = judges.of(scrambled(own))
        wrong += [nowhere.features_at(pose) for pose in _found_of(nowhere, witness)]
    return np.array(right), np.array(wrong)


def _conditions(
    own: NDArray[np.float32], other: NDArray[np.float32], rng: np.random.Generator
) -> Iterator[NDArray[np.float32]]:
    """Yield a picture as it is, in other light, and partly covered."""
    yield own
    yield in_other_light(own, rng)
    yield _pasted(own, other, float(rng.uniform(0.0, _MOST_COVERED)), rng)


def _asked_of(
    judged: _Judged, witness: Witness | None, truth: Pose3, rng: np.random.Generator
) -> Iterator[Pose3]:
    """Yield poses of a picture: near the truth, far from it, and found where nothing is there."""
    close = truth @ Pose3.from_matrix(exp_twists(near(rng)))
    away = truth @ Pose3.from_matrix(exp_twists(far(rng)))
    yield away
    if witness is None or judged.keypoints is None:
        yield close
        return
    for start in (close, away):
        refined = witness.refiner.near(judged.keypoints, start)
        if refined is not None:
            yield refined.aligned.pose.mean
    gone = LandmarkRefiner(witness.refiner.matcher.unseen_from(truth))
    for one in gone.anywhere(judged.keypoints):
        yield one.aligned.pose.mean


def _found_of(judged: _Judged, witness: Witness | None) -> Iterator[Pose3]:
    """Yield poses that explain a picture best, nothing being believed."""
    for start in hypotheses_of(judged.seen, 1):
        yield align_sightings(judged.seen, start).pose.mean
    if witness is not None and judged.keypoints is not None:
        for one in witness.refiner.anywhere(judged.keypoints):
            yield one.aligned.pose.mean


def near(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a twist (6,) to a pose that is still right."""
    moves: NDArray[np.float64] = rng.normal(size=6) * np.repeat(_START, 3) / math.sqrt(3.0)
    return moves


def far(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a twist (6,) that leads to a wrong pose: to another place, another heading, or both."""
    kind = int(rng.integers(3))
    ways = rng.normal(size=(2, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    move = rng.uniform(*_WRONG_M) if kind != 1 else 0.0
    turn = rng.uniform(*_WRONG_RAD) if kind != 0 else 0.0
    return np.concatenate([move * ways[0], turn * ways[1]])


def scrambled(own: NDArray[Pixel]) -> NDArray[Pixel]:
    """Return the mirrored quarters of a picture, each in another's place: a picture of nowhere."""
    rows, cols = own.shape[0] // 2, own.shape[1] // 2
    rolled: NDArray[Pixel] = np.roll(own[:, ::-1], (rows, cols), axis=(0, 1))
    return rolled


def _pasted(
    own: NDArray[np.float32], other: NDArray[np.float32], share: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Cover a share of a picture by a mirrored piece of another one."""
    rows, cols = own.shape
    height = round(rows * math.sqrt(share))
    width = round(cols * math.sqrt(share))
    top, left = int(rng.integers(rows - height + 1)), int(rng.integers(cols - width + 1))
    covered: NDArray[np.float32] = own.copy()
    place = (slice(top, top + height), slice(left, left + width))
    covered[place] = other[::-1, ::-1][place]
    return covered
