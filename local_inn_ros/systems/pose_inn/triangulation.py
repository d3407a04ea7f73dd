# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far away patches are, from pictures of known poses that see them from elsewhere.

Patches are matched by their features and triangulated at known poses; what does not lie on the
other picture's epipolar line is no match (Hartley and Zisserman, Multiple View Geometry, 2004,
chapters 9 and 12).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import STRIDE, patches_of
from local_inn_ros.systems.pose_inn.looks import patch_pixels

# How far away a partner's camera is, and how turned: enough to see depth, and yet to match.
_BASELINES_M = (0.08, 1.0)
_LARGEST_TURN = math.radians(40.0)
_PARTNERS = 8
_LEAST_LIKE = 0.75
# How sharply the best of the neighbours of a match is told.
_SHARPNESS = 30.0
_EPIPOLAR_PX = 5.0
_LEAST_PARALLAX = math.radians(1.5)
_DEPTHS_M = (0.2, 30.0)
# Partners that must agree, and on what share of the depth.
_FEWEST = 2
_AGREEMENT = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class PatchDepths:
    """Depths of the patches of one picture.

    Attributes:
        camera: of the picture.
        depths: (rows, cols) along the optical axis in metres, NaN where they are not known.
    """

    camera: CameraSpec
    depths: NDArray[np.float64]

    def depths_along(self, rays: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the depths (n,) of the patches that rays (n, 2) go through, NaN where none is."""
        camera, (rows, cols) = self.camera, self.depths.shape
        pixels = rays * [camera.fx, camera.fy] + [camera.cx, camera.cy]
        places = np.floor((pixels + 0.5) / STRIDE).astype(np.intp)
        inside = np.all((places >= 0) & (places < [cols, rows]), axis=1)
        found = np.full(len(rays), np.nan)
        found[inside] = self.depths[places[inside, 1], places[inside, 0]]
        return found


class Triangulator:
    """Triangulates the patches of pictures with known poses."""

    def __init__(
        self,
        camera: CameraSpec,
        poses: NDArray[np.float64],
        features: Sequence[NDArray[np.float16]],
    ) -> None:
        """Set up.

        Args:
            camera: of the pictures.
            poses: (k, 4, 4) of the camera in the map frame.
            features: of the patches (patches, 64) of each picture as it is.
        """
        self._camera, self._poses, self._features = camera, poses, features
        self._pixels = patch_pixels(camera)
        self._rays = (self._pixels - [camera.cx, camera.cy]) / [camera.fx, camera.fy]

    def depths_of(self, number: int, rng: np.random.Generator) -> PatchDepths:
        """Return the depths of one picture's patches.

        Args:
            number: of the picture.
            rng: chooses among its partners.
        """
        partners = self._partners(number, rng)
        told = np.full((len(partners) + 1, len(self._rays)), np.nan)
        own = _normalized(self._features[number])
        for row, other in enumerate(partners):
            told[row] = self._by_partner(number, own, int(other))
        return PatchDepths(self._camera, _agreed(told).reshape(patches_of(self._camera)))

    def _partners(self, number: int, rng: np.random.Generator) -> NDArray[np.intp]:
        relative = np.linalg.inv(self._poses[number]) @ self._poses
        away = np.linalg.norm(relative[:, :3, 3], axis=1)
        cosine = 0.5 * (np.trace(relative[:, :3, :3], axis1=1, axis2=2) - 1.0)
        turn = np.arccos(np.clip(cosine, -1.0, 1.0))
        fits = (away > _BASELINES_M[0]) & (away < _BASELINES_M[1]) & (turn < _LARGEST_TURN)
        known = np.flatnonzero(fits)
        return rng.permutation(known)[:_PARTNERS]

    def _by_partner(self, number: int, own: NDArray[np.float32], other: int) -> NDArray[np.float64]:
        """Return the depths (patches,) that one other picture tells, NaN where it tells none."""
        like = own @ _normalized(self._features[other]).T
        best, back = like.argmax(axis=1), like.argmax(axis=0)
        mine = np.flatnonzero(
            (back[best] == np.arange(len(best))) & (like.max(axis=1) > _LEAST_LIKE)
        )
        pixels = self._refined(like[mine], best[mine])
        camera = self._camera
        rays = (pixels - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
        relative = np.linalg.inv(self._poses[other]) @ self._poses[number]
        ways = _homogeneous(self._rays[mine]) @ relative[:3, :3].T
        there = _homogeneous(rays)
        across = np.cross(ways, there)
        squared = np.maximum(np.einsum("ij,ij->i", across, across), 1e-12)
        depth = -np.einsum("ij,ij->i", across, np.cross(relative[:3, 3], there)) / squared
        points = ways * depth[:, None] + relative[:3, 3]
        image = points[:, :2] / np.maximum(points[:, 2:], 0.05)
        off_px = np.linalg.norm((image - rays) * [camera.fx, camera.fy], axis=1)
        lengths = np.linalg.norm(ways, axis=1) * np.linalg.norm(there, axis=1)
        parallax = np.arcsin(np.clip(np.sqrt(squared) / lengths, 0.0, 1.0))
        good = (off_px < _EPIPOLAR_PX) & (parallax > _LEAST_PARALLAX) & (points[:, 2] > 0.05)
        good &= (depth > _DEPTHS_M[0]) & (depth < _DEPTHS_M[1])
        depths = np.full(len(self._rays), np.nan)
        depths[mine[good]] = depth[good]
        return depths

    def _refined(self, like: NDArray[np.float32], best: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return where between patches the best matches are, in pixels (n, 2)."""
        rows, cols = patches_of(self._camera)
        down, across = np.divmod(best, cols)
        moved, weights = np.zeros((len(best), 2)), np.zeros(len(best))
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                y, x = np.clip(down + dy, 0, rows - 1), np.clip(across + dx, 0, cols - 1)
                here = y * cols + x
                told = like[np.arange(len(best)), here] - like[np.arange(len(best)), best]
                weight = np.exp(_SHARPNESS * told.astype(np.float64))
                moved += weight[:, None] * self._pixels[here]
                weights += weight
        refined: NDArray[np.float64] = moved / weights[:, None]
        return refined


def _agreed(told: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median (n,) of depths (partners, n) where enough partners agree on it."""
    known = np.isfinite(told)
    inverse = np.where(known, 1.0 / np.where(known, told, 1.0), np.nan)
    some = known.any(axis=0)
    middle = np.full(told.shape[1], np.nan)
    middle[some] = np.nanmedian(inverse[:, some], axis=0)
    agree = (np.abs(inverse - middle) < _AGREEMENT * middle).sum(axis=0)
    depths: NDArray[np.float64] = np.where(agree >= _FEWEST, 1.0 / middle, np.nan)
    return depths


def _normalized(features: NDArray[np.float16]) -> NDArray[np.float32]:
    whole = features.astype(np.float32)
    unit: NDArray[np.float32] = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    return unit


def _homogeneous(rays: NDArray[np.float64]) -> NDArray[np.float64]:
    longer: NDArray[np.float64] = np.c_[rays, np.ones(len(rays))]
    return longer
