# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One picture of a camera as networks take it, free of ROS types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.observation import Observation


@dataclass(frozen=True, slots=True, eq=False)
class Picture(Observation):
    """One picture, without distortion and of the size that its camera's ``CameraSpec`` says.

    Attributes:
        pixels: uint8, (height, width, 3) red, green, blue, or (height, width) brightness; row 0 is
            the uppermost.
    """

    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Check type and shape.

        Raises:
            ValueError: they are not those of a picture.
        """
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or not (len(shape) == 2 or shape[2:] == (3,)):
            raise ValueError(
                f"a picture's pixels are uint8 (height, width) or (height, width, 3), got "
                f"{self.pixels.dtype} {shape}"
            )

    @property
    def is_mono(self) -> bool:
        """Whether it has brightness alone."""
        return self.pixels.ndim == 2
