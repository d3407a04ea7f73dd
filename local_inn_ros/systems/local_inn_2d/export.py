# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From trained networks to the files of a bundle."""

from __future__ import annotations

import logging
import shutil
import warnings
from pathlib import Path

import onnx
import torch
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from safetensors.torch import save_file
from torch import Tensor, nn

from local_inn_ros import __version__
from local_inn_ros.bundles.bundle import Bundle, file_sha256
from local_inn_ros.bundles.description import (
    SCHEMA,
    BundleDescription,
    Calibration,
    FileReference,
    MapReference,
    PriorSpec,
    RecordValue,
    write_description,
)
from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.systems.local_inn_2d.map_calibration import MapCalibration
from local_inn_ros.systems.local_inn_2d.measure import Measurement
from local_inn_ros.systems.local_inn_2d.network import (
    EncoderGraph,
    ForwardGraph,
    InverseGraph,
    LocalInn,
)
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
    beams = model.encoder.beams
    scans = (torch.rand(2, beams), torch.ones(2, beams))
    given = (torch.rand(2, 3), torch.ones(2))
    batch, draws = torch.export.Dim("batch"), torch.export.Dim("draws")
    rows, given_rows = {0: batch}, {"priors": {0: batch}, "spreads": {0: batch}}
    _write_graph(
        EncoderGraph(model),
        (*scans, *given),
        {"ranges": rows, "states": rows, **given_rows},
        "seen",
        folder / "encoder.onnx",
    )
    _write_graph(
        InverseGraph(model),
        (torch.rand(2, model.latent_y), torch.rand(3, model.latent_z), *given),
        {"seen": rows, "latents": {0: draws}, **given_rows},
        "poses",
        folder / "inverse.onnx",
    )
    _write_graph(
        ForwardGraph(model, drawing_spread),
        (torch.rand(2, 3),),
        {"poses": rows},
        "ranges",
        folder / "forward.onnx",
    )
    return {name: folder / f"{name}.onnx" for name in ("encoder", "inverse", "forward")}


def write_bundle(
    model: LocalInn,
    grid: OccupancyGrid,
    sensor: SensorSpec,
    settings: TrainingSettings,
    measured: Measurement,
    record: dict[str, RecordValue],
    calibrated: MapCalibration,
    out: Path,
) -> None:
    """Write a whole bundle, or nothing.

    It is made beside its place and moved there when it is complete and loads; a bundle that was
    there before is replaced only then.

    Raises:
        BundleError: what was written does not load.
    """
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    networks = export_networks(model, settings.narrowest_spread, partial)
    weights = partial / "weights.safetensors"
    save_file(model.state_dict(), weights)
    save_map(grid, partial / "map.yaml")
    surfaces = None
    if calibrated.distances_m is not None:
        save_distances(calibrated.distances_m, partial / "surfaces.png")
        surfaces = FileReference(file="surfaces.png", sha256=file_sha256(partial / "surfaces.png"))
    description = BundleDescription(
        schema_name=SCHEMA,
        system="local_inn",
        created_by=f"local_inn_ros {__version__}",
        sensor=sensor,
        map=MapReference(file="map.yaml", sha256=grid_hash(grid)),
        prior=PriorSpec(
            deviation=settings.prior_deviation,
            widest_spread=1.0,
            fine_spread=measured.fine_spread,
        ),
        latent_size=model.latent_z,
        networks={
            name: FileReference(file=path.name, sha256=file_sha256(path))
            for name, path in networks.items()
        },
        calibration=Calibration(
            forward_deviation_m=measured.forward_deviation_m,
            surface_offset_m=calibrated.surface_offset_m,
        ),
        training=record,
        measured=measured.figures,
        surfaces=surfaces,
        weights=FileReference(file=weights.name, sha256=file_sha256(weights)),
    )
    write_description(description, partial / "bundle.yaml")
    Bundle.load(partial)
    replaced = out.with_name(out.name + ".replaced")
    shutil.rmtree(replaced, ignore_errors=True)
    if out.exists():
        out.rename(replaced)
    partial.rename(out)
    shutil.rmtree(replaced, ignore_errors=True)


def check_place(out: Path) -> None:
    """Refuse a place where a bundle would overwrite something that is no bundle.

    Raises:
        BundleError: there is a file, or a folder with other things in it.
    """
    if out.is_file():
        raise BundleError(f"{out} is a file: name a folder for the bundle")
    if out.is_dir() and any(out.iterdir()) and not (out / "bundle.yaml").is_file():
        raise BundleError(f"{out} holds other files than a bundle: name a new folder")


def _write_graph(
    graph: nn.Module,
    inputs: tuple[Tensor, ...],
    dynamic: dict[str, dict[int, torch.export.Dim]],
    output: str,
    path: Path,
) -> None:
    """Export one graph with named, dynamic batches, and check that it is sound."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            inputs,
            path,
            input_names=list(dynamic),
            output_names=[output],
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
