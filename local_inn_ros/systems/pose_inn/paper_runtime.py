# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PoseINN as published at run time, with an engine and numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.systems.pose_inn.paper_config import paper_config_of
from local_inn_ros.systems.pose_inn.paper_localizer import PaperLocalizer, pictures_expected
from local_inn_ros.systems.pose_inn.paper_looks import brightness_drawn
from local_inn_ros.systems.pose_inn.planar_fixes import shades_of
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel

_OTHER_ENGINES = "a bundle of pose_inn's preset paper runs on ONNX Runtime alone"


@dataclass(frozen=True, slots=True, eq=False)
class PaperModel(PoseInnModel):
    """A bundle of PoseINN as published; on a robot it is used like any other of the system."""

    @staticmethod
    def open(bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> PaperModel:
        """Open a bundle on ONNX Runtime.

        Raises:
            BundleError: the graphs cannot be loaded.
        """
        from local_inn_ros.engines.onnx.engine import OnnxEngine

        if choice in (EngineChoice.TENSORRT, EngineChoice.TORCH):
            warn(_OTHER_ENGINES)
        return PaperModel(bundle, OnnxEngine(bundle.graphs))

    def localizer(
        self, draws: int = 20, seed: int = 0, refiner: RefinerChoice = RefinerChoice.FIELD
    ) -> PaperLocalizer:
        """Return what locates pictures (see ``PoseInnModel.localizer``).

        Raises:
            LocalInnError: the refiner is the forward pass, with which nothing is aligned here.
        """
        if refiner is RefinerChoice.FORWARD:
            raise LocalInnError(
                "pose_inn's preset paper aligns with nothing: choose none as the refiner"
            )
        config, rng = paper_config_of(self.bundle), np.random.default_rng(seed)
        return PaperLocalizer(self.engine, self.camera, config, draws, rng)

    def expected_view(self, pose: Pose3) -> NDArray[np.uint8]:
        """Return the picture (rows, 128) that is expected with the camera at a pose."""
        return shades_of(brightness_drawn(pictures_expected(self.engine, pose)[0], self.camera))
