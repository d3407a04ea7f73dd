# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Puts another calibration, surfaces or laser into a bundle that is in its place."""

from __future__ import annotations

import contextlib
import os

from local_inn_ros.bundles.bundle import Bundle, file_sha256
from local_inn_ros.bundles.description import (
    BundleDescription,
    Calibration,
    FileReference,
    write_description,
)
from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.world.distance_image import save_distances


def rewrite_calibration(bundle: Bundle, calibration: Calibration) -> None:
    """Put a calibration into a bundle's description, whole or not at all.

    Raises:
        BundleError: the file cannot be written.
    """
    _rewrite(bundle, bundle.description.model_copy(update={"calibration": calibration}))


def rewrite_learned(bundle: Bundle, learned: Bundle) -> None:
    """Put what a bundle has learned into its place: description and surfaces, or neither.

    Args:
        bundle: as it is in its place.
        learned: the same, with other surfaces and another calibration.

    Raises:
        BundleError: a file cannot be written.
    """
    (before,) = bundle.description.maps
    (told,) = learned.description.maps
    if learned.distances_m is bundle.distances_m:
        _rewrite(bundle, learned.description)
        return
    surfaces = None
    if learned.distances_m is not None:
        partial = bundle.path / f".surfaces.{os.getpid()}.partial"
        try:
            save_distances(learned.distances_m, partial)
            sha256 = file_sha256(partial)
            # Named by what it holds: the file that the old description names is not touched.
            surfaces = FileReference(file=f"surfaces-{sha256[:12]}.png", sha256=sha256)
            partial.replace(bundle.path / surfaces.file)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise BundleError(f"cannot write {partial}: {error.strerror}") from error
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
        BundleError: the file cannot be written, or the bundle is not for one planar laser.
    """
    before = bundle.description.laser
    sensors = {
        name: laser if one is before else one for name, one in bundle.description.sensors.items()
    }
    _rewrite(bundle, bundle.description.model_copy(update={"sensors": sensors}))
    return Bundle.load(bundle.path)


def _rewrite(bundle: Bundle, description: BundleDescription) -> None:
    """Put another description in its place, whole or not at all.

    Raises:
        BundleError: the file cannot be written.
    """
    file = bundle.path / "bundle.yaml"
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        write_description(description, partial)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BundleError(f"cannot write {file}: {error.strerror}") from error
