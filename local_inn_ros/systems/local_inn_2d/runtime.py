# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Local_INN at run time: observation and prior to fix, with networks and numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.engines import Float32Array
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.completion import Completion
from local_inn_ros.localization.alignment.forward_refiner import ForwardRefiner
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.alignment.scan_refiner import FieldScanRefiner, ScanRefiner
from local_inn_ros.localization.scan_budget import ScanBudget
from local_inn_ros.localization.search.coarse_search import Lattice
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.sensing.laser.scan import network_scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_networks
from local_inn_ros.systems.local_inn_2d.rehearsal import rehearse
from local_inn_ros.systems.local_inn_2d.relocalizer import Relocalizer
from local_inn_ros.systems.protocol import RunSettings


# Without slots: the lattice is kept in the instance.
@dataclass(frozen=True, eq=False)
class LocalInn2d:
    """A bundle of Local_INN for a planar laser, with what runs its networks (see ``Model``).

    Attributes:
        bundle: the trained model.
        networks: its two passes.
    """

    bundle: Bundle
    networks: Networks

    @staticmethod
    def open(bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> LocalInn2d:
        """Open a bundle with the engine asked for, or the next fastest.

        Raises:
            BundleError: the graphs cannot be loaded.
            EngineError: no engine can be had.
        """
        return LocalInn2d(bundle, open_networks(bundle, choice, warn))

    @property
    def engine_name(self) -> str:
        """Name of what runs the networks."""
        return self.networks.name

    @property
    def laser(self) -> LaserSpec:
        """The laser that it is for."""
        return self.bundle.description.laser

    @property
    def forward_deviation_m(self) -> float:
        """Robust standard deviation of the forward pass."""
        return config_of(self.bundle).forward_deviation_m

    @cached_property
    def lattice(self) -> Lattice:
        """The places of the map that a search looks at first, wherever the sensor is mounted.

        Raises:
            MapError: the map has no free cell.
        """
        return Lattice.of(self.bundle)

    def fix_producer(self, mount: Mount, settings: RunSettings) -> Localizer:
        """Return a localizer for a laser mounted at ``mount`` on the base, level.

        Raises:
            SensorError: it leans out of the plane.
        """
        refiner = self.scan_refiner(settings.refiner)
        completion = None
        if refiner is not None and settings.refiner is RefinerChoice.FIELD:
            completion = Completion(refiner, self._forward_refiner())
        return self._localizer(mount, settings, refiner, completion)

    def follower(self, mount: Mount, settings: RunSettings) -> Localizer:
        """Return a localizer that follows the places of a search.

        There are several of them, and most are wrong: what an alignment leaves open stays open.

        Raises:
            SensorError: the laser leans out of the plane.
        """
        return self._localizer(mount, settings, self.scan_refiner(settings.refiner), None)

    def candidate_search(self, mount: Mount, settings: RunSettings) -> Relocalizer:
        """Return a search of the whole map, for a laser mounted at ``mount`` on the base, level.

        Raises:
            SensorError: it leans out of the plane.
        """
        refiner = self.scan_refiner(settings.refiner)
        level = LaserMount.of(mount).pose
        return Relocalizer(self.bundle, self.networks, level, self.lattice, refiner)

    def expected_observation(self, base: Pose2, mount: Mount, stamp_s: float) -> Scan:
        """Return the scan that the map expects of a laser on a base at a pose."""
        where = (base @ LaserMount.of(mount).pose).to_array()[None].astype(np.float32)
        return network_scan(self.expected_ranges(where)[0], self.laser, stamp_s)

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Return the ranges (b, n) that the map expects at poses (b, 3) of the laser."""
        return self.networks.expected_ranges(poses)

    def warm_up(self, settings: RunSettings) -> None:
        """Let all that is compiled when it is first used be compiled before the first scan.

        No search, and no scan of a robot that is lost, waits for a compiler either.
        """
        rehearse(self, settings)

    def scan_refiner(self, choice: RefinerChoice) -> ScanRefiner | None:
        """Return what aligns the network's answers; None where nothing should."""
        if choice is RefinerChoice.FIELD:
            field = Refiner(self.bundle.field, self.laser.noise_std_m)
            return FieldScanRefiner(field, self.laser.range_max_m)
        return self._forward_refiner() if choice is RefinerChoice.FORWARD else None

    def _forward_refiner(self) -> ForwardRefiner:
        return ForwardRefiner(self.networks, self.laser, self.forward_deviation_m)

    def _localizer(
        self,
        mount: Mount,
        settings: RunSettings,
        refiner: ScanRefiner | None,
        completion: Completion | None,
    ) -> Localizer:
        aligned = self.bundle.description.calibration.aligned
        model = aligned.get(settings.refiner.value, CovarianceModel())
        return Localizer(
            self.bundle,
            self.networks,
            LaserMount.of(mount).pose,
            refiner,
            settings.samples,
            completion,
            model,
            ScanBudget(settings.scan_budget_s),
        )
