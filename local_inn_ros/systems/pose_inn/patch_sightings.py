# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the networks say of a picture's patches, as sightings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.sensing.camera.camera_spec import CameraSpec

# Share of the patches that are asked: the others are mostly walls without marks, whose places are
# drawn to the middle of what they may be.
_SURE_SHARE = 0.5
# Deviations of several tens of pixels let numbers overflow nowhere.
_MOST_LOG_DEVIATION = 7.0


def sightings_of(
    places: NDArray[np.float32],
    log_deviations: NDArray[np.float32],
    rays: NDArray[np.float64],
    camera: CameraSpec,
    least_deviation_px: float,
) -> Sightings:
    """Return what the networks say of a picture's patches as sightings.

    Args:
        places: (patches, 3) that they show, in the map frame.
        log_deviations: (patches,) of the places' images, in pixels.
        rays: (patches, 2) of their middles.
        camera: of the picture.
        least_deviation_px: what no patch is surer than.
    """
    told = np.minimum(log_deviations.astype(np.float64), _MOST_LOG_DEVIATION)
    deviations = np.hypot(np.exp(told), least_deviation_px) / (0.5 * (camera.fx + camera.fy))
    return Sightings(places.astype(np.float64), rays, deviations)


def surest(sightings: Sightings) -> Sightings:
    """Return the surer part of what a picture shows, which is asked."""
    return sightings.surest(round(_SURE_SHARE * len(sightings)))
