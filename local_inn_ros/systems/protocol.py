# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every system of the literature offers: to be opened, trained and calibrated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.protocols import CandidateSearch, FixProducer, Tracker
from local_inn_ros.localization.self_calibration.producer import SelfCalibratingProducer
from local_inn_ros.localization.self_calibration.self_calibration import SelfCalibration
from local_inn_ros.sensing import Observation
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.training_protocol import (
    LearnsFromDrives,
    LearnsFromPictures,
    MeasuresItself,
    TrainingInputs,
    TrainingOrder,
    TrainingRun,
)

__all__ = [
    "Expects",
    "LearnsFromDrives",
    "LearnsFromPictures",
    "MakesFixes",
    "MeasuresItself",
    "Model",
    "RunSettings",
    "Searches",
    "System",
    "Tracks",
    "TrainingInputs",
    "TrainingOrder",
    "TrainingRun",
    "candidate_search_of",
    "fix_producer_of",
]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a system is used.

    Attributes:
        refiner: what its answers are aligned with.
        samples: poses drawn for each observation; an even number.
        scan_budget_s: processor time that a fix may take, beyond what every fix needs: places
            that a wide prior leaves are looked at while there is some.
        self_calibrate: whether what makes fixes learns from them while it runs.
    """

    refiner: RefinerChoice = RefinerChoice.FIELD
    samples: int = 20
    scan_budget_s: float = math.inf
    self_calibrate: bool = False


class Model(Protocol):
    """A bundle that is open.

    What else it can do it says by what it is: ``MakesFixes``, ``Searches``, ``Tracks``,
    ``Expects``.
    """

    @property
    def bundle(self) -> Bundle:
        """The trained model."""
        ...

    @property
    def engine_name(self) -> str:
        """Name of what runs its networks, for people."""
        ...

    def warm_up(self, settings: RunSettings) -> None:
        """Let all that is made or compiled at its first use be so before the first observation."""
        ...


@runtime_checkable
class MakesFixes(Protocol):
    """Locates observations near a prior."""

    def fix_producer(self, mount: Mount, settings: RunSettings) -> FixProducer[Any]:
        """Return what locates the observations of a sensor at ``mount`` on the base."""
        ...

    def follower(self, mount: Mount, settings: RunSettings) -> FixProducer[Any]:
        """Return the same for the places that a search follows, most of which are wrong."""
        ...


@runtime_checkable
class Searches(Protocol):
    """Finds where on the whole map an observation may have been taken."""

    def candidate_search(self, mount: Mount, settings: RunSettings) -> CandidateSearch[Any]:
        """Return a search for the observations of a sensor at ``mount`` on the base."""
        ...


@runtime_checkable
class Tracks(Protocol):
    """Filters a latent of its own."""

    def tracker(self, mount: Mount, settings: RunSettings) -> Tracker[Any]:
        """Return a tracker for the observations of a sensor at ``mount`` on the base."""
        ...


@runtime_checkable
class Expects(Protocol):
    """Says what a sensor should see."""

    def expected_observation(self, base: Pose2, mount: Mount, stamp_s: float) -> Observation:
        """Return what is expected of a sensor at ``mount`` with the base at a pose of the map."""
        ...


def fix_producer_of(model: Model, mount: Mount, settings: RunSettings) -> FixProducer[Any]:
    """Return what locates observations, of a system that can, and learns where it is told to.

    Raises:
        BundleError: its system makes no fixes.
    """
    if not isinstance(model, MakesFixes):
        raise BundleError(f"{model.bundle.description.system} makes no fixes")
    producer = model.fix_producer(mount, settings)
    learner = (
        SelfCalibration.of(model.bundle, mount.seen_from_above())
        if settings.self_calibrate
        else None
    )
    return producer if learner is None else SelfCalibratingProducer(producer, learner)


def candidate_search_of(model: Model, mount: Mount, settings: RunSettings) -> CandidateSearch[Any]:
    """Return what searches the whole map, of a system that can.

    Raises:
        BundleError: its system cannot search.
    """
    if not isinstance(model, Searches):
        raise BundleError(f"{model.bundle.description.system} cannot search the map")
    return model.candidate_search(mount, settings)


class System(Protocol):
    """A method of the literature."""

    @property
    def name(self) -> str:
        """Its name, in bundles and on the command line."""
        ...

    @property
    def presets(self) -> tuple[str, ...]:
        """Names of the ways in which it can be trained, the usual one first."""
        ...

    def check(self, bundle: Bundle) -> None:
        """See whether what a bundle holds fits the system.

        Raises:
            BundleError: it does not; the message is one sentence.
        """
        ...

    def open(self, bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> Model:
        """Open a bundle that was checked, with the engine asked for or the next fastest.

        Raises:
            BundleError: the networks cannot be loaded.
            EngineError: no engine can be had.
        """
        ...

    def prepare(self, bundle: Bundle, choice: EngineChoice, settings: RunSettings) -> None:
        """Let all that is compiled at its first use be compiled, and kept in files.

        Raises:
            BundleError: the networks cannot be loaded.
            EngineError: no engine can be had.
        """
        ...

    def compare_engine(
        self, bundle: Bundle, engine: Engine, half: bool, count: int, rng: np.random.Generator
    ) -> Mapping[str, float]:
        """See whether an engine answers what ONNX Runtime answers, and return by how much not.

        Args:
            bundle: whose graphs the engine runs.
            engine: in question.
            half: whether it computes in half precision.
            count: observations that are compared.
            rng: draws them.

        Raises:
            EngineError: it is off by too much, or the system has no graphs.
        """
        ...

    def begin_training(self, inputs: TrainingInputs, order: TrainingOrder) -> TrainingRun:
        """Begin a training.

        Raises:
            LocalInnError: what was given cannot be trained on.
        """
        ...

    def calibration(
        self,
        bundle: Bundle,
        count: int,
        posed: PosedObservations | None,
        rng: np.random.Generator,
    ) -> Calibration:
        """Calibrate covariances on observations that training has not seen.

        Args:
            bundle: the trained model.
            count: how many observations are used at most.
            posed: of a recording; simulated in the bundle's map where left out.
            rng: draws priors and noise.

        Raises:
            SensorError: too few observations can be used.
        """
        ...
