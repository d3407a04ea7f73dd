# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From one scan and a prior to a fix: the inverse pass of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.engines import Engine
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.refiner import Refiner
from local_inn_ros.sensing import Scan

if TYPE_CHECKING:
    from local_inn_ros.engines.bundle import Bundle


class Localizer:
    """Locates scans with the network of one bundle."""

    def __init__(
        self,
        bundle: Bundle,
        engine: Engine,
        mount: Pose2,
        refiner: Refiner | None = None,
        sample_count: int = 20,
    ) -> None:
        """Set up for one sensor.

        Args:
            bundle: the trained model.
            engine: runs the bundle's networks.
            mount: pose of the sensor in the base frame.
            refiner: aligns the network's answer with the map, where one is in use.
            sample_count: poses drawn for each scan; an even number.
        """
        raise NotImplementedError

    def locate(self, scan: Scan, prior: GaussianPose2) -> Fix:
        """Locate one scan.

        Args:
            scan: the reading.
            prior: the base in the map frame as believed before the reading is used.

        Raises:
            SensorError: the scan cannot be used.
        """
        raise NotImplementedError
