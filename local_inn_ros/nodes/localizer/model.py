# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle with its engine, as the localizer's node uses them."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.monitoring.lost_prior import prior_while_lost
from local_inn_ros.localization.protocols import CandidateSearch, FixProducer, PendingFix
from local_inn_ros.localization.search.no_candidates import NoCandidates
from local_inn_ros.localization.self_calibration.producer import SelfCalibratingProducer
from local_inn_ros.localization.self_calibration.self_calibration import SelfCalibration
from local_inn_ros.nodes.common.lean_start import give_back_memory, load_compiled
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters, LocalizerParameters
from local_inn_ros.nodes.localizer.observation_intake import ObservationT, SensorMount
from local_inn_ros.places import real_path
from local_inn_ros.resources import resource_directory
from local_inn_ros.systems.protocol import MakesFixes, Model, RunSettings, Searches
from local_inn_ros.systems.registry import load_bundle, open_model
from local_inn_ros.world import OccupancyGrid

_SHIPPED = "generated_track"


@dataclass(frozen=True, slots=True, eq=False)
class Mounted(Generic[ObservationT]):
    """What works on the observations of one sensor frame.

    Attributes:
        mount: how the sensor sits on the base.
        localizer: makes the fixes, in the node's thread.
        watcher: makes them while the robot is lost, where little is to be had for them.
        relocalizer: searches the whole map, in the thread of the search.
        tracker: a localizer for that thread: each keeps what it knows of its sensor's geometry.
        calibration: what the localizer learns from its fixes; None where it learns nothing.
    """

    mount: SensorMount[ObservationT]
    localizer: FixProducer[ObservationT]
    watcher: FixProducer[ObservationT]
    relocalizer: CandidateSearch[ObservationT]
    tracker: FixProducer[ObservationT]
    calibration: SelfCalibration | None = None

    def measured(self, scan: ObservationT, prior: GaussianPose2, lost: bool) -> PendingFix:
        """Find what an observation says of the pose; a robot that is lost is for the search alone.

        Args:
            scan: the reading, as seen from above.
            prior: the base in the map frame as believed before the reading is used.
            lost: whether the robot is known not to be where it was believed to be.

        Raises:
            SensorError: the scan cannot be used.
        """
        if lost:
            return self.watcher.measure(scan, prior_while_lost(prior))
        return self.localizer.measure(scan, prior)


@dataclass(frozen=True, slots=True, eq=False)
class RunnableModel:
    """A bundle that is open, and how it is used.

    Attributes:
        model: the bundle, on an engine.
        settings: how it is used.
    """

    model: Model
    settings: RunSettings

    def told(self, told: LocalizerParameters) -> RunnableModel:
        """Return the model as the parameters want it used; the same where they say nothing new."""
        settings = settings_of(told)
        return self if settings == self.settings else RunnableModel(self.model, settings)

    @property
    def bundle(self) -> Bundle:
        """The trained model."""
        return self.model.bundle

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self.bundle.path.name

    @property
    def place_sha256(self) -> str:
        """Hash of what the poses are in: the map, or else the networks that know the place."""
        if self.bundle.map_sha256:
            return self.bundle.map_sha256
        graphs = sorted(one.sha256 for one in self.bundle.description.graphs.values())
        return hashlib.sha256("".join(graphs).encode()).hexdigest()

    def mounted_at(self, mount: SensorMount[ObservationT]) -> Mounted[ObservationT]:
        """Return what works on the observations of a sensor that sits so.

        Raises:
            BundleError: the bundle's system makes no fixes.
        """
        model, settings, seat = self.model, self.settings, mount.mount
        if not isinstance(model, MakesFixes):
            raise BundleError(f"{self.name} is of {self.bundle.description.system}: no fixes")
        learner = SelfCalibration.of(self.bundle, mount.pose) if settings.self_calibrate else None
        return Mounted(
            mount,
            _by(learner, model.fix_producer(seat, settings)),
            _by(learner, model.follower(seat, settings)),
            model.candidate_search(seat, settings)
            if isinstance(model, Searches)
            else NoCandidates(self.bundle.description.system),
            # The search decides by what it sees, not by how long it takes.
            _by(learner, model.follower(seat, replace(settings, scan_budget_s=math.inf))),
            learner,
        )

    def warm_up(self) -> None:
        """Let all that is compiled when it is first used be compiled before the first scan."""
        self.model.warm_up(self.settings)
        SelfCalibration.of(self.bundle, Pose2.identity())

    def doubt_about(self, grid: OccupancyGrid) -> str:
        """Say what is wrong with using the bundle on a map.

        Empty where it is the bundle's own, and where the bundle has none to compare it with.
        """
        if not self.bundle.map_sha256:
            return ""
        try:
            self.bundle.check_map(grid)
        except BundleError as error:
            return str(error)
        return ""


def settings_of(told: LocalizerParameters) -> RunSettings:
    """Return how the parameters want a model used."""
    refiner = RefinerChoice(told.refiner)
    if not isinstance(told, LidarParameters):
        return RunSettings(refiner, told.samples)
    return RunSettings(refiner, told.samples, 1e-3 * told.max_scan_ms, told.self_calibrate)


def _by(learner: SelfCalibration | None, producer: FixProducer[Any]) -> FixProducer[Any]:
    """Return a producer that works by what is learned, where something is."""
    return producer if learner is None else SelfCalibratingProducer(producer, learner)


def shipped_bundle() -> Path:
    """Return the folder of the model that comes with the package.

    Raises:
        LocalInnError: the package's models are missing.
    """
    return resource_directory("models") / _SHIPPED


def load_model(
    told: LocalizerParameters,
    warn: Callable[[str], object],
    check: Callable[[Bundle], None] = lambda bundle: None,
) -> RunnableModel:
    """Load the bundle that the parameters name.

    Args:
        told: the parameters.
        warn: told why another engine than the one asked for is taken.
        check: refuses a bundle that is not for the node, before it is opened.

    Raises:
        LocalInnError: the bundle is missing or cannot be used.
    """
    bundle = load_bundle(real_path(Path(told.bundle)) if told.bundle else shipped_bundle())
    check(bundle)
    said: list[str] = []

    def load() -> RunnableModel:
        said.clear()
        opened = open_model(bundle, EngineChoice(told.engine), warn=said.append)
        model = RunnableModel(opened, settings_of(told))
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
    settings = settings_of(told)
    module = "local_inn_ros.nodes.localizer.compile_kernels"
    options = [
        str(bundle.path.resolve()),
        told.engine,
        settings.refiner.value,
        str(settings.samples),
    ]
    return [sys.executable, "-m", module, *options]
