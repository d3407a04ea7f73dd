# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds the parts of a localizer from a bundle, so that every door builds the same."""

from __future__ import annotations

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import CovarianceModel, Engine
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.completion import Completion
from local_inn_ros.localization.alignment.forward_refiner import ForwardRefiner
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.alignment.scan_refiner import FieldScanRefiner, ScanRefiner
from local_inn_ros.localization.search.coarse_search import Lattice
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.systems.local_inn_2d.relocalizer import Relocalizer


def build_localizer(
    bundle: Bundle, engine: Engine, mount: Pose2, refiner: RefinerChoice, sample_count: int = 20
) -> Localizer:
    """Build a localizer for a sensor mounted at ``mount`` on the base."""
    aligner = build_scan_refiner(bundle, engine, refiner)
    completion = None
    if aligner is not None and refiner is RefinerChoice.FIELD:
        completion = Completion(aligner, ForwardRefiner(bundle, engine))
    model = aligned_model(bundle, refiner)
    return Localizer(bundle, engine, mount, aligner, sample_count, completion, model)


def build_follower(
    bundle: Bundle, engine: Engine, mount: Pose2, refiner: RefinerChoice, sample_count: int = 20
) -> Localizer:
    """Build a localizer that follows the places of a search.

    There are several of them, and most are wrong: what an alignment leaves open stays open.
    """
    aligner = build_scan_refiner(bundle, engine, refiner)
    model = aligned_model(bundle, refiner)
    return Localizer(bundle, engine, mount, aligner, sample_count, aligned_model=model)


def build_relocalizer(
    bundle: Bundle,
    engine: Engine,
    mount: Pose2,
    refiner: RefinerChoice,
    lattice: Lattice | None = None,
) -> Relocalizer:
    """Build a global search for a sensor mounted at ``mount`` on the base.

    A lattice of the bundle's map (``Lattice.of``) may be shared by several; laid down where left
    out.
    """
    if lattice is None:
        lattice = Lattice.of(bundle)
    aligner = build_scan_refiner(bundle, engine, refiner)
    return Relocalizer(bundle, engine, mount, lattice, aligner)


def build_scan_refiner(bundle: Bundle, engine: Engine, choice: RefinerChoice) -> ScanRefiner | None:
    """Build what aligns a network's answers; None where nothing should."""
    if choice is RefinerChoice.FIELD:
        return FieldScanRefiner(build_refiner(bundle), bundle.description.sensor.range_max_m)
    return ForwardRefiner(bundle, engine) if choice is RefinerChoice.FORWARD else None


def aligned_model(bundle: Bundle, choice: RefinerChoice) -> CovarianceModel:
    """Return how the covariances of aligned poses were calibrated; as they are, where not."""
    return bundle.description.calibration.aligned.get(choice.value, CovarianceModel())


def build_refiner(bundle: Bundle) -> Refiner:
    """Build a refiner on the map that a bundle carries."""
    return Refiner(bundle.field, bundle.description.sensor.noise_std_m)
