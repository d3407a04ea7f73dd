# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that were not learned, aligned as at run time: how far off, and what was told of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.localization.alignment.sighting_alignment import Aligned, align_sightings
from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.config import view_size
from local_inn_ros.systems.pose_inn.familiarity import Familiarity, pooled_features
from local_inn_ros.systems.pose_inn.hypotheses import hypotheses_of
from local_inn_ros.systems.pose_inn.looks import (
    Look,
    another_look,
    brightness_of,
    plain_look,
    small_view,
)
from local_inn_ros.systems.pose_inn.outcome import outcome_of, whitened
from local_inn_ros.systems.pose_inn.patch_sightings import sightings_of, surest
from local_inn_ros.systems.pose_inn.quality import quality_features

Places = Callable[
    [NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
]
"""From brightness (height, width) to places (patches, 3), log deviations (patches,), and features
(patches, 64)."""

Pixel = TypeVar("Pixel", bound=np.generic)

Drawn = Callable[[Pose3], NDArray[np.float32]]
"""From a pose of the camera to the small picture that the forward pass draws there."""

Witness = Callable[[NDArray[np.float32], NDArray[np.float32]], Callable[[Pose3], int]]
"""From brightness and features to what counts the landmarks that a pose explains."""

HELD_BLOCKS = 3
"""Blocks of successive pictures that are held out: what is fitted to two is tried on the third."""

# Times that each picture is tried, with ever more of it covered.
_TRIES = 4
_MOST_COVERED = 0.6
# An answer so far away is another place: that is for the modes to tell, not for a covariance.
_OTHER_PLACE_M = 1.0
_OTHER_PLACE_RAD = math.radians(30.0)
# How far a pose may be off that is still right, and what a wrong one is off, in metres and turns.
_RIGHT = (0.05, math.radians(2.0))
_WRONG_M, _WRONG_RAD = (0.5, 3.0), (math.radians(15.0), math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One alignment of a picture whose pose is known.

    Attributes:
        offset: (6,) of the truth from it, in deviations that it claims.
        outcome: (9,) how it went.
        off_m: distance of the positions.
        off_deg: angle between the rotations.
        plain: whether nothing of the picture was covered.
        block: of successive pictures that it is of, which are much alike.
    """

    offset: NDArray[np.float64]
    outcome: NDArray[np.float64]
    off_m: float
    off_deg: float
    plain: bool
    block: int


def tried_alignments(
    posed: PosedPictures,
    places: Places,
    familiarity: Familiarity,
    least_deviation_px: float,
    rng: np.random.Generator,
) -> list[Trial]:
    """Align pictures, as they are, and other looks at them with parts of them covered.

    Args:
        posed: pictures that were not learned.
        places: asks the networks.
        familiarity: with the pictures that were learned.
        least_deviation_px: what no patch is surer than.
        rng: draws the looks and what is covered.
    """
    camera = posed.camera
    trials = []
    for index, one in enumerate(posed):
        block = index * HELD_BLOCKS // len(posed)
        pixels = one.picture(camera).pixels
        for number in range(_TRIES):
            plain = number == 0
            look = plain_look(pixels, camera) if plain else another_look(pixels, camera, rng)
            told = places(look.brightness)
            seen = _seen(look, *told[:2], camera, least_deviation_px)
            strange = familiarity.strangeness(pooled_features(told[2]))
            share = _MOST_COVERED * number / max(_TRIES - 1, 1)
            trial = _tried(_covered(seen, share, rng), one.map_from_camera, strange, plain, block)
            if trial is not None:
                trials.append(trial)
    return trials


def tried_poses(
    posed: PosedPictures,
    places: Places,
    drawn: Drawn,
    witness: Witness | None,
    least_deviation_px: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the features (n, k) that right poses have, and those (n, k) that wrong ones have.

    Pictures are covered in part by pieces of each other, as people and boxes would cover them. Some
    are scrambled: whatever pose explains those best is wrong, as it is of another room's pictures.

    Args:
        posed: pictures that were not learned.
        places: asks the networks.
        drawn: asks the forward pass.
        witness: asks the landmarks; None where there are none.
        least_deviation_px: what no patch is surer than.
        rng: draws what is covered, and the poses.
    """
    camera, size = posed.camera, view_size(posed.camera)
    black = np.zeros((camera.height, camera.width), np.uint8)
    rays = plain_look(black, camera).rays
    brightness = [brightness_of(one.picture(camera).pixels) for one in posed]
    right: list[NDArray[np.float64]] = []
    wrong: list[NDArray[np.float64]] = []

    def judged(
        picture: NDArray[np.float32],
    ) -> tuple[Sightings, Callable[[Pose3], NDArray[np.float64]]]:
        told, log_deviations, features = places(picture)
        seen = surest(sightings_of(told, log_deviations, rays, camera, least_deviation_px))
        view = small_view(picture, size)
        counted = None if witness is None else witness(picture, features)

        def features_at(pose: Pose3) -> NDArray[np.float64]:
            landmarks = None if counted is None else counted(pose)
            return quality_features(seen, pose, view, drawn(pose), landmarks)

        return seen, features_at

    for one, own in zip(posed, brightness, strict=True):
        for share in (0.0, float(rng.uniform(0.0, _MOST_COVERED))):
            _, at = judged(_pasted(own, brightness[int(rng.integers(len(brightness)))], share, rng))
            right.append(at(one.map_from_camera @ Pose3.from_matrix(exp_twists(near(rng)))))
            wrong.append(at(one.map_from_camera @ Pose3.from_matrix(exp_twists(far(rng)))))
        seen, at = judged(scrambled(own))
        for start in hypotheses_of(seen, 1):
            wrong.append(at(align_sightings(seen, start).pose.mean))
    return np.array(right), np.array(wrong)


def near(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a twist (6,) to a pose that is still right."""
    moves: NDArray[np.float64] = rng.normal(size=6) * np.repeat(_RIGHT, 3) / math.sqrt(3.0)
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


def _seen(
    look: Look,
    places: NDArray[np.float32],
    log_deviations: NDArray[np.float32],
    camera: CameraSpec,
    least_deviation_px: float,
) -> Sightings:
    """Return what the patches of a look show, of those that show anything of the picture."""
    seen = sightings_of(places, log_deviations, look.rays, camera, least_deviation_px)
    known = np.isfinite(look.rays[:, 0])
    return Sightings(seen.points[known], seen.rays[known], seen.deviations[known] / look.zoom)


def _tried(seen: Sightings, truth: Pose3, strange: float, plain: bool, block: int) -> Trial | None:
    seen = surest(seen)
    starts = hypotheses_of(seen, 1)
    if not starts:
        return None
    return trial_of(align_sightings(seen, starts[0]), seen, truth, strange, plain, block)


def trial_of(
    aligned: Aligned, seen: Sightings, truth: Pose3, strange: float, plain: bool, block: int
) -> Trial | None:
    """Return how far an alignment is off; None where it is of another place.

    Args:
        aligned: with what a picture shows.
        seen: what it shows.
        truth: pose of the camera.
        strange: how unlike the picture is to those that were learned.
        plain: whether nothing of it was covered.
        block: of successive pictures that it is of.
    """
    off_m = aligned.pose.mean.distance_to(truth)
    off_rad = aligned.pose.mean.angle_to(truth)
    if off_m > _OTHER_PLACE_M or off_rad > _OTHER_PLACE_RAD:
        return None
    return Trial(
        whitened(aligned.pose, truth),
        outcome_of(aligned, seen, strange),
        off_m,
        math.degrees(off_rad),
        plain,
        block,
    )


def _covered(seen: Sightings, share: float, rng: np.random.Generator) -> Sightings:
    if share == 0.0:
        return seen
    kept = covered(seen.rays, share, rng)
    return Sightings(seen.points[kept], seen.rays[kept], seen.deviations[kept])


def covered(
    places: NDArray[np.float64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Cover a share of a picture from one side: return which places (n, 2) are still seen."""
    angle = rng.uniform(0.0, 2.0 * math.pi)
    along = places @ [math.cos(angle), math.sin(angle)]
    if len(along) == 0:
        return np.zeros(0, np.bool_)
    return along >= np.quantile(along, share)
