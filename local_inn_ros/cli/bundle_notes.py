# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What there is to say of a bundle after it was trained or calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_inn_ros.bundles.bundle import Bundle
    from local_inn_ros.bundles.description import BundleDescription
    from local_inn_ros.systems.protocol import System


def tell_surfaces(before: BundleDescription, after: BundleDescription) -> None:
    """Print where surfaces lie, and what ranges have wrong, where a calibration changed it."""
    from local_inn_ros.cli.output import say

    old_m, new_m = (one.maps[0].surface_offset_m for one in (before, after))
    if new_m != old_m:
        say(
            f"surfaces lie {-100.0 * new_m:.1f} cm behind the faces of occupied cells "
            f"({-100.0 * old_m:.1f} cm before)"
        )
    bias_m = after.calibration.range_bias_m
    if bias_m != before.calibration.range_bias_m:
        say(f"ranges are {100.0 * bias_m:.1f} cm too long; that is taken off from now on")


def tell_drawing(bundle: Bundle) -> None:
    """Print where a bundle that was trained on a map alone takes its surfaces to lie."""
    from local_inn_ros.cli.output import say
    from local_inn_ros.world.wall_drawing import wall_drawing

    told = bundle.description.maps[0]
    if told.surfaces is None:
        say(wall_drawing(bundle.grid).words())


def tell_doubts(system: System, described: BundleDescription) -> None:
    """Print what tells that a bundle would not hold, if anything does."""
    from local_inn_ros.cli.output import say
    from local_inn_ros.systems.protocol import MeasuresItself

    if isinstance(system, MeasuresItself):
        for doubt in system.doubts(described.measured):
            say(f"warning: {doubt}")
