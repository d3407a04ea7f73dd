# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The description of a camera, or rather of the picture that networks take of it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from local_inn_ros.sensing.sensor_spec import SensorSpec


class CameraSpec(SensorSpec):
    """A camera without distortion, which every real one is taken to (``rectifier.py``).

    Pixels are counted from the centre of the upper left one, as in ROS and OpenCV: the picture
    reaches from -0.5 to width - 0.5. Axes are those of an optical frame (REP-103): x right, y down,
    z into the picture.

    Attributes:
        width: of the rectified, resized picture, in pixels.
        height: of it.
        fx: focal length along x, in pixels of that picture.
        fy: along y.
        cx: where the optical axis meets that picture.
        cy: likewise.
        colour: whether networks take colours or brightness alone.
        white_level: value of a 16-bit pixel that is white; drivers that put 12 bits into the lower
            end of 16 have 4095.
        time_offset_s: added to the stamps of its pictures, for drivers whose stamps are late
            (negative then) or early by a constant.
    """

    kind: Literal["camera"] = "camera"
    width: int = Field(ge=16, le=4096)
    height: int = Field(ge=16, le=4096)
    fx: float = Field(gt=0.0, le=1e5, allow_inf_nan=False)
    fy: float = Field(gt=0.0, le=1e5, allow_inf_nan=False)
    cx: float = Field(allow_inf_nan=False)
    cy: float = Field(allow_inf_nan=False)
    colour: Literal["rgb", "mono"] = "rgb"
    white_level: int = Field(default=65535, ge=255, le=65535)
    time_offset_s: float = Field(default=0.0, ge=-10.0, le=10.0)

    @model_validator(mode="after")
    def _check_centre(self) -> CameraSpec:
        if not (-0.5 <= self.cx <= self.width - 0.5 and -0.5 <= self.cy <= self.height - 0.5):
            raise ValueError(
                f"cx, cy must lie in the picture of {self.width}x{self.height}, "
                f"got {self.cx:g}, {self.cy:g}"
            )
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a picture's pixels: (height, width, 3), or (height, width) where mono."""
        plane = (self.height, self.width)
        return (*plane, 3) if self.colour == "rgb" else plane

    def matrix(self) -> NDArray[np.float64]:
        """Return the camera matrix (3, 3): from points in the optical frame to pixels."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def in_words(self) -> str:
        """Say its numbers, for errors that compare cameras."""
        return (
            f"{self.width}x{self.height}, fx {self.fx:.1f}, fy {self.fy:.1f}, "
            f"cx {self.cx:.1f}, cy {self.cy:.1f}"
        )
