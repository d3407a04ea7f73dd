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
from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.pose_inn.config import FAMILIARITY, LANDMARKS, camera_of, config_of
from local_inn_ros.systems.pose_inn.familiarity import Familiarity
from local_inn_ros.systems.pose_inn.landmark_matching import LandmarkMatcher
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmarks import Landmarks
from local_inn_ros.systems.pose_inn.localizer import CameraLocalizer, drawn_view
from local_inn_ros.systems.pose_inn.opening import open_engine
from local_inn_ros.systems.pose_inn.picture_locating import LocatesPictures
from local_inn_ros.systems.pose_inn.planar import camera_at
from local_inn_ros.systems.pose_inn.planar_fixes import PictureFixes, shades_of
from local_inn_ros.systems.pose_inn.planar_search import PictureSearch
from local_inn_ros.systems.pose_inn.view_refiner import ViewRefiner
from local_inn_ros.systems.protocol import RunSettings


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
        """Open a bundle on an engine (see ``open_engine``).

        Raises:
            BundleError: the graphs cannot be loaded.
        """
        return PoseInnModel(bundle, open_engine(bundle, choice, warn))

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
    ) -> LocatesPictures:
        """Return what locates pictures.

        Args:
            draws: poses drawn for each.
            seed: of the latents that they are drawn by.
            refiner: what the network's answer is aligned with: the bundle's landmarks, where it
                has any; the forward pass; or nothing.

        Raises:
            BundleError: files of the bundle are not what bundle.yaml says.
        """
        config, rng = config_of(self.bundle), np.random.default_rng(seed)
        familiarity: Familiarity | None = None
        if FAMILIARITY in self.bundle.description.files:
            familiarity = Familiarity.read(self.bundle.file(FAMILIARITY))
        landmarks: LandmarkRefiner | None = None
        if config.landmarks and refiner is RefinerChoice.FIELD:
            stored = Landmarks.read(self.bundle.file(LANDMARKS))
            landmarks = LandmarkRefiner(LandmarkMatcher.of(stored, self.camera))
        forward: ViewRefiner | None = None
        if refiner is RefinerChoice.FORWARD:
            forward = ViewRefiner(self.engine, config.view_deviation)
        return CameraLocalizer(
            self.engine, self.camera, config, draws, rng, familiarity, landmarks, forward
        )

    def expected_view(self, pose: Pose3) -> NDArray[np.uint8]:
        """Return the small picture (rows, cols) that is expected with the camera at a pose."""
        return shades_of(drawn_view(self.engine, pose))

    def fix_producer(self, mount: Mount, settings: RunSettings) -> PictureFixes:
        """Return what locates a base in the plane by pictures (see ``MakesFixes``).

        Args:
            mount: the camera's optical frame on the base.
            settings: the refiner, and how many poses are drawn; nothing else of it is heeded.
        """
        return PictureFixes(self.localizer(settings.samples, refiner=settings.refiner), mount)

    def follower(self, mount: Mount, settings: RunSettings) -> PictureFixes:
        """Return the same for the places of a search (see ``MakesFixes``)."""
        return self.fix_producer(mount, settings)

    def candidate_search(self, mount: Mount, settings: RunSettings) -> PictureSearch:
        """Return what looks for a base in the plane by one picture (see ``Searches``)."""
        return PictureSearch(self.localizer(settings.samples, refiner=settings.refiner), mount)

    def expected_observation(self, base: Pose2, mount: Mount, stamp_s: float) -> Picture:
        """Return the small picture that is expected of a camera on a base (see ``Expects``)."""
        pose = camera_at(base, mount.base_from_sensor)
        return Picture(stamp_s, self.expected_view(pose))

    def warm_up(self, settings: RunSettings) -> None:
        """Compile what is compiled when it is first used (see ``Model.warm_up``)."""
        camera = self.camera
        noise = np.random.default_rng(0).integers(0, 255, (camera.height, camera.width), np.uint8)
        localizer = self.localizer(settings.samples, refiner=settings.refiner)
        localizer.judge_of(Picture(0.0, noise))(Pose3.identity())
        try:
            localizer.locate(Picture(0.0, noise))
        except SensorError:
            # Noise shows no place; all that is compiled was compiled.
            return
