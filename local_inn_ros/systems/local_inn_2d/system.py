# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Local_INN for a planar laser, as the registry hands it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError
from local_inn_ros.localization.own_drive import OwnDrive
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.local_inn_2d import config
from local_inn_ros.systems.local_inn_2d.presets import PRESETS, STANDARD
from local_inn_ros.systems.protocol import (
    Model,
    RunSettings,
    TrainingInputs,
    TrainingOrder,
    TrainingRun,
)


class LocalInn2dSystem:
    """See ``System``."""

    name = config.NAME
    presets = (STANDARD, *(name for name in PRESETS if name != STANDARD))

    def check(self, bundle: Bundle) -> None:
        """See whether what a bundle holds fits (see ``System.check``)."""
        config.check(bundle)

    def open(self, bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> Model:
        """Open a bundle (see ``System.open``)."""
        from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d

        return LocalInn2d.open(bundle, choice, warn)

    def prepare(self, bundle: Bundle, choice: EngineChoice, settings: RunSettings) -> None:
        """Compile what is not compiled yet (see ``System.prepare``)."""
        from local_inn_ros.systems.local_inn_2d.compiled.ahead import compile_ahead

        compile_ahead(bundle, choice, settings)

    def compare_engine(
        self, bundle: Bundle, engine: Engine, half: bool, count: int, rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Compare with ONNX Runtime on scans held out (see ``System.compare_engine``)."""
        from local_inn_ros.systems.local_inn_2d.agreement import (
            HeldOutScans,
            compare,
            refuse_if_off,
        )
        from local_inn_ros.systems.local_inn_2d.networks import GraphNetworks, open_onnx

        scans = HeldOutScans.draw(bundle, count, rng)
        agreement = compare(GraphNetworks(engine), open_onnx(bundle), scans)
        refuse_if_off(agreement, engine.name, half)
        return agreement.figures()

    def begin_training(self, inputs: TrainingInputs, order: TrainingOrder) -> TrainingRun:
        """Begin a training (see ``System.begin_training``)."""
        try:
            from local_inn_ros.systems.local_inn_2d.train import LocalInn2dTraining
        except ImportError as error:
            raise LocalInnError(
                f"training needs torch and FrEIA, which a robot does not ({error}): install them "
                "with `pip install 'local_inn_ros[train]'`"
            ) from error
        return LocalInn2dTraining.begin(inputs, order)

    def calibration(
        self,
        bundle: Bundle,
        count: int,
        posed: PosedObservations | None,
        rng: np.random.Generator,
    ) -> Calibration:
        """Calibrate covariances (see ``System.calibration``)."""
        from local_inn_ros.systems.local_inn_2d.calibrate import (
            calibrated_on_map,
            calibrated_on_recording,
        )

        if posed is None:
            return calibrated_on_map(bundle, count, rng)
        return calibrated_on_recording(bundle, count, posed, rng)

    def with_surfaces(self, bundle: Bundle, posed: PosedObservations) -> Bundle:
        """Put surfaces where scans have them (see ``LearnsFromDrives.with_surfaces``)."""
        from local_inn_ros.systems.local_inn_2d.map_calibration import with_offset_of

        return with_offset_of(bundle, posed)

    def with_surfaces_of_drive(self, bundle: Bundle, drive: OwnDrive) -> Bundle:
        """Put surfaces where a drive has them (see ``LearnsFromDrives``)."""
        from local_inn_ros.systems.local_inn_2d.drive_calibration import with_surfaces_of_drive

        return with_surfaces_of_drive(bundle, drive)

    def learned_on_drive(
        self, bundle: Bundle, count: int, drive: OwnDrive, rng: np.random.Generator
    ) -> Bundle:
        """Learn from a drive (see ``LearnsFromDrives.learned_on_drive``)."""
        from local_inn_ros.systems.local_inn_2d.drive_calibration import learned_on_drive

        return learned_on_drive(bundle, count, drive, rng)

    def figures(self, bundle: Bundle, rng: np.random.Generator) -> Mapping[str, float]:
        """Measure the network (see ``MeasuresItself.figures``)."""
        from local_inn_ros.systems.local_inn_2d.doubts import network_figures

        return network_figures(bundle, rng)

    def doubts(self, measured: Mapping[str, float]) -> tuple[str, ...]:
        """Say what is wrong with a network (see ``MeasuresItself.doubts``)."""
        from local_inn_ros.systems.local_inn_2d.doubts import doubts_of

        return doubts_of(measured)


SYSTEM = LocalInn2dSystem()
