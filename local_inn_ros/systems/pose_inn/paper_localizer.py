# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From one picture to where the camera is, by the networks of PoseINN as published."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.errors import SensorError
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.spatial_evidence import fused_in_space
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.localizer import CameraFix
from local_inn_ros.systems.pose_inn.modes import CameraMode
from local_inn_ros.systems.pose_inn.outcome import latents_of
from local_inn_ros.systems.pose_inn.paper_config import (
    ENCODER,
    FORWARD,
    INVERSE,
    PaperConfig,
    channels_of,
)
from local_inn_ros.systems.pose_inn.paper_looks import brightness_drawn, paper_picture
from local_inn_ros.systems.pose_inn.paper_posterior import (
    DrawSpread,
    matrices_of,
    pose_features,
)
from local_inn_ros.systems.pose_inn.quality import quality_of

_STAGES = ("networks", "draws", "quality")


def pictures_expected(
    engine: Engine, pose: Pose3
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what the forward pass draws at a pose (channels, 128, 128), and its latent (60,)."""
    row = np.concatenate([pose.translation, pose.rotation.ravel()])[None].astype(np.float32)
    told = engine.run((FORWARD,), {"poses": row})
    return told["expected"][0], told["expected_latents"][0]


class PaperLocalizer:
    """Locates pictures of one camera (see ``LocatesPictures``).

    What the network says of a picture is one place, however wide: its draws are fitted to have the
    best of them near the truth, and are not told apart into modes. A prior moves the posterior and
    not the measurement. ``CameraFix.explained`` is how alike the picture is to what is expected.
    """

    def __init__(
        self,
        engine: Engine,
        camera: CameraSpec,
        config: PaperConfig,
        draws: int,
        rng: np.random.Generator,
    ) -> None:
        """Set up.

        Args:
            engine: runs the networks.
            camera: of the pictures.
            config: the bundle's block.
            draws: poses drawn for each picture; an even number.
            rng: draws the z, once: the same picture has the same samples.
        """
        self._engine, self._camera, self._config = engine, camera, config
        self._spread = DrawSpread(config.scale, config.floor)
        self._z = latents_of(draws, rng)

    def locate(self, picture: Picture, prior: GaussianPose3 | None = None) -> CameraFix:
        """Locate one picture (see ``LocatesPictures.locate``).

        Raises:
            SensorError: the picture is of another size.
        """
        marks = [time.perf_counter()]
        seen, latent = self._seen(picture)
        told = self._engine.run((INVERSE,), {"latents": latent[None], "z": self._z})["poses"][0]
        marks.append(time.perf_counter())
        samples = self._spread.spread(matrices_of(told))
        measurement = GaussianPose3.from_samples(samples)
        posterior = measurement if prior is None else fused_in_space(prior, measurement)
        marks.append(time.perf_counter())
        expected, expected_latent = pictures_expected(self._engine, measurement.mean)
        features = pose_features(seen, latent, expected, expected_latent)
        marks.append(time.perf_counter())
        return CameraFix(
            picture.stamp_s,
            measurement,
            posterior,
            (CameraMode(measurement, 1.0),),
            samples,
            max(0.0, float(features[1])),
            quality_of(features, self._config.quality),
            brightness_drawn(expected, self._camera),
            dict(zip(_STAGES, np.diff(marks).tolist(), strict=True)),
            measurement,
        )

    def judge_of(self, picture: Picture) -> Callable[[Pose3], float]:
        """Look at a picture once (see ``LocatesPictures.judge_of``).

        Raises:
            SensorError: the picture is of another size.
        """
        seen, latent = self._seen(picture)

        def quality_at(pose: Pose3) -> float:
            features = pose_features(seen, latent, *pictures_expected(self._engine, pose))
            return quality_of(features, self._config.quality)

        return quality_at

    def _seen(self, picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return a picture as the encoder takes it, and its latent (60,)."""
        camera = self._camera
        if picture.pixels.shape[:2] != (camera.height, camera.width):
            raise SensorError(
                f"the picture is of {picture.pixels.shape[1]}x{picture.pixels.shape[0]} pixels, "
                f"the bundle's camera of {camera.width}x{camera.height}"
            )
        seen = paper_picture(picture.pixels, channels_of(camera))
        return seen, self._engine.run((ENCODER,), {"pictures": seen[None]})["latents"][0]
