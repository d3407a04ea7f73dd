# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stretches of the drive that pictures were taken on, by how far the camera went and turned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.posed_pictures import PosedPictures

GAP = 1.5
"""Length of a stretch that is left out: metres, and turns in radians, added up."""

# Pictures nearer than this to the last that was taken tell little that is new; likewise added up.
_STEP = 0.04
_MOST_PICTURES = 600


def travelled(posed: PosedPictures) -> NDArray[np.float64]:
    """Return how far the camera had gone at each picture (k,): metres and radians, added up."""
    pairs = zip(posed.pictures[:-1], posed.pictures[1:], strict=True)
    steps = [
        one.map_from_camera.distance_to(other.map_from_camera)
        + one.map_from_camera.angle_to(other.map_from_camera)
        for one, other in pairs
    ]
    return np.concatenate([[0.0], np.cumsum(steps)])


def spaced(posed: PosedPictures) -> list[int]:
    """Return the numbers of pictures that are some way from each other along the drive."""
    gone = travelled(posed)
    step = max(_STEP, float(gone[-1]) / _MOST_PICTURES)
    wanted = np.arange(0.0, gone[-1] + step, step)
    numbers = np.minimum(np.searchsorted(gone, wanted), len(gone) - 1)
    return [int(number) for number in np.unique(numbers)]


def stretches(posed: PosedPictures, count: int) -> list[NDArray[np.intp]]:
    """Return the numbers of pictures of evenly strewn stretches, the first and the last among them.

    Args:
        posed: all pictures.
        count: stretches at most: no picture is of two, but for a very short drive's.
    """
    gone = travelled(posed)
    count = max(min(count, int(float(gone[-1]) / GAP)), 2)
    begins = np.linspace(0.0, max(float(gone[-1]) - GAP, 0.0), count)
    found = [np.flatnonzero((gone >= begin) & (gone <= begin + GAP)) for begin in begins]
    return [one for one in found if 0 < len(one) < len(posed)]


def split(posed: PosedPictures, share: float, count: int) -> tuple[PosedPictures, PosedPictures]:
    """Hold stretches out, evenly strewn within the drive, and return what is left and them.

    They are as long as gaps that a drive leaves, but for what the share allows.

    Args:
        posed: all pictures.
        share: of the pictures, that is held out at most.
        count: stretches.
    """
    gone = travelled(posed)
    most = max(1, round(share * len(posed) / count))
    held: set[int] = set()
    for first in ((2 * np.arange(count) + 1) * len(posed) // (2 * count)).tolist():
        end = int(np.searchsorted(gone, gone[first] + GAP, side="right"))
        held |= set(range(first, min(end, first + most)))
    learned = posed.at(index for index in range(len(posed)) if index not in held)
    return learned, posed.at(sorted(held))
