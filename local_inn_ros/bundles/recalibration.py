# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Puts another calibration, or description, into a bundle that is in its place."""

from __future__ import annotations

import os

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, write_description
from local_inn_ros.errors import BundleError


def rewrite_calibration(bundle: Bundle, calibration: Calibration) -> None:
    """Put a calibration into a bundle's description, whole or not at all.

    Raises:
        BundleError: the file cannot be written.
    """
    rewrite_description(bundle, bundle.description.model_copy(update={"calibration": calibration}))


def rewrite_description(bundle: Bundle, description: BundleDescription) -> None:
    """Put another description into a bundle's place, whole or not at all.

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
