# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What locates the pictures of one camera, whichever kind of network it asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.localizer import CameraFix


class LocatesPictures(Protocol):
    """From one picture, and a prior where there is one, to where the camera is."""

    def locate(self, picture: Picture, prior: GaussianPose3 | None = None) -> CameraFix:
        """Locate one picture.

        Args:
            picture: as the bundle's camera takes it.
            prior: of the camera's optical frame in the map frame; None where nothing is believed.

        Raises:
            SensorError: the picture is of another size, or shows nothing that is known.
        """
        ...

    def judge_of(self, picture: Picture) -> Callable[[Pose3], float]:
        """Look at a picture once, and return what tells of a pose how probably it is right.

        Args:
            picture: as the bundle's camera takes it.

        Raises:
            SensorError: the picture is of another size.
        """
        ...
