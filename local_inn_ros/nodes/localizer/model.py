# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle with its engine, as the localizer's node uses them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice, open_engine
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.search.coarse_search import Lattice
from local_inn_ros.nodes.common.lean_start import give_back_memory, load_compiled
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import SensorMount
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.systems.local_inn_2d.parts import (
    build_follower,
    build_localizer,
    build_relocalizer,
)
from local_inn_ros.systems.local_inn_2d.relocalizer import Relocalizer
from local_inn_ros.world import OccupancyGrid

_SHIPPED = "generated_track"


@dataclass(frozen=True, slots=True, eq=False)
class Mounted:
    """What works on the scans of one sensor frame.

    Attributes:
        mount: how the sensor sits on the base.
        localizer: makes the fixes, in the node's thread.
        relocalizer: searches the whole map, in the thread of the search.
        tracker: a localizer for that thread: each keeps what it knows of a scan's geometry.
    """

    mount: SensorMount
    localizer: Localizer
    relocalizer: Relocalizer
    tracker: Localizer


# Without slots: the lattice is kept in the instance.
@dataclass(frozen=True, eq=False)
class Model:
    """A bundle, what runs it, and how it is used.

    Attributes:
        bundle: the trained model.
        engine: runs its networks.
        refiner: what the network's answer is aligned with.
        sample_count: poses drawn for each scan.
    """

    bundle: Bundle
    engine: Engine
    refiner: RefinerChoice
    sample_count: int

    def told(self, told: LocalizerParameters) -> Model:
        """Return the model as the parameters want it used; the same where they say nothing new."""
        refiner = RefinerChoice(told.refiner)
        if (refiner, told.samples) == (self.refiner, self.sample_count):
            return self
        return replace(self, refiner=refiner, sample_count=told.samples)

    @cached_property
    def lattice(self) -> Lattice:
        """The places of the map that a search looks at first, wherever the sensor is mounted.

        Raises:
            MapError: the map has no free cell.
        """
        return Lattice.of(self.bundle)

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self.bundle.path.name

    def mounted_at(self, mount: SensorMount) -> Mounted:
        """Return what works on the scans, as seen from above, of a sensor that sits so."""
        bundle, engine, refiner = self.bundle, self.engine, self.refiner
        return Mounted(
            mount,
            build_localizer(bundle, engine, mount.pose, refiner, self.sample_count),
            build_relocalizer(bundle, engine, mount.pose, refiner, self.lattice),
            build_follower(bundle, engine, mount.pose, refiner, self.sample_count),
        )

    def warm_up(self) -> None:
        """Let all that is compiled when it is first used be compiled before the first scan.

        The scan used is one that fits the map, so that it goes the whole way of a usual one.
        """
        sensor, grid = self.bundle.description.sensor, self.bundle.grid
        free = np.argwhere(grid.free_mask())
        x, y = grid.cell_to_world(free[[len(free) // 2]])[0]
        place = Pose2(float(x), float(y), 0.0)
        angles = sensor.network_angles_rad()
        ranges = self.engine.expected_ranges(place.to_array()[None].astype(np.float32))[0]
        step = float(angles[1] - angles[0])
        scan = Scan(0.0, ranges, float(angles[0]), step, sensor.range_min_m, sensor.range_max_m)
        mounted = self.mounted_at(SensorMount(Pose2.identity()))
        mounted.localizer.locate(scan, GaussianPose2.from_deviations(place, 0.2, 0.2, 0.1))
        mounted.relocalizer.search(scan)

    def doubt_about(self, grid: OccupancyGrid) -> str:
        """Say what is wrong with using the bundle on a map; empty where it is the bundle's own."""
        try:
            self.bundle.check_map(grid)
        except BundleError as error:
            return str(error)
        return ""

    def expected_scan(self, fix: Fix) -> Scan:
        """Return the forward pass of a fix as a scan of the network's beams."""
        sensor = self.bundle.description.sensor
        angles = sensor.network_angles_rad()
        return Scan(
            stamp_s=fix.stamp_s,
            ranges_m=fix.expected_ranges_m,
            angle_min_rad=float(angles[0]),
            angle_increment_rad=float(angles[1] - angles[0]),
            range_min_m=sensor.range_min_m,
            range_max_m=sensor.range_max_m,
        )


def shipped_bundle() -> Path:
    """Return the folder of the model that comes with the package.

    Raises:
        LocalInnError: the package's models are missing.
    """
    return resource_directory("models") / _SHIPPED


def load_model(told: LocalizerParameters, warn: Callable[[str], object]) -> Model:
    """Load the bundle that the parameters name.

    Args:
        told: the parameters.
        warn: told why another engine than the one asked for is taken.

    Raises:
        LocalInnError: the bundle is missing or cannot be used.
    """
    bundle = Bundle.load(Path(told.bundle).expanduser() if told.bundle else shipped_bundle())
    said: list[str] = []

    def load() -> Model:
        said.clear()
        engine = open_engine(bundle, EngineChoice(told.engine), warn=said.append)
        model = Model(bundle, engine, RefinerChoice(told.refiner), told.samples)
        model.warm_up()
        return model

    # An engine on a GPU is opened once.
    on_processor = told.engine in (EngineChoice.COMPILED, EngineChoice.ONNX)
    model = load_compiled(load, _compile_command(bundle, told)) if on_processor else load()
    give_back_memory()
    for sentence in said:
        warn(sentence)
    return model


def _compile_command(bundle: Bundle, told: LocalizerParameters) -> list[str]:
    """Return the command of a process that compiles what these parameters need."""
    module = "local_inn_ros.nodes.localizer.compile_kernels"
    options = [str(bundle.path.resolve()), told.engine, told.refiner, str(told.samples)]
    return [sys.executable, "-m", module, *options]
