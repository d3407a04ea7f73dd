# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Looks at posed pictures, with what the frozen part of the encoder makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.paper_config import SIDE, channels_of
from local_inn_ros.systems.pose_inn.paper_looks import another_paper_look, plain_paper_look
from local_inn_ros.systems.pose_inn.patch_source import pose_rows

# Looks that are kept: each takes 50 kB in colour, and its features.
_MOST_LOOKS = 6_000
# Looks that go through the network at once.
_AT_ONCE = 32

Features = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From pictures (b, channels, 128, 128) to what the frozen part makes of them (b, ...)."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperBatch:
    """Looks at posed pictures.

    Attributes:
        features: (b, ...) what the encoder's frozen part makes of them.
        poses: (b, 12) of the cameras: positions, and rotations row by row.
        pictures: (d, channels, 128, 128), 0 to 1, what is to be drawn of the first of them.
    """

    features: NDArray[np.float32]
    poses: NDArray[np.float32]
    pictures: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PaperLooks:
    """What the fit loop draws from (see ``SampleSource``).

    Attributes:
        features: (n, ...) float16 of all looks.
        poses: (n, 12).
        pictures: (n, channels, 128, 128) uint8.
        drawn: of them in each batch.
    """

    features: NDArray[np.float16]
    poses: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    drawn: int

    def draw(self, rng: np.random.Generator, count: int) -> PaperBatch:
        """Draw looks."""
        rows = rng.integers(len(self.poses), size=count)
        shown = self.pictures[rows[: self.drawn]].astype(np.float32) / np.float32(255.0)
        return PaperBatch(self.features[rows].astype(np.float32), self.poses[rows], shown)


def paper_looks_of(
    posed: PosedPictures, looks: int, drawn: int, features: Features, rng: np.random.Generator
) -> PaperLooks:
    """Look at all pictures.

    Args:
        posed: pictures to learn from.
        looks: at each of them, the first as it is.
        drawn: pictures that are drawn in each batch.
        features: asks the encoder's frozen part.
        rng: draws the looks.
    """
    camera = posed.camera
    each = max(1, min(looks, _MOST_LOOKS // len(posed)))
    count = each * len(posed)
    pictures = np.zeros((count, channels_of(camera), SIDE, SIDE), np.uint8)
    seen = np.zeros((_AT_ONCE, *pictures.shape[1:]), np.float32)
    poses = np.repeat(posed.poses(), each, axis=0)
    told: list[NDArray[np.float16]] = []
    for number, one in enumerate(posed):
        pixels = one.picture(camera).pixels
        for index in range(number * each, (number + 1) * each):
            plain = index % each == 0
            look = (
                plain_paper_look(pixels, camera)
                if plain
                else another_paper_look(pixels, camera, rng)
            )
            pictures[index] = np.round(255.0 * look.clear)
            seen[index % _AT_ONCE] = look.seen
            poses[index, :3, :3] = poses[index, :3, :3] @ look.turned
            if index % _AT_ONCE == _AT_ONCE - 1 or index == count - 1:
                told.append(features(seen[: index % _AT_ONCE + 1]).astype(np.float16))
    return PaperLooks(np.concatenate(told), pose_rows(poses), pictures, drawn)
