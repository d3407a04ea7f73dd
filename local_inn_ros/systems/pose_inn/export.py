# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From trained networks to what they say of a picture, and to the files of a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from local_inn_ros import __version__
from local_inn_ros.bundles.bundle import file_sha256
from local_inn_ros.bundles.description import (
    SCHEMA,
    BundleDescription,
    FileReference,
    GraphReference,
    RecordValue,
    axes_of,
)
from local_inn_ros.flows.onnx_export import write_graph
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.backbone_weights import backbone_licence
from local_inn_ros.systems.pose_inn.config import (
    BACKBONE,
    FAMILIARITY,
    KEYPOINTS,
    LANDMARK_POSTERIOR,
    LANDMARKS,
    LICENCES,
    NAME,
    PLACES,
    POSTERIOR,
    STRIDE,
    VIEW,
    WEIGHTS,
    PoseInnConfig,
    signatures,
)
from local_inn_ros.systems.pose_inn.familiarity import Familiarity
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmarks import Landmarks, keypoints_of
from local_inn_ros.systems.pose_inn.network import (
    PlaceNetwork,
    PoseInn,
    PosteriorFlow,
    pooled,
)
from local_inn_ros.systems.pose_inn.patch_source import pose_rows
from local_inn_ros.systems.pose_inn.presets import TrainingSettings
from local_inn_ros.systems.pose_inn.quality import QualityWeights


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a training came to.

    Attributes:
        model: networks, in evaluation mode.
        familiarity: with the pictures that were learned.
        landmarks: None where poses are not refined.
        quality: weights of the probability that a pose is right.
        refined_quality: likewise with landmarks; None without.
        least_deviation_px: what no patch is surer than.
    """

    model: PoseInn
    familiarity: Familiarity
    landmarks: Landmarks | None
    quality: QualityWeights
    refined_quality: QualityWeights | None
    least_deviation_px: float


def write_files(
    trained: Trained,
    posed: PosedPictures,
    settings: TrainingSettings,
    measured: Mapping[str, float],
    record: Mapping[str, RecordValue],
    folder: Path,
) -> BundleDescription:
    """Write graphs and all else into a folder, and return what bundle.yaml says of them.

    Args:
        trained: what there is to write.
        posed: pictures that it was trained on.
        settings: of the training.
        measured: figures on pictures held out, ``view_deviation`` among them.
        record: what the training was.
        folder: where to write.
    """
    graphs = _write_graphs(trained, posed.camera, folder)
    files = _write_others(trained, folder)
    positions = posed.poses()[:, :3, 3]
    low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
    config = PoseInnConfig(
        network=settings.network,
        least_deviation_px=trained.least_deviation_px,
        quality=trained.quality,
        refined_quality=trained.refined_quality,
        view_deviation=measured["view_deviation"],
        bounds=(tuple(low), tuple(high)),
        landmarks=0 if trained.landmarks is None else len(trained.landmarks),
    )
    return BundleDescription(
        schema_name=SCHEMA,
        system=NAME,
        created_by=f"local_inn_ros {__version__}",
        pose_space="se3",
        sensors={"camera": posed.camera},
        maps=(),
        graphs=graphs,
        files={
            name: FileReference(file=file, sha256=file_sha256(folder / file))
            for name, file in files.items()
        },
        block=config.model_dump(mode="json"),
        training=dict(record),
        measured=dict(measured),
    )


def _write_graphs(trained: Trained, camera: CameraSpec, folder: Path) -> dict[str, GraphReference]:
    graphs = {}
    modules = modules_of(trained.model)
    for graph in signatures(camera, trained.landmarks is not None):
        file = folder / f"{graph.name}.onnx"
        write_graph(modules[graph.name], graph, file)
        graphs[graph.name] = GraphReference(
            file=file.name,
            sha256=file_sha256(file),
            inputs=axes_of(graph.inputs),
            outputs=axes_of(graph.outputs),
        )
    return graphs


def _write_others(trained: Trained, folder: Path) -> dict[str, str]:
    """Write weights, licences and what is no network; return the files by what they are."""
    # XFeat's weights are in the graphs, and on every machine that trains.
    own = {
        name: one.contiguous()
        for name, one in trained.model.state_dict().items()
        if not name.startswith(("backbone.", "keypoints."))
    }
    files = {
        WEIGHTS: "weights.safetensors",
        LICENCES: "licences.txt",
        FAMILIARITY: "familiarity.npz",
    }
    (folder / files[WEIGHTS]).write_bytes(save(own))
    (folder / files[LICENCES]).write_text(backbone_licence(), encoding="utf-8")
    trained.familiarity.write(folder / files[FAMILIARITY])
    if trained.landmarks is not None:
        files[LANDMARKS] = "landmarks.npz"
        trained.landmarks.write(folder / files[LANDMARKS])
    return files


class PlacesGraph(nn.Module):
    """What places.onnx computes."""

    def __init__(self, model: PlaceNetwork) -> None:
        """Share the weights of a model."""
        super().__init__()
        self._model = model

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Take features (b, patches, 64) to places and log deviations."""
        whole = pooled(features)[:, None].expand(-1, features.shape[1], -1)
        return self._model(self._model.normalize(features, whole))


class PosteriorGraph(nn.Module):
    """What posterior.onnx computes."""

    def __init__(self, model: PosteriorFlow) -> None:
        """Share the weights of a model."""
        super().__init__()
        self._model = model

    def forward(self, latents: Tensor, outcomes: Tensor) -> Tensor:
        """Take draws of z (s, 6) under outcomes (b, OUTCOME) to offsets (b, s, 6)."""
        return self._model.sample(latents[None].expand(outcomes.shape[0], -1, -1), outcomes)


def modules_of(model: PoseInn) -> dict[str, nn.Module]:
    """Return what the graphs compute, by their names."""
    return {
        BACKBONE: model.backbone,
        PLACES: PlacesGraph(model.places),
        POSTERIOR: PosteriorGraph(model.posterior),
        VIEW: model.view,
        KEYPOINTS: model.keypoints,
        LANDMARK_POSTERIOR: PosteriorGraph(model.landmark_posterior),
    }


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
