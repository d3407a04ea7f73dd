# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Puts another calibration into a bundle that is in its place."""

from __future__ import annotations

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration, write_description
from local_inn_ros.places import new_file


def rewrite_calibration(bundle: Bundle, calibration: Calibration) -> None:
    """Put a calibration into a bundle's description, whole or not at all.

    Raises:
        PlaceError: the file cannot be written.
    """
    description = bundle.description.model_copy(update={"calibration": calibration})
    with new_file(bundle.path / "bundle.yaml") as file:
        write_description(description, file)
