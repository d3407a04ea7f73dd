# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What networks that are being trained say of one picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.systems.pose_inn.config import STRIDE
from local_inn_ros.systems.pose_inn.export import PlacesGraph
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmarks import keypoints_of
from local_inn_ros.systems.pose_inn.network import PoseInn
from local_inn_ros.systems.pose_inn.patch_source import pose_rows


@torch.no_grad()
def features_of(model: PoseInn, brightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features (patches, 64) of brightness (height, width)."""
    told: NDArray[np.float32] = model.backbone(torch.from_numpy(brightness)[None])[0].numpy()
    return told


def keypoints_told(
    model: PoseInn, brightness: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the features (patches, 64) and peaks (patches, 3) of brightness (height, width)."""
    return features_of(model, brightness), _peaks(model, brightness)


def landmarks_counted(
    model: PoseInn,
    refiner: LandmarkRefiner,
    brightness: NDArray[np.float32],
    features: NDArray[np.float32],
) -> Callable[[Pose3], int]:
    """Return what counts the landmarks of brightness (height, width) that a pose explains."""
    patches = brightness.shape[0] // STRIDE, brightness.shape[1] // STRIDE
    keypoints = keypoints_of(features, _peaks(model, brightness), patches)
    return partial(refiner.explained_at, keypoints)


@torch.no_grad()
def _peaks(model: PoseInn, brightness: NDArray[np.float32]) -> NDArray[np.float32]:
    peaks: NDArray[np.float32] = model.keypoints(torch.from_numpy(brightness)[None])[0].numpy()
    return peaks


@torch.no_grad()
def places_told(
    model: PoseInn, brightness: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return places (patches, 3), log deviations (patches,), and features (patches, 64)."""
    features = model.backbone(torch.from_numpy(brightness)[None])
    places, log_deviations = PlacesGraph(model.places)(features)
    return places[0].numpy(), log_deviations[0].numpy(), features[0].numpy()


@torch.no_grad()
def drawn_at(model: PoseInn, pose: Pose3) -> NDArray[np.float32]:
    """Return what the forward pass draws at a pose of the camera."""
    rows = pose_rows(pose.to_matrix()[None])
    drawn: NDArray[np.float32] = model.view(torch.from_numpy(rows))[0].numpy()
    return drawn
