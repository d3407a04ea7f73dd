# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a system of the literature is trained, learns from drives and is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, RecordValue
from local_inn_ros.localization.own_drive import OwnDrive
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.world import OccupancyGrid

if TYPE_CHECKING:
    from local_inn_ros.flows.fit_task import FitTask


@dataclass(frozen=True, slots=True, eq=False)
class TrainingInputs:
    """What a person gives to train on.

    Attributes:
        grid: the map; None where none was given.
        sensors: descriptions, by the sensors' names.
        posed: observations of a recording with known poses; None where the map has to do.
        inside: a point (x, y) of the map frame in each part of its free space that the robot
            drives in; where there is none, the shapes of the parts decide.
        pictures: of one camera, with known poses; None where none were given.
    """

    grid: OccupancyGrid | None
    sensors: Mapping[str, SensorSpec]
    posed: PosedObservations | None = None
    inside: tuple[tuple[float, float], ...] = ()
    pictures: PosedPictures | None = None


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """How a person wants it trained.

    Attributes:
        preset: name of one of the system's presets.
        steps: gradient steps, in place of the preset's.
        seed: of everything random.
        device: where networks are trained, as torch names it.
    """

    preset: str
    steps: int | None = None
    seed: int = 0
    device: str = "cpu"


@runtime_checkable
class LearnsFromPictures(Protocol):
    """A system that learns from pictures with known poses, and from no map."""

    @property
    def picture_multiple(self) -> int:
        """Width and height of its pictures are multiples of so many pixels."""
        ...


@runtime_checkable
class LearnsFromDrives(Protocol):
    """A system whose bundles learn from recordings what the training could not know."""

    def with_surfaces(self, bundle: Bundle, posed: PosedObservations) -> Bundle:
        """Return a bundle with its surfaces where observations of known poses have them."""
        ...

    def with_surfaces_of_drive(self, bundle: Bundle, drive: OwnDrive) -> Bundle:
        """Return a bundle with its surfaces where a drive without any reference has them."""
        ...

    def learned_on_drive(
        self, bundle: Bundle, count: int, drive: OwnDrive, rng: np.random.Generator
    ) -> Bundle:
        """Return a bundle that learned from a drive of its robot, without any reference.

        Args:
            bundle: that the drive was localized with.
            count: how many observations are used at most.
            drive: what was recorded, and what the filter believed.
            rng: draws priors.

        Raises:
            SensorError: too few observations can be used.
        """
        ...


@runtime_checkable
class MeasuresItself(Protocol):
    """A system that tells whether a bundle would hold."""

    def figures(self, bundle: Bundle, rng: np.random.Generator) -> Mapping[str, float]:
        """Measure a calibrated bundle on observations of its own, for ``measured``."""
        ...

    def doubts(self, measured: Mapping[str, float]) -> tuple[str, ...]:
        """Say in a sentence each what of a bundle's figures tells that it would not hold."""
        ...


class TrainingRun(Protocol):
    """One training of a system, from its beginning to the parts of a bundle."""

    @property
    def task(self) -> FitTask | None:
        """What the fit loop has to do; None where nothing is fitted by gradients."""
        ...

    @property
    def identity(self) -> Mapping[str, RecordValue]:
        """All that the outcome depends on: another training cannot be resumed as this one."""
        ...

    def write(
        self, folder: Path, record: Mapping[str, RecordValue], rng: np.random.Generator
    ) -> BundleDescription:
        """Write the bundle's files, once the task is done, and say what they are.

        Args:
            folder: empty.
            record: what the training was, to be put into the description.
            rng: for what is measured.
        """
        ...

    def calibrate(self, bundle: Bundle, rng: np.random.Generator) -> Calibration:
        """Measure whether the covariances of what was written are true.

        Raises:
            SensorError: too few observations can be used.
        """
        ...
