# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks: points of the scene that are recognised by what a patch about them is like.

Keypoints and descriptors are those of XFeat (Potje et al., CVPR 2024): one keypoint in each patch
at most, its descriptor drawn from the features that the backbone gives anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BundleError
from local_inn_ros.systems.pose_inn.config import FEATURES, STRIDE

# A unit descriptor's numbers, as they are stored.
_STEPS = 127.0
# A patch whose likeliest pixel is less likely a keypoint than this has none.
_LEAST_SURE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """Points of one picture that may be recognised, the surest first.

    Attributes:
        pixels: (n, 2) where they are.
        descriptors: (n, 64) of unit length.
    """

    pixels: NDArray[np.float64]
    descriptors: NDArray[np.float32]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.pixels)

    def first(self, count: int) -> Keypoints:
        """Return so many of them."""
        return Keypoints(self.pixels[:count], self.descriptors[:count])


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Points of the scene with what they look like.

    Attributes:
        points: (n, 3) in the map frame, metres.
        descriptors: (n, 64) of unit length, in steps of 1/127.
        ways: (n, 3) unit vectors from the points to where they were seen from.
        distances: (n,) in metres that they were seen from.
        deviations: (n,) of their images from where they were seen, in pixels.
    """

    points: NDArray[np.float32]
    descriptors: NDArray[np.int8]
    ways: NDArray[np.float32]
    distances: NDArray[np.float32]
    deviations: NDArray[np.float32]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.points)

    def write(self, file: Path) -> None:
        """Write them into a file (npz)."""
        with file.open("wb") as stream:
            np.savez(
                stream,
                points=self.points,
                descriptors=self.descriptors,
                ways=self.ways,
                distances=self.distances,
                deviations=self.deviations,
            )

    @staticmethod
    def read(file: Path) -> Landmarks:
        """Read them from a file.

        Raises:
            BundleError: it holds no landmarks.
        """
        names = ("points", "descriptors", "ways", "distances", "deviations")
        try:
            with np.load(file, allow_pickle=False) as stored:
                points, descriptors, ways, distances, deviations = (stored[one] for one in names)
        except (OSError, KeyError, ValueError, BadZipFile) as error:
            raise BundleError(f"{file} holds no landmarks: {error}") from error
        count = len(points)
        shapes = [points.shape, descriptors.shape, ways.shape, distances.shape, deviations.shape]
        if shapes != [(count, 3), (count, FEATURES), (count, 3), (count,), (count,)]:
            raise BundleError(f"{file} holds no landmarks: its arrays are of {shapes}")
        return Landmarks(points, descriptors, ways, distances, deviations)


def keypoints_of(
    features: NDArray[np.floating], peaks: NDArray[np.float32], patches: tuple[int, int]
) -> Keypoints:
    """Return the keypoints of a picture.

    Args:
        features: (patches, 64) of its patches, row by row.
        peaks: (patches, 3) where in each patch its likeliest keypoint is (across, down, in
            pixels), and how likely it is one.
        patches: rows and columns of them.
    """
    rows, cols = patches
    down, across = np.divmod(np.arange(rows * cols), cols)
    pixels = np.stack([across, down], axis=1) * float(STRIDE) + peaks[:, :2]
    order = np.argsort(-peaks[:, 2], kind="stable")
    pixels = pixels[order[peaks[order, 2] > _LEAST_SURE]]
    return Keypoints(pixels, unit(_between(features.reshape(rows, cols, -1), pixels)))


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return vectors (n, k) at unit length."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    scaled: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return scaled


def in_steps(descriptors: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return unit descriptors (n, 64) as they are stored."""
    steps: NDArray[np.int8] = np.round(unit(descriptors) * _STEPS).astype(np.int8)
    return steps


def from_steps(descriptors: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return stored descriptors (n, 64), of about unit length."""
    scaled: NDArray[np.float32] = descriptors.astype(np.float32) / np.float32(_STEPS)
    return scaled


def _between(features: NDArray[np.floating], pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return features (rows, cols, 64) between the middles of patches, at pixels (n, 2)."""
    rows, cols = features.shape[:2]
    places = (pixels - 0.5 * (STRIDE - 1)) / STRIDE
    places = np.clip(places, 0.0, [cols - 1.0, rows - 1.0])
    first = np.minimum(places.astype(np.intp), [cols - 2, rows - 2])
    x, y = first.T
    right, lower = (places - first).astype(np.float32).T[:, :, None]
    upper = features[y, x] * (1.0 - right) + features[y, x + 1] * right
    under = features[y + 1, x] * (1.0 - right) + features[y + 1, x + 1] * right
    found: NDArray[np.float32] = upper * (1.0 - lower) + under * lower
    return found
