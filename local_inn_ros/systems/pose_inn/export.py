# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From trained networks to the files of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.backbone_weights import backbone_licence
from local_inn_ros.systems.pose_inn.config import (
    BACKBONE,
    LICENCES,
    NAME,
    PLACES,
    POSTERIOR,
    VIEW,
    WEIGHTS,
    PoseInnConfig,
    signatures,
)
from local_inn_ros.systems.pose_inn.network import (
    PlaceNetwork,
    PoseInn,
    PosteriorFlow,
    pooled,
)
from local_inn_ros.systems.pose_inn.presets import TrainingSettings
from local_inn_ros.systems.pose_inn.quality import QualityWeights


def write_files(
    model: PoseInn,
    posed: PosedPictures,
    settings: TrainingSettings,
    least_deviation_px: float,
    quality: QualityWeights,
    measured: Mapping[str, float],
    record: Mapping[str, RecordValue],
    folder: Path,
) -> BundleDescription:
    """Write graphs, weights and licences into a folder, and return what bundle.yaml says of them.

    Args:
        model: trained networks, in evaluation mode.
        posed: pictures that they were trained on.
        settings: of the training.
        least_deviation_px: what no patch is surer than.
        quality: weights of the probability that a pose is right.
        measured: figures on pictures held out, ``view_deviation`` among them.
        record: what the training was.
        folder: where to write.
    """
    graphs = {}
    modules = modules_of(model)
    for graph in signatures(posed.camera):
        file = folder / f"{graph.name}.onnx"
        write_graph(modules[graph.name], graph, file)
        graphs[graph.name] = GraphReference(
            file=file.name,
            sha256=file_sha256(file),
            inputs=axes_of(graph.inputs),
            outputs=axes_of(graph.outputs),
        )
    # The backbone is in its graph, and on every machine that trains.
    own = {
        name: one.contiguous()
        for name, one in model.state_dict().items()
        if not name.startswith("backbone.")
    }
    (folder / "weights.safetensors").write_bytes(save(own))
    (folder / "licences.txt").write_text(backbone_licence(), encoding="utf-8")
    files = {WEIGHTS: "weights.safetensors", LICENCES: "licences.txt"}
    positions = posed.poses()[:, :3, 3]
    low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
    config = PoseInnConfig(
        network=settings.network,
        least_deviation_px=least_deviation_px,
        quality=quality,
        view_deviation=measured["view_deviation"],
        bounds=(tuple(low), tuple(high)),
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
    }
