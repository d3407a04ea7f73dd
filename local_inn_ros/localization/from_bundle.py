# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds the parts of a localizer from a bundle, so that every door builds the same."""

from __future__ import annotations

from local_inn_ros.engines import Engine
from local_inn_ros.engines.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.localizer import Localizer
from local_inn_ros.localization.refiner import Refiner, RefinerSettings
from local_inn_ros.localization.relocalizer import Relocalizer
from local_inn_ros.world import LikelihoodField


def build_localizer(
    bundle: Bundle, engine: Engine, mount: Pose2, refine: bool, sample_count: int = 20
) -> Localizer:
    """Build a localizer for a sensor mounted at ``mount`` on the base."""
    refiner = build_refiner(bundle) if refine else None
    return Localizer(bundle, engine, mount, refiner, sample_count)


def build_relocalizer(bundle: Bundle, engine: Engine, mount: Pose2, refine: bool) -> Relocalizer:
    """Build a global search for a sensor mounted at ``mount`` on the base."""
    return Relocalizer(bundle, engine, mount, build_refiner(bundle) if refine else None)


def build_refiner(bundle: Bundle) -> Refiner:
    """Build a refiner on the map that a bundle carries."""
    calibration = bundle.description.calibration
    return Refiner(
        LikelihoodField(bundle.grid, calibration.surface_offset_m),
        bundle.description.sensor.noise_std_m,
        RefinerSettings(
            map_deviation_m=calibration.map_deviation_m,
            map_yaw_deviation_rad=calibration.map_yaw_deviation_rad,
        ),
    )
