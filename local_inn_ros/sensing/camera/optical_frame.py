# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Optical frames and body frames (REP-103), and which of them a camera has been given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.mount import Mount

# So far from straight up or down a camera may look, in degrees, and still look at ceiling or floor.
_UPRIGHT_DEG = 30.0
# Two frames that turn by less than that against each other, in degrees, have the same axes.
_ALIKE_DEG = 3.0


def body_from_optical() -> NDArray[np.float64]:
    """Return the rotation (3, 3) from an optical frame to a body's.

    The one has x right, y down, z into the picture; the other x ahead, y left, z up.
    """
    return np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def ceiling_warning(mount: Mount) -> str:
    """Say that a camera seems to be placed by its body's axes; empty where it does not.

    Axes of a body that are taken for optical ones have a camera look along the body's z, at the
    ceiling. A camera that is meant to look there has an optical frame, whose name says so; where
    such a frame has the base's own axes, its transform lacks the turn.
    """
    rotation = mount.base_from_sensor.rotation
    if abs(rotation[2, 2]) < np.cos(np.radians(_UPRIGHT_DEG)):
        return ""
    where = "ceiling" if rotation[2, 2] > 0.0 else "floor"
    seen = (
        f"by the transform from '{mount.base}' to '{mount.sensor}' the camera looks at the {where}"
    )
    if "optical" not in mount.sensor.lower():
        return (
            f"{seen}: '{mount.sensor}' seems to be the frame of its body (x ahead, z up), and "
            "pictures are told in its optical frame (x right, y down, z into the picture; "
            "REP-103), whose name usually ends in _optical_frame: have the driver name that in "
            "header.frame_id"
        )
    turn = np.degrees(np.arccos(np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0)))
    if turn < _ALIKE_DEG:
        return (
            f"{seen}: the frame has the axes of '{mount.base}', and an optical frame has x right, "
            "y down, z into the picture (REP-103): for a camera that looks ahead the transform's "
            "roll, pitch, yaw are -90, 0, -90 degrees"
        )
    return ""
