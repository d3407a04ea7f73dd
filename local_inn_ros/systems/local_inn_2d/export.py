# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From trained networks to the files of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save

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
from local_inn_ros.flows.onnx_export import write_graph
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
        write_graph(modules[graph.name], graph, files[graph.name])
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
