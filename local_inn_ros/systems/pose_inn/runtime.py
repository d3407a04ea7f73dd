# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PoseINN at run time: picture and prior to fix, with an engine and numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError, SensorError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.config import FAMILIARITY, LANDMARKS, camera_of, config_of
from local_inn_ros.systems.pose_inn.familiarity import Familiarity
from local_inn_ros.systems.pose_inn.landmark_matching import LandmarkMatcher
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmarks import Landmarks
from local_inn_ros.systems.pose_inn.localizer import CameraLocalizer, drawn_view
from local_inn_ros.systems.protocol import RunSettings

# One sentence of the engines that are not asked for is enough.
_OTHER_ENGINES = "pose_inn runs on ONNX Runtime alone so far"
# Of a view, black and white lie so many deviations from the mean.
_VIEW_RANGE = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class PoseInnModel:
    """A bundle of PoseINN, with what runs its networks (see ``Model``).

    Attributes:
        bundle: the trained model.
        engine: runs its graphs.
    """

    bundle: Bundle
    engine: Engine

    @staticmethod
    def open(bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> PoseInnModel:
        """Open a bundle on ONNX Runtime.

        Raises:
            BundleError: the graphs cannot be loaded.
        """
        from local_inn_ros.engines.onnx.engine import OnnxEngine

        if choice in (EngineChoice.TENSORRT, EngineChoice.TORCH):
            warn(_OTHER_ENGINES)
        return PoseInnModel(bundle, OnnxEngine(bundle.graphs))

    @property
    def engine_name(self) -> str:
        """Name of what runs the networks."""
        return self.engine.name

    @property
    def camera(self) -> CameraSpec:
        """The camera that it is for."""
        return camera_of(self.bundle)

    def localizer(
        self, draws: int = 20, seed: int = 0, refiner: RefinerChoice = RefinerChoice.FIELD
    ) -> CameraLocalizer:
        """Return what locates pictures.

        Args:
            draws: poses drawn for each.
            seed: of the latents that they are drawn by.
            refiner: what the network's answer is aligned with: the bundle's landmarks, where it
                has any, or nothing.

        Raises:
            BundleError: files of the bundle are not what bundle.yaml says.
            LocalInnError: the refiner is the forward pass, with which nothing is aligned here.
        """
        if refiner is RefinerChoice.FORWARD:
            raise LocalInnError(
                "pose_inn aligns with landmarks (field) or with nothing (none), not with its "
                "forward pass: choose another refiner"
            )
        config, rng = config_of(self.bundle), np.random.default_rng(seed)
        familiarity = Familiarity.read(self.bundle.file(FAMILIARITY))
        landmarks: LandmarkRefiner | None = None
        if config.landmarks and refiner is RefinerChoice.FIELD:
            stored = Landmarks.read(self.bundle.file(LANDMARKS))
            landmarks = LandmarkRefiner(LandmarkMatcher.of(stored, self.camera))
        return CameraLocalizer(self.engine, self.camera, config, draws, rng, familiarity, landmarks)

    def expected_view(self, pose: Pose3) -> NDArray[np.uint8]:
        """Return the small picture (rows, cols) that is expected with the camera at a pose."""
        view = drawn_view(self.engine, pose)
        shades: NDArray[np.uint8] = np.clip(127.5 * (1.0 + view / _VIEW_RANGE), 0.0, 255.0).astype(
            np.uint8
        )
        return shades

    def warm_up(self, settings: RunSettings) -> None:
        """Compile what is compiled when it is first used (see ``Model.warm_up``)."""
        camera = self.camera
        noise = np.random.default_rng(0).integers(0, 255, (camera.height, camera.width), np.uint8)
        try:
            self.localizer(settings.samples, refiner=settings.refiner).locate(Picture(0.0, noise))
        except SensorError:
            # Noise shows no place; all that is compiled was compiled.
            return
