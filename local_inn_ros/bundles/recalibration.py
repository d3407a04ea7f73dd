# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Puts another calibration, or another laser, into a bundle that is in its place."""

from __future__ import annotations

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, write_description
from local_inn_ros.places import new_file
from local_inn_ros.sensing import LaserSpec


def rewrite_calibration(bundle: Bundle, calibration: Calibration) -> None:
    """Put a calibration into a bundle's description, whole or not at all.

    Raises:
        PlaceError: the file cannot be written.
    """
    _rewrite(bundle, bundle.description.model_copy(update={"calibration": calibration}))


def rewrite_laser(bundle: Bundle, laser: LaserSpec) -> Bundle:
    """Put another description of its planar laser into a bundle, whole or not at all.

    Returns:
        The bundle as it is then.

    Raises:
        BundleError: the bundle is not for one planar laser.
        PlaceError: the file cannot be written.
    """
    before = bundle.description.laser
    sensors = {
        name: laser if one is before else one for name, one in bundle.description.sensors.items()
    }
    _rewrite(bundle, bundle.description.model_copy(update={"sensors": sensors}))
    return Bundle.load(bundle.path)


def _rewrite(bundle: Bundle, description: BundleDescription) -> None:
    with new_file(bundle.path / "bundle.yaml") as file:
        write_description(description, file)
