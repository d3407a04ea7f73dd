# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks of a training's pictures, and how far off poses are that they refine.

Landmarks need no training, so each trial leaves a stretch of the drive out, as long as those that
a robot leaves: what the landmarks of the rest say of its pictures is what they will say elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.localization.alignment.sightings import rays_of
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.config import patches_of
from local_inn_ros.systems.pose_inn.familiarity import Familiarity, pooled_features
from local_inn_ros.systems.pose_inn.landmark_map import (
    MEASURED,
    TRIANGULATED,
    DepthTrust,
    landmarks_of,
)
from local_inn_ros.systems.pose_inn.landmark_matching import LandmarkMatcher
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmark_tracks import Observed, Tracks, followed
from local_inn_ros.systems.pose_inn.landmarks import Keypoints, Landmarks, keypoints_of
from local_inn_ros.systems.pose_inn.looks import brightness_of, in_other_light
from local_inn_ros.systems.pose_inn.rehearsal import Trial, covered, trial_of
from local_inn_ros.systems.pose_inn.stretches import spaced, stretches
from local_inn_ros.systems.pose_inn.triangulation import Triangulator

Asked = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""From brightness (height, width) to features (patches, 64) and peaks (patches, 3)."""

_STRETCHES, _TRIED_OF_EACH = 16, 12
_FEWEST_TRIALS = 6
_MOST_COVERED = 0.6
# By how much the last row of a picture is turned against the first, as a rolling shutter of 15 ms
# has it where a robot turns by a radian a second, and leans less.
_SWEPT_RAD = (0.015, 0.005)
# How far off what is refined may be, metres and radians.
_START_M, _START_RAD = 0.1, math.radians(3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What some of the pictures show.

    Attributes:
        posed: the pictures.
        pooled: (k, 128) what each is like as a whole.
        tracks: of landmarks.
        depths: how far they are trusted.
    """

    posed: PosedPictures
    pooled: NDArray[np.float32]
    tracks: Tracks
    depths: DepthTrust

    def landmarks(self, most: int) -> Landmarks:
        """Return the landmarks of all pictures."""
        poses, camera = self.posed.poses(), self.posed.camera
        return landmarks_of(self.tracks, poses, camera, most, self.depths)

    def refiner_without(self, left_out: NDArray[np.bool_], most: int) -> LandmarkRefiner:
        """Return what refines poses by the landmarks that pictures saw which are not left out."""
        poses, camera = self.posed.poses(), self.posed.camera
        rest = self.tracks.without(np.flatnonzero(left_out))
        marks = landmarks_of(rest, poses, camera, most, self.depths)
        return LandmarkRefiner(LandmarkMatcher.of(marks, camera))


def surveyed(posed: PosedPictures, asked: Asked, rng: np.random.Generator) -> Survey:
    """See what pictures show, but for those that are too near each other.

    Args:
        posed: the pictures.
        asked: asks the backbone.
        rng: chooses pictures that triangulate.
    """
    used = posed.at(spaced(posed))
    told = [asked(brightness_of(one.picture(used.camera).pixels)) for one in used]
    patches = patches_of(used.camera)
    keypoints = [keypoints_of(features, peaks, patches) for features, peaks in told]
    depths = _depths(used, [features.astype(np.float16) for features, _ in told], keypoints, rng)
    observed = [
        Observed(one.map_from_camera, points, depth)
        for one, points, depth in zip(used, keypoints, depths, strict=True)
    ]
    return Survey(
        used,
        np.array([pooled_features(features) for features, _ in told]),
        followed(observed, used.camera),
        MEASURED if used.have_depth else TRIANGULATED,
    )


def tried_landmarks(
    survey: Survey, learned: NDArray[np.bool_], asked: Asked, most: int, rng: np.random.Generator
) -> list[Trial]:
    """Refine poses of pictures by landmarks that pictures elsewhere saw.

    Args:
        survey: of the pictures.
        learned: (k,) of them, which the networks learned.
        asked: asks the backbone.
        most: landmarks at most.
        rng: draws starts, light, and what is covered.

    Returns:
        The trials; none where there are too few to tell anything.
    """
    posed, trials = survey.posed, []
    for number, stretch in enumerate(stretches(posed, _STRETCHES)):
        left_out = np.isin(np.arange(len(posed)), stretch)
        refiner = survey.refiner_without(left_out, most)
        known = learned & ~left_out
        if not known.any():
            continue
        familiarity = Familiarity.of(survey.pooled[known])
        step = max(1, -(-len(stretch) // _TRIED_OF_EACH))
        for index in stretch[::step].tolist():
            trials += _tried(survey, index, refiner, familiarity, asked, number, rng)
    return trials if len(trials) >= _FEWEST_TRIALS else []


def _depths(
    posed: PosedPictures,
    features: list[NDArray[np.float16]],
    keypoints: list[Keypoints],
    rng: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Return the depths of keypoints, as files tell them; without any, as other pictures do."""
    rays = [rays_of(one.pixels, posed.camera) for one in keypoints]
    if not posed.have_depth:
        triangulator = Triangulator(posed.camera, posed.poses(), features)
        return [
            triangulator.depths_of(number, rng).depths_along(own) for number, own in enumerate(rays)
        ]
    return [
        np.full(len(own), np.nan) if one.depth is None else one.depth.depths_along(own)
        for one, own in zip(posed, rays, strict=True)
    ]


def _tried(
    survey: Survey,
    index: int,
    refiner: LandmarkRefiner,
    familiarity: Familiarity,
    asked: Asked,
    block: int,
    rng: np.random.Generator,
) -> list[Trial]:
    """Refine a picture's pose, as it is, and swept, in other light, with a part of it covered."""
    camera, one = survey.posed.camera, survey.posed.pictures[index]
    truth = one.map_from_camera
    trials = []
    plain_brightness = brightness_of(one.picture(camera).pixels)
    for plain in (True, False):
        brightness = plain_brightness if plain else in_other_light(plain_brightness, rng)
        features, peaks = asked(brightness)
        keypoints = keypoints_of(features, peaks, patches_of(camera))
        if not plain:
            kept = covered(keypoints.pixels, float(rng.uniform(0.0, _MOST_COVERED)), rng)
            pixels = _swept(keypoints.pixels[kept], camera, rng)
            keypoints = Keypoints(pixels, keypoints.descriptors[kept])
        off = rng.normal(size=6) * np.repeat([_START_M, _START_RAD], 3) / math.sqrt(3.0)
        refined = refiner.near(keypoints, truth @ Pose3.from_matrix(exp_twists(off)))
        if refined is None:
            continue
        strange = familiarity.strangeness(pooled_features(features))
        trial = trial_of(refined.aligned, refined.sightings, truth, strange, plain, block)
        if trial is not None:
            trials.append(trial)
    return trials


def _swept(
    pixels: NDArray[np.float64], camera: CameraSpec, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return where pixels (n, 2) would be in a picture whose rows are read one after the other."""
    by_px = rng.normal(size=2) * _SWEPT_RAD * [camera.fx, camera.fy]
    moved = pixels + (pixels[:, 1:] / camera.height - 0.5) * by_px
    swept: NDArray[np.float64] = np.clip(moved, 0.0, [camera.width - 1.0, camera.height - 1.0])
    return swept
