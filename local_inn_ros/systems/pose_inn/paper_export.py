# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From trained networks of PoseINN as published to the files of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
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
from local_inn_ros.systems.pose_inn.backbone_weights import LITE0
from local_inn_ros.systems.pose_inn.config import LICENCES, NAME
from local_inn_ros.systems.pose_inn.paper_config import (
    ENCODER,
    FORWARD,
    INVERSE,
    PaperConfig,
    signatures,
)
from local_inn_ros.systems.pose_inn.paper_network import PaperInn

_LICENCES = "licences.txt"


class InverseGraph(nn.Module):
    """What inverse.onnx computes."""

    def __init__(self, model: PaperInn) -> None:
        """Share the weights of a model."""
        super().__init__()
        self._model = model

    def forward(self, latents: Tensor, z: Tensor) -> Tensor:
        """Take latents (b, 60) and draws of z (s, 6) to poses (b, s, 12)."""
        each = latents[:, None].expand(-1, z.shape[0], -1)
        draws = z[None].expand(latents.shape[0], -1, -1)
        code = torch.cat([each, draws], dim=2).flatten(0, 1)
        positions, rotations = self._model.code.decode(self._model.couplings.backward(code))
        poses = torch.cat([positions, rotations.flatten(1)], dim=1)
        return poses.unflatten(0, (latents.shape[0], z.shape[0]))


class ForwardGraph(nn.Module):
    """What forward.onnx computes."""

    def __init__(self, model: PaperInn) -> None:
        """Share the weights of a model."""
        super().__init__()
        self._model = model

    def forward(self, poses: Tensor) -> tuple[Tensor, Tensor]:
        """Take poses (b, 12) to pictures (b, channels, 128, 128) and latents (b, 60)."""
        latents = self._model.latents_of(poses)
        return self._model.decoder(latents), latents


def write_paper_files(
    model: PaperInn,
    posed: PosedPictures,
    config: PaperConfig,
    measured: Mapping[str, float],
    record: Mapping[str, RecordValue],
    folder: Path,
) -> BundleDescription:
    """Write graphs and all else into a folder, and return what bundle.yaml says of them.

    Args:
        model: the networks, in evaluation mode.
        posed: pictures that it was trained on.
        config: the bundle's block.
        measured: figures on pictures held out.
        record: what the training was.
        folder: where to write.
    """
    modules = {ENCODER: model.encoder, INVERSE: InverseGraph(model), FORWARD: ForwardGraph(model)}
    graphs = {}
    for graph in signatures(posed.camera):
        file = folder / f"{graph.name}.onnx"
        write_graph(modules[graph.name], graph, file)
        graphs[graph.name] = GraphReference(
            file=file.name,
            sha256=file_sha256(file),
            inputs=axes_of(graph.inputs),
            outputs=axes_of(graph.outputs),
        )
    licence = LITE0.licence("The graph encoder.onnx holds")
    (folder / _LICENCES).write_text(licence, encoding="utf-8")
    return BundleDescription(
        schema_name=SCHEMA,
        system=NAME,
        created_by=f"local_inn_ros {__version__}",
        pose_space="se3",
        sensors={"camera": posed.camera},
        maps=(),
        graphs=graphs,
        files={LICENCES: FileReference(file=_LICENCES, sha256=file_sha256(folder / _LICENCES))},
        block=config.model_dump(mode="json"),
        training=dict(record),
        measured=dict(measured),
    )


@torch.no_grad()
def latents_told(model: PaperInn, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the latent (60,) of a picture (channels, 128, 128)."""
    told: NDArray[np.float32] = model.encoder(torch.from_numpy(picture)[None])[0].numpy()
    return told


@torch.no_grad()
def poses_told(
    model: PaperInn, latent: NDArray[np.float32], z: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the poses (s, 12) of a latent (60,) and draws of z (s, 6)."""
    graph = InverseGraph(model)
    told: NDArray[np.float32] = graph(torch.from_numpy(latent)[None], torch.from_numpy(z))[
        0
    ].numpy()
    return told


@torch.no_grad()
def expected_at(
    model: PaperInn, pose: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what is drawn at a pose (12,), (channels, 128, 128), and its latent (60,)."""
    picture, latent = ForwardGraph(model)(torch.from_numpy(pose)[None])
    return picture[0].numpy(), latent[0].numpy()
