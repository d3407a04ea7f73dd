# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From one picture, and a prior where there is one, to where the camera is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.errors import SensorError
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sighting_alignment import Aligned, align_sightings
from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.localization.spatial_evidence import fused_in_space
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.config import (
    BACKBONE,
    PLACES,
    POSE,
    POSTERIOR,
    VIEW,
    PoseInnConfig,
    view_size,
)
from local_inn_ros.systems.pose_inn.hypotheses import hypotheses_of
from local_inn_ros.systems.pose_inn.looks import brightness_of, plain_look, small_view
from local_inn_ros.systems.pose_inn.outcome import drawn_poses, outcome_of
from local_inn_ros.systems.pose_inn.quality import quality_features, quality_of

# Share of the patches that are asked: the others are mostly walls without marks, whose places are
# drawn to the middle of what they may be.
_SURE_SHARE = 0.5
# Deviations of several tens of pixels let numbers overflow nowhere.
_MOST_LOG_DEVIATION = 7.0
# Two poses nearer than this, in deviations, are one place.
_SAME_PLACE = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class CameraMode:
    """One of the places where a picture may have been taken.

    Attributes:
        pose: of the camera's optical frame in the map frame.
        weight: how probable it is, among all modes.
    """

    pose: GaussianPose3
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class CameraFix:
    """The answer to one picture. All poses are of the camera's optical frame, in the map frame.

    Attributes:
        stamp_s: stamp of the picture.
        measurement: what the picture by itself says of the pose at the likeliest place.
        posterior: the same together with the prior; ``measurement`` where there was none.
        modes: places that explain the picture, the likeliest first; their weights sum to 1.
        samples: (s, 4, 4) poses drawn by the latent z from ``measurement``.
        explained: share of the patches in use that ``measurement`` explains.
        quality: probability in [0, 1] that ``measurement`` is right.
        expected: (rows, cols) small picture that the forward pass draws at ``measurement``, in
            deviations of its brightness.
        stage_s: seconds spent in each stage, by name.
    """

    stamp_s: float
    measurement: GaussianPose3
    posterior: GaussianPose3
    modes: tuple[CameraMode, ...]
    samples: NDArray[np.float64]
    explained: float
    quality: float
    expected: NDArray[np.float32]
    stage_s: dict[str, float]


def sightings_of(
    places: NDArray[np.float32],
    log_deviations: NDArray[np.float32],
    rays: NDArray[np.float64],
    camera: CameraSpec,
    least_deviation_px: float,
) -> Sightings:
    """Return what the networks say of a picture's patches as sightings.

    Args:
        places: (patches, 3) that they show, in the map frame.
        log_deviations: (patches,) of the places' images, in pixels.
        rays: (patches, 2) of their middles.
        camera: of the picture.
        least_deviation_px: what no patch is surer than.
    """
    told = np.minimum(log_deviations.astype(np.float64), _MOST_LOG_DEVIATION)
    deviations = np.hypot(np.exp(told), least_deviation_px) / (0.5 * (camera.fx + camera.fy))
    return Sightings(places.astype(np.float64), rays, deviations)


def surest(sightings: Sightings) -> Sightings:
    """Return the surer part of what a picture shows, which is asked."""
    return sightings.surest(round(_SURE_SHARE * len(sightings)))


def drawn_view(engine: Engine, pose: Pose3) -> NDArray[np.float32]:
    """Return the small picture (rows, cols) that the forward pass draws at a pose of the camera."""
    row = np.concatenate([pose.translation, pose.rotation.ravel()])[None].astype(np.float32)
    drawn: NDArray[np.float32] = engine.run((VIEW,), {"poses": row})["views"][0]
    return drawn


class CameraLocalizer:
    """Locates pictures of one camera."""

    def __init__(
        self,
        engine: Engine,
        camera: CameraSpec,
        config: PoseInnConfig,
        draws: int,
        rng: np.random.Generator,
    ) -> None:
        """Set up.

        Args:
            engine: runs the networks.
            camera: of the pictures.
            config: the bundle's block.
            draws: poses drawn for each picture; an even number.
            rng: draws the latents, once: the same picture has the same samples.
        """
        self._engine, self._camera, self._config = engine, camera, config
        black = np.zeros((camera.height, camera.width), np.uint8)
        self._rays = plain_look(black, camera).rays
        half = rng.standard_normal((draws // 2, POSE))
        # In pairs about nothing: the mean of the samples is that of the distribution sooner.
        self._latents = np.concatenate([half, -half]).astype(np.float32)

    def locate(self, picture: Picture, prior: GaussianPose3 | None = None) -> CameraFix:
        """Locate one picture.

        Args:
            picture: as the bundle's camera takes it.
            prior: of the camera's optical frame in the map frame; None where nothing is believed.

        Raises:
            SensorError: the picture is of another size, or shows nothing that is known.
        """
        self._check(picture)
        began = time.perf_counter()
        brightness = brightness_of(picture.pixels)
        sightings = surest(self._sightings(brightness))
        seen = time.perf_counter()
        modes = self._places(sightings, prior)
        if not modes:
            raise SensorError("the picture shows no place that the bundle knows")
        aligned = time.perf_counter()
        likeliest = align_sightings(sightings, modes[0].pose.mean)
        outcome = outcome_of(likeliest, sightings)
        samples = drawn_poses(likeliest.pose, self._offsets(outcome))
        measurement = GaussianPose3.from_samples(samples)
        posterior = measurement if prior is None else fused_in_space(prior, measurement)
        drawn = time.perf_counter()
        expected = drawn_view(self._engine, measurement.mean)
        view = small_view(brightness, view_size(self._camera))
        features = quality_features(sightings, measurement.mean, view, expected)
        judged = time.perf_counter()
        stages = {
            "networks": seen - began,
            "alignment": aligned - seen,
            "draws": drawn - aligned,
            "quality": judged - drawn,
        }
        return CameraFix(
            picture.stamp_s,
            measurement,
            posterior,
            modes,
            samples,
            likeliest.share,
            quality_of(features, self._config.quality),
            expected,
            stages,
        )

    def judge_of(self, picture: Picture) -> Callable[[Pose3], float]:
        """Look at a picture once, and return what tells of a pose how probably it is right.

        Args:
            picture: as the bundle's camera takes it.

        Raises:
            SensorError: the picture is of another size.
        """
        self._check(picture)
        brightness = brightness_of(picture.pixels)
        sightings = surest(self._sightings(brightness))
        view = small_view(brightness, view_size(self._camera))

        def quality_at(pose: Pose3) -> float:
            expected = drawn_view(self._engine, pose)
            return quality_of(
                quality_features(sightings, pose, view, expected), self._config.quality
            )

        return quality_at

    def _check(self, picture: Picture) -> None:
        camera = self._camera
        if picture.pixels.shape[:2] != (camera.height, camera.width):
            raise SensorError(
                f"the picture is of {picture.pixels.shape[1]}x{picture.pixels.shape[0]} pixels, "
                f"the bundle's camera of {camera.width}x{camera.height}"
            )

    def _sightings(self, brightness: NDArray[np.float32]) -> Sightings:
        told = self._engine.run((BACKBONE, PLACES), {"brightness": brightness[None]})
        return sightings_of(
            told["places"][0],
            told["log_deviations"][0],
            self._rays,
            self._camera,
            self._config.least_deviation_px,
        )

    def _places(self, sightings: Sightings, prior: GaussianPose3 | None) -> tuple[CameraMode, ...]:
        starts = list(hypotheses_of(sightings))
        if prior is not None:
            starts.insert(0, prior.mean)
        found = [align_sightings(sightings, start, prior) for start in starts]
        return _weighed(found)

    def _offsets(self, outcome: NDArray[np.float64]) -> NDArray[np.float64]:
        given = {"latents": self._latents, "outcomes": outcome[None].astype(np.float32)}
        told = self._engine.run((POSTERIOR,), given)["offsets"]
        return np.asarray(told[0], np.float64)


def _weighed(found: Sequence[Aligned]) -> tuple[CameraMode, ...]:
    """Make modes of alignments: those that came to one place are one."""
    kept: list[Aligned] = []
    for one in sorted(found, key=lambda one: one.cost):
        if all(_apart(one.pose.mean, other.pose) for other in kept):
            kept.append(one)
    if not kept:
        return ()
    costs = np.array([one.cost for one in kept])
    weights = np.exp(costs.min() - costs)
    weights /= weights.sum()
    return tuple(
        CameraMode(one.pose, float(weight)) for one, weight in zip(kept, weights, strict=True)
    )


def _apart(pose: Pose3, other: GaussianPose3) -> bool:
    return other.squared_mahalanobis(pose) > _SAME_PLACE**2 and other.mean.distance_to(pose) > 0.05
