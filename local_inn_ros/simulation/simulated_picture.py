# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated camera gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.picture import Picture


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPicture(Picture):
    """A picture, and how far away what it shows is.

    Attributes:
        depth_m: (height, width) along the optical axis, 0 for nothing; None where not asked for.
    """

    depth_m: NDArray[np.float32] | None = None
