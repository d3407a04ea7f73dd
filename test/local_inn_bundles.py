# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles of Local_INN in memory, and the parts of one that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import (
    SCHEMA,
    BundleDescription,
    FileReference,
    GraphReference,
    MapReference,
    axes_of,
)
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.local_inn_2d.config import (
    LocalInn2dConfig,
    NetworkSettings,
    PriorSpec,
    signatures,
)
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.systems.local_inn_2d.networks import Networks
from local_inn_ros.systems.local_inn_2d.relocalizer import Relocalizer
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings


def description_of(
    sensor: LaserSpec,
    maps: MapReference,
    prior: PriorSpec,
    forward_deviation_m: float,
    files: dict[str, FileReference] | None = None,
    **envelope: Any,
) -> BundleDescription:
    """Describe a bundle; its graphs are those of FILES, or none that exist."""
    files = files or {}
    nothing = FileReference(file="none.onnx", sha256="")
    network = NetworkSettings()
    config = LocalInn2dConfig(
        prior=prior,
        latent_size=network.latent_z,
        forward_deviation_m=forward_deviation_m,
        narrowest_spread=0.1,
        clearance_m=0.15,
        network=network,
    )
    graphs = signatures(sensor.network_beams, network.code_size, network.latent_z)
    return BundleDescription(
        schema_name=SCHEMA,
        system="local_inn_2d",
        created_by="test",
        pose_space="se2",
        sensors={"laser": sensor},
        maps=(maps,),
        graphs={
            graph.name: GraphReference(
                **files.get(graph.name, nothing).model_dump(),
                inputs=axes_of(graph.inputs),
                outputs=axes_of(graph.outputs),
            )
            for graph in graphs
        },
        block=config.model_dump(mode="json"),
        **envelope,
    )


def with_block(bundle: Bundle, **changes: Any) -> BundleDescription:
    """Return a bundle's description with another block."""
    block = {**bundle.description.block, **changes}
    return bundle.description.model_copy(update={"block": block})


def build_localizer(
    bundle: Bundle, networks: Networks, mount: Pose2, refiner: RefinerChoice, samples: int = 20
) -> Localizer:
    return LocalInn2d(bundle, networks).fix_producer(
        Mount.level(mount), RunSettings(refiner, samples)
    )


def build_relocalizer(
    bundle: Bundle, networks: Networks, mount: Pose2, refiner: RefinerChoice
) -> Relocalizer:
    return LocalInn2d(bundle, networks).candidate_search(Mount.level(mount), RunSettings(refiner))


def train_small(
    grid: Any,
    sensor: LaserSpec,
    settings: Any,
    seed: int,
    out: Path,
    progress: Any,
    posed: Any = None,
    device: str = "cpu",
    **how: Any,
) -> Path:
    """Train with settings of any size."""
    from local_inn_ros.systems.local_inn_2d.system import SYSTEM
    from local_inn_ros.systems.local_inn_2d.train import LocalInn2dTraining
    from local_inn_ros.systems.protocol import TrainingInputs
    from local_inn_ros.training.train import train_run

    inputs = TrainingInputs(grid, {"laser": sensor}, posed)
    run = LocalInn2dTraining.of(inputs, settings, seed, device)
    return train_run(SYSTEM, run, seed, out, progress, **how)
