# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks from tracks: each is put where all that saw it say, and the best known are kept.

Hartley and Zisserman, Multiple View Geometry (2004), chapter 12; robust by Cauchy's weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import FEATURES
from local_inn_ros.systems.pose_inn.landmark_matching import NEAREST_M
from local_inn_ros.systems.pose_inn.landmark_tracks import NEAR_PX, Tracks
from local_inn_ros.systems.pose_inn.landmarks import Landmarks, in_steps

_STEPS = 8
# Errors of so many pixels count half.
_ROBUST_PX = 2.0
# What no landmark's image is surer than, in pixels.
_LEAST_DEVIATION_PX = 0.7
# Of the information of a place, in 1/m^2: what nothing tells of stays where it is.
_LEAST_INFORMATION = 1e-2


@dataclass(frozen=True, slots=True)
class DepthTrust:
    """How far the depths are trusted that landmarks begin with.

    Attributes:
        deviation: of their logarithms.
        fewest_views: pictures that must have seen a landmark.
    """

    deviation: float
    fewest_views: int


MEASURED, TRIANGULATED = DepthTrust(0.05, 1), DepthTrust(0.3, 2)
"""Of a sensor, and from other pictures."""


def landmarks_of(
    tracks: Tracks,
    poses: NDArray[np.float64],
    camera: CameraSpec,
    most: int,
    depths: DepthTrust,
) -> Landmarks:
    """Return the landmarks that tracks are of.

    Args:
        tracks: sights of them.
        poses: (k, 4, 4) of the camera in the map frame, of all pictures.
        camera: of the pictures.
        most: landmarks that are kept: those that most pictures saw, wherever they were taken.
        depths: how far known depths are trusted.
    """
    points, off_px = placed(tracks, poses, camera, depths.deviation)
    count = len(points)
    views = np.bincount(tracks.landmarks, minlength=count)
    kept = _chosen(tracks, views, len(poses), most, depths.fewest_views)
    ways, distances = _seen_from(tracks, points, poses)
    sums = np.zeros((count, FEATURES), np.float32)
    np.add.at(sums, tracks.landmarks, tracks.descriptors.astype(np.float32))
    squares = np.bincount(tracks.landmarks, np.minimum(off_px, 2.0 * NEAR_PX) ** 2, count)
    # A few sights say little of how far off others are: one more, of a pixel.
    deviations = np.sqrt((0.5 * squares + 1.0) / (views + 1.0))
    return Landmarks(
        points[kept].astype(np.float32),
        in_steps(sums[kept]),
        ways[kept].astype(np.float32),
        distances[kept].astype(np.float32),
        np.maximum(deviations, _LEAST_DEVIATION_PX)[kept].astype(np.float32),
    )


def placed(
    tracks: Tracks, poses: NDArray[np.float64], camera: CameraSpec, depth_deviation: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put landmarks (n, 3) where all that saw them say.

    Returns:
        The places, and how far off the image of each sight (s,) is, in pixels.
    """
    turns, places = poses[tracks.pictures, :3, :3], poses[tracks.pictures, :3, 3]
    focal = 0.5 * (camera.fx + camera.fy)
    known = np.isfinite(tracks.depths)
    measured = np.where(known, tracks.depths, 1.0)
    points = tracks.points.copy()
    off_px = np.zeros(len(tracks.landmarks))
    for _ in range(_STEPS):
        seen = np.einsum("nji,nj->ni", turns, points[tracks.landmarks] - places)
        depth = np.maximum(seen[:, 2], NEAREST_M)
        image = seen[:, :2] / depth[:, None]
        far = np.where(known, np.log(depth / measured), 0.0) / depth_deviation
        residuals = np.c_[(image - tracks.rays) * focal, far]
        off_px = np.linalg.norm(residuals[:, :2], axis=1)
        weights = 1.0 / (1.0 + np.c_[off_px / _ROBUST_PX, off_px / _ROBUST_PX, far] ** 2)
        slopes = np.zeros((len(depth), 3, 3))
        slopes[:, 0, 0] = slopes[:, 1, 1] = focal / depth
        slopes[:, :2, 2] = -image * (focal / depth)[:, None]
        slopes[:, 2, 2] = known / depth / depth_deviation
        ways = np.einsum("nij,nkj->nik", slopes, turns)
        weighed = ways * weights[:, :, None]
        information = _summed(np.einsum("nki,nkj->nij", weighed, ways), tracks, len(points))
        pull = _summed(np.einsum("nki,nk->ni", weighed, residuals), tracks, len(points))
        information += _LEAST_INFORMATION * np.eye(3)
        points -= np.linalg.solve(information, pull[:, :, None])[:, :, 0]
    return points, off_px


def _summed(values: NDArray[np.float64], tracks: Tracks, count: int) -> NDArray[np.float64]:
    """Add up what sights (s, ...) tell of each landmark (n, ...)."""
    flat = values.reshape(len(values), -1)
    sums = np.zeros((count, flat.shape[1]))
    for column in range(flat.shape[1]):
        sums[:, column] = np.bincount(tracks.landmarks, flat[:, column], count)
    return sums.reshape(count, *values.shape[1:])


def _chosen(
    tracks: Tracks, views: NDArray[np.intp], pictures: int, most: int, fewest: int
) -> NDArray[np.intp]:
    """Choose landmarks so that each picture keeps some of those that it shares with most others."""
    able = views >= fewest
    if able.sum() <= most:
        return np.flatnonzero(able)
    order = np.argsort(-views[tracks.landmarks], kind="stable")
    order = order[able[tracks.landmarks[order]]]
    order = order[np.argsort(tracks.pictures[order], kind="stable")]
    numbers = tracks.pictures[order]
    # Rank of each sight among those of its picture, the landmarks of most views first.
    ranks = np.arange(len(numbers)) - np.searchsorted(numbers, np.arange(pictures))[numbers]
    best = np.full(len(views), len(numbers))
    np.minimum.at(best, tracks.landmarks[order], ranks)
    return np.sort(np.lexsort((-views, best))[:most])


def _seen_from(
    tracks: Tracks, points: NDArray[np.float64], poses: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean way from each landmark to what saw it, and the mean distance."""
    back = poses[tracks.pictures, :3, 3] - points[tracks.landmarks]
    lengths = np.maximum(np.linalg.norm(back, axis=1), 1e-6)
    ways = _summed(back / lengths[:, None], tracks, len(points))
    views = np.maximum(np.bincount(tracks.landmarks, minlength=len(points)), 1)
    logs = np.bincount(tracks.landmarks, np.log(lengths), len(points)) / views
    return ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-6), np.exp(logs)
