# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that were not learned, aligned as at run time: how far off, and what was told of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sighting_alignment import align_sightings
from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.hypotheses import hypotheses_of
from local_inn_ros.systems.pose_inn.localizer import sightings_of, surest
from local_inn_ros.systems.pose_inn.looks import brightness_of, plain_look
from local_inn_ros.systems.pose_inn.outcome import outcome_of, whitened

Places = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""From brightness (height, width) to places (patches, 3) and log deviations (patches,)."""

# Times that each picture is tried, with ever more of it covered.
_TRIES = 4
_MOST_COVERED = 0.6
# An answer so far away is another place: that is for the modes to tell, not for a covariance.
_OTHER_PLACE_M = 1.0
_OTHER_PLACE_RAD = math.radians(30.0)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One alignment of a picture whose pose is known.

    Attributes:
        offset: (6,) of the truth from it, in deviations that it claims.
        outcome: (8,) how it went.
        off_m: distance of the positions.
        off_deg: angle between the rotations.
        plain: whether nothing of the picture was covered.
    """

    offset: NDArray[np.float64]
    outcome: NDArray[np.float64]
    off_m: float
    off_deg: float
    plain: bool


def tried_alignments(
    posed: PosedPictures,
    places: Places,
    least_deviation_px: float,
    rng: np.random.Generator,
) -> list[Trial]:
    """Align pictures, as they are and with parts of them covered.

    Args:
        posed: pictures that were not learned.
        places: asks the networks.
        least_deviation_px: what no patch is surer than.
        rng: draws what is covered.
    """
    trials = []
    black = np.zeros((posed.camera.height, posed.camera.width), np.uint8)
    rays = plain_look(black, posed.camera).rays
    for one in posed:
        told = places(brightness_of(one.picture(posed.camera).pixels))
        seen = sightings_of(*told, rays, posed.camera, least_deviation_px)
        for number in range(_TRIES):
            share = _MOST_COVERED * number / max(_TRIES - 1, 1)
            trial = _tried(_covered(seen, share, rng), one.map_from_camera, number == 0)
            if trial is not None:
                trials.append(trial)
    return trials


def _tried(seen: Sightings, truth: Pose3, plain: bool) -> Trial | None:
    seen = surest(seen)
    starts = hypotheses_of(seen, 1)
    if not starts:
        return None
    aligned = align_sightings(seen, starts[0])
    off_m = aligned.pose.mean.distance_to(truth)
    off_rad = aligned.pose.mean.angle_to(truth)
    if off_m > _OTHER_PLACE_M or off_rad > _OTHER_PLACE_RAD:
        return None
    return Trial(
        whitened(aligned.pose, truth),
        outcome_of(aligned, seen),
        off_m,
        math.degrees(off_rad),
        plain,
    )


def _covered(seen: Sightings, share: float, rng: np.random.Generator) -> Sightings:
    """Cover a share of a picture from one side."""
    if share == 0.0:
        return seen
    angle = rng.uniform(0.0, 2.0 * math.pi)
    along = seen.rays @ [math.cos(angle), math.sin(angle)]
    kept = along >= np.quantile(along, share)
    return Sightings(seen.points[kept], seen.rays[kept], seen.deviations[kept])
