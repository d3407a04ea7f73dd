# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PoseINN for one camera, as the registry hands it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import Calibration
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BundleError, LocalInnError
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.pose_inn import config, paper_config
from local_inn_ros.systems.pose_inn.paper_presets import PAPER
from local_inn_ros.systems.pose_inn.presets import PRESETS, STANDARD
from local_inn_ros.systems.protocol import (
    Model,
    RunSettings,
    TrainingInputs,
    TrainingOrder,
    TrainingRun,
)


class PoseInnSystem:
    """See ``System``."""

    name = config.NAME
    presets = (STANDARD, *(name for name in PRESETS if name != STANDARD), PAPER)
    picture_multiple = config.STRIDE

    def check(self, bundle: Bundle) -> None:
        """See whether what a bundle holds fits (see ``System.check``)."""
        if config.kind_of(bundle) == config.PAPER_KIND:
            paper_config.check(bundle)
        else:
            config.check(bundle)

    def open(self, bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> Model:
        """Open a bundle (see ``System.open``)."""
        if config.kind_of(bundle) == config.PAPER_KIND:
            from local_inn_ros.systems.pose_inn.paper_runtime import PaperModel

            return PaperModel.open(bundle, choice, warn)
        from local_inn_ros.systems.pose_inn.runtime import PoseInnModel

        return PoseInnModel.open(bundle, choice, warn)

    def prepare(self, bundle: Bundle, choice: EngineChoice, settings: RunSettings) -> None:
        """Compile what is not compiled yet (see ``System.prepare``)."""
        self.open(bundle, choice, lambda _: None).warm_up(settings)

    def compare_engine(
        self, bundle: Bundle, engine: Engine, half: bool, count: int, rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Compare with ONNX Runtime on any pictures (see ``System.compare_engine``)."""
        from local_inn_ros.systems.pose_inn.agreement import asked_of, compare, refuse_if_off
        from local_inn_ros.systems.pose_inn.opening import open_onnx

        figures = compare(engine, open_onnx(bundle), asked_of(bundle, count, rng))
        refuse_if_off(figures, engine.name, half)
        return figures

    def begin_training(self, inputs: TrainingInputs, order: TrainingOrder) -> TrainingRun:
        """Begin a training (see ``System.begin_training``)."""
        try:
            from local_inn_ros.systems.pose_inn.paper_train import PaperTraining
            from local_inn_ros.systems.pose_inn.train import PoseInnTraining
        except ImportError as error:
            raise LocalInnError(
                f"training on pictures needs torch, FrEIA and OpenCV ({error}): install them with "
                "`pip install 'local_inn_ros[train,camera]'`"
            ) from error
        if order.preset == PAPER:
            return PaperTraining.begin(inputs, order)
        return PoseInnTraining.begin(inputs, order)

    def calibration(
        self,
        bundle: Bundle,
        count: int,
        posed: PosedObservations | None,
        rng: np.random.Generator,
    ) -> Calibration:
        """Refuse: the posterior is fitted in the training (see ``System.calibration``)."""
        raise BundleError(
            f"the covariances of {bundle.path.name} ({self.name}) are fitted in its training, to "
            "pictures held out: train it again to have them anew"
        )


SYSTEM = PoseInnSystem()
