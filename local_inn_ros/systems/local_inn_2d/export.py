# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From trained networks to the files of a bundle."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from safetensors.torch import save
from torch import nn

from local_inn_ros import __version__
from local_inn_ros.bundles.bundle import file_sha256
from local_inn_ros.bundles.description import (
    SCHEMA,
    BundleDescription,
    FileReference,
    GraphReference,
    MapReference,
    RecordValue,
    axes_of,
)
from local_inn_ros.engines.graphs import GraphSignature
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.systems.local_inn_2d.config import (
    NAME,
    WEIGHTS,
    LocalInn2dConfig,
    PriorSpec,
    signatures,
)
from local_inn_ros.systems.local_inn_2d.map_calibration import MapCalibration
from local_inn_ros.systems.local_inn_2d.measure import Measurement
from local_inn_ros.systems.local_inn_2d.network import LocalInn, modules_of
from local_inn_ros.systems.local_inn_2d.presets import TrainingSettings
from local_inn_ros.world import OccupancyGrid, grid_hash, save_map
from local_inn_ros.world.distance_image import save_distances

_OPSET = 18

# Fields of ONNX's messages, wherever they are, that are for people and tools alone.
_NOTES = frozenset({"metadata_props", "doc_string"})


def export_networks(model: LocalInn, drawing_spread: float, folder: Path) -> dict[str, Path]:
    """Write encoder.onnx, inverse.onnx and forward.onnx.

    Args:
        model: trained networks, in evaluation mode.
        drawing_spread: spread that the forward pass is conditioned on.
        folder: where to write.

    Returns:
        The files, by name.
    """
    modules = modules_of(model, drawing_spread)
    files: dict[str, Path] = {}
    for graph in signatures_of(model):
        files[graph.name] = folder / f"{graph.name}.onnx"
        _write_graph(modules[graph.name], graph, files[graph.name])
    return files


def signatures_of(model: LocalInn) -> tuple[GraphSignature, ...]:
    """Return what a model's graphs take and give."""
    return signatures(model.encoder.beams, model.pose_code.size, model.latent_z)


def write_files(
    model: LocalInn,
    grid: OccupancyGrid,
    sensor: LaserSpec,
    settings: TrainingSettings,
    measured: Measurement,
    record: Mapping[str, RecordValue],
    calibrated: MapCalibration,
    folder: Path,
) -> BundleDescription:
    """Write graphs, weights and map into a folder, and return what bundle.yaml says of them."""
    graphs = export_networks(model, settings.narrowest_spread, folder)
    weights = folder / "weights.safetensors"
    weights.write_bytes(save(model.state_dict()))
    save_map(grid, folder / "map.yaml")
    surfaces = None
    if calibrated.distances_m is not None:
        save_distances(calibrated.distances_m, folder / "surfaces.png")
        surfaces = FileReference(file="surfaces.png", sha256=file_sha256(folder / "surfaces.png"))
    config = LocalInn2dConfig(
        prior=PriorSpec(
            deviation=settings.prior_deviation,
            widest_spread=1.0,
            fine_spread=measured.fine_spread,
        ),
        latent_size=model.latent_z,
        forward_deviation_m=measured.forward_deviation_m,
        narrowest_spread=settings.narrowest_spread,
        clearance_m=settings.clearance_m,
        network=settings.network,
    )
    return BundleDescription(
        schema_name=SCHEMA,
        system=NAME,
        created_by=f"local_inn_ros {__version__}",
        pose_space="se2",
        sensors={"laser": sensor},
        maps=(
            MapReference(
                file="map.yaml",
                sha256=grid_hash(grid),
                surface_offset_m=calibrated.surface_offset_m,
                surface_deviation_m=calibrated.surface_deviation_m,
                surfaces=surfaces,
            ),
        ),
        graphs={
            graph.name: GraphReference(
                file=graphs[graph.name].name,
                sha256=file_sha256(graphs[graph.name]),
                inputs=axes_of(graph.inputs),
                outputs=axes_of(graph.outputs),
            )
            for graph in signatures_of(model)
        },
        files={WEIGHTS: FileReference(file=weights.name, sha256=file_sha256(weights))},
        block=config.model_dump(mode="json"),
        training=dict(record),
        measured=measured.figures,
    )


def _write_graph(module: nn.Module, graph: GraphSignature, path: Path) -> None:
    """Export one graph with named, dynamic batches, and check that it is sound."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    open_axes = {
        axis: torch.export.Dim(axis)
        for one in graph.inputs
        for axis in one.axes
        if isinstance(axis, str)
    }
    # Another number for each axis, so that none is taken for the other.
    sizes = {axis: 2 + number for number, axis in enumerate(open_axes)}
    examples = tuple(
        torch.rand([sizes[axis] if isinstance(axis, str) else axis for axis in one.axes])
        for one in graph.inputs
    )
    dynamic = {
        one.name: {
            number: open_axes[axis] for number, axis in enumerate(one.axes) if isinstance(axis, str)
        }
        for one in graph.inputs
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            examples,
            path,
            input_names=[one.name for one in graph.inputs],
            output_names=[one.name for one in graph.outputs],
            dynamic_shapes=dynamic,
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    model = onnx.load(path)
    remove_notes(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def remove_notes(message: Message) -> None:
    """Remove what no result depends on from an ONNX message and all that it holds.

    The exporter notes at each node where it comes from: stack traces with the paths of the machine
    that exports, several times the size of the graph itself.
    """
    for described, value in message.ListFields():
        if described.name in _NOTES:
            message.ClearField(described.name)
        elif isinstance(value, Message):
            remove_notes(value)
        elif described.type == FieldDescriptor.TYPE_MESSAGE:
            for one in value:
                remove_notes(one)
