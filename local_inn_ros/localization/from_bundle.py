# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds the parts of a localizer from a bundle, so that every door builds the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.engines import Engine
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.localizer import Localizer
from local_inn_ros.localization.relocalizer import Relocalizer

if TYPE_CHECKING:
    from local_inn_ros.engines.bundle import Bundle


def build_localizer(
    bundle: Bundle, engine: Engine, mount: Pose2, refine: bool, sample_count: int = 20
) -> Localizer:
    """Build a localizer for a sensor mounted at ``mount`` on the base."""
    raise NotImplementedError


def build_relocalizer(bundle: Bundle, engine: Engine, mount: Pose2, refine: bool) -> Relocalizer:
    """Build a global search for a sensor mounted at ``mount`` on the base."""
    raise NotImplementedError
