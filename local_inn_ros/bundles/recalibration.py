# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Puts another calibration, surfaces or laser into a bundle that is in its place."""

from __future__ import annotations

import contextlib
import hashlib
import io

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import (
    BundleDescription,
    Calibration,
    FileReference,
    write_description,
)
from local_inn_ros.places import new_file
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.world.distance_image import save_distances


def rewrite_calibration(bundle: Bundle, calibration: Calibration) -> None:
    """Put a calibration into a bundle's description, whole or not at all.

    Raises:
        PlaceError: the file cannot be written.
    """
    _rewrite(bundle, bundle.description.model_copy(update={"calibration": calibration}))


def rewrite_learned(bundle: Bundle, learned: Bundle) -> None:
    """Put what a bundle has learned into its place: description and surfaces, or neither.

    Args:
        bundle: as it is in its place.
        learned: the same, with other surfaces and another calibration.

    Raises:
        PlaceError: a file cannot be written.
    """
    (before,) = bundle.description.maps
    (told,) = learned.description.maps
    if learned.distances_m is bundle.distances_m:
        _rewrite(bundle, learned.description)
        return
    surfaces = None
    if learned.distances_m is not None:
        # Named by what it holds: the file that the old description names is not touched.
        content = io.BytesIO()
        save_distances(learned.distances_m, content)
        sha256 = hashlib.sha256(content.getvalue()).hexdigest()
        surfaces = FileReference(file=f"surfaces-{sha256[:12]}.png", sha256=sha256)
        with new_file(bundle.path / surfaces.file) as file:
            file.write_bytes(content.getvalue())
    placed = told.model_copy(update={"surfaces": surfaces})
    _rewrite(bundle, learned.description.model_copy(update={"maps": (placed,)}))
    if before.surfaces is not None and before.surfaces != surfaces:
        with contextlib.suppress(OSError):
            (bundle.path / before.surfaces.file).unlink()


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
