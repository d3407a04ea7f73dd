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
from local_inn_ros.localization.alignment.sightings import Sightings, explained_by
from local_inn_ros.localization.spatial_evidence import fused_in_space
from local_inn_ros.localization.spatial_statistics import gaussian_about
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.config import (
    BACKBONE,
    KEYPOINTS,
    LANDMARK_POSTERIOR,
    PLACES,
    POSTERIOR,
    PoseInnConfig,
    patches_of,
    view_size,
)
from local_inn_ros.systems.pose_inn.familiarity import Familiarity, pooled_features
from local_inn_ros.systems.pose_inn.hypotheses import hypotheses_of
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner, Refined
from local_inn_ros.systems.pose_inn.landmarks import Keypoints, keypoints_of
from local_inn_ros.systems.pose_inn.looks import brightness_of, plain_look, small_view
from local_inn_ros.systems.pose_inn.modes import CameraMode, refined_modes, weighed_modes
from local_inn_ros.systems.pose_inn.outcome import drawn_poses, latents_of, outcome_of
from local_inn_ros.systems.pose_inn.patch_sightings import sightings_of, surest
from local_inn_ros.systems.pose_inn.quality import Recognised, quality_features, quality_of
from local_inn_ros.systems.pose_inn.view_refiner import ViewRefiner, drawn_views

# Places that are looked for where nothing is believed.
_PLACES = 3
# Modes that are less likely are not refined.
_LEAST_WEIGHT = 0.01
_STAGES = ("networks", "alignment", "landmarks", "draws", "quality")


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
        network: what the network alone says of the pose, at its likeliest place; None where it
            knows none and landmarks do.
        landmarks: that ``measurement`` explains; 0 where it was not refined.
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
    network: GaussianPose3 | None = None
    landmarks: int = 0


def drawn_view(engine: Engine, pose: Pose3) -> NDArray[np.float32]:
    """Return the small picture (rows, cols) that the forward pass draws at a pose of the camera."""
    drawn: NDArray[np.float32] = drawn_views(engine, pose.to_matrix()[None])[0]
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
        familiarity: Familiarity | None = None,
        refiner: LandmarkRefiner | None = None,
        forward: ViewRefiner | None = None,
    ) -> None:
        """Set up.

        Args:
            engine: runs the networks.
            camera: of the pictures.
            config: the bundle's block.
            draws: poses drawn for each picture; an even number.
            rng: draws the latents, once: the same picture has the same samples.
            familiarity: with the pictures that were learned; None where no picture is strange.
            refiner: refines what the network says; None where that stands.
            forward: the same by the forward pass alone; None where it does not.
        """
        self._engine, self._camera, self._config = engine, camera, config
        self._familiarity, self._refiner, self._forward = familiarity, refiner, forward
        black = np.zeros((camera.height, camera.width), np.uint8)
        self._rays = plain_look(black, camera).rays
        self._latents = latents_of(draws, rng)

    def locate(self, picture: Picture, prior: GaussianPose3 | None = None) -> CameraFix:
        """Locate one picture.

        Args:
            picture: as the bundle's camera takes it.
            prior: of the camera's optical frame in the map frame; None where nothing is believed.

        Raises:
            SensorError: the picture is of another size, or shows nothing that is known.
        """
        self._check(picture)
        marks = [time.perf_counter()]
        brightness = brightness_of(picture.pixels)
        features = self._engine.run((BACKBONE,), {"brightness": brightness[None]})["features"]
        sightings = surest(self._sightings(features))
        marks.append(time.perf_counter())
        modes = self._places(sightings, prior)
        marks.append(time.perf_counter())
        found = self._refined(brightness, features[0], modes, prior)
        marks.append(time.perf_counter())
        if not modes and not found:
            raise SensorError("the picture shows no place that the bundle knows")
        strange = 0.0
        if self._familiarity is not None:
            strange = self._familiarity.strangeness(pooled_features(features[0]))
        network, samples = self._drawn(sightings, modes, found, strange)
        view = small_view(brightness, view_size(self._camera))
        if self._forward is not None and modes:
            samples = self._forward.moved(view, samples)
        measurement = gaussian_about(Pose3.from_matrix(samples[0]), samples)
        posterior = measurement if prior is None else fused_in_space(prior, measurement)
        marks.append(time.perf_counter())
        expected = drawn_view(self._engine, measurement.mean)
        recognised = found[0].recognised if found else Recognised(0, 0)
        quality = self._quality(sightings, measurement.mean, view, expected, recognised)
        marks.append(time.perf_counter())
        return CameraFix(
            picture.stamp_s,
            measurement,
            posterior,
            refined_modes(found) if found else modes,
            samples,
            explained_by(sightings, measurement.mean).share,
            quality,
            expected,
            dict(zip(_STAGES, np.diff(marks).tolist(), strict=True)),
            network,
            recognised.explained,
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
        features = self._engine.run((BACKBONE,), {"brightness": brightness[None]})["features"]
        sightings = surest(self._sightings(features))
        view = small_view(brightness, view_size(self._camera))
        refiner = self._refiner
        keypoints = None if refiner is None else self._keypoints(brightness, features[0])

        def quality_at(pose: Pose3) -> float:
            recognised = Recognised(0, 0)
            if refiner is not None and keypoints is not None:
                recognised = refiner.recognised_at(keypoints, pose)
            return self._quality(sightings, pose, view, drawn_view(self._engine, pose), recognised)

        return quality_at

    def _check(self, picture: Picture) -> None:
        camera = self._camera
        if picture.pixels.shape[:2] != (camera.height, camera.width):
            raise SensorError(
                f"the picture is of {picture.pixels.shape[1]}x{picture.pixels.shape[0]} pixels, "
                f"the bundle's camera of {camera.width}x{camera.height}"
            )

    def _drawn(
        self,
        sightings: Sightings,
        modes: Sequence[CameraMode],
        found: Sequence[Refined],
        strange: float,
    ) -> tuple[GaussianPose3 | None, NDArray[np.float64]]:
        """Return what the network alone says, and poses (s, 4, 4) drawn from what is said."""
        network: GaussianPose3 | None = None
        samples = np.zeros((0, 4, 4))
        if modes:
            likeliest = align_sightings(sightings, modes[0].pose.mean)
            samples = self._samples(POSTERIOR, likeliest, sightings, strange)
            network = gaussian_about(likeliest.pose.mean, samples)
        if found:
            best = found[0]
            samples = self._samples(LANDMARK_POSTERIOR, best.aligned, best.sightings, strange)
        return network, samples

    def _sightings(self, features: NDArray[np.float32]) -> Sightings:
        told = self._engine.run((PLACES,), {"features": features})
        return sightings_of(
            told["places"][0],
            told["log_deviations"][0],
            self._rays,
            self._camera,
            self._config.least_deviation_px,
        )

    def _keypoints(
        self, brightness: NDArray[np.float32], features: NDArray[np.float32]
    ) -> Keypoints:
        peaks = self._engine.run((KEYPOINTS,), {"brightness": brightness[None]})["peaks"][0]
        return keypoints_of(features, peaks, patches_of(self._camera))

    def _refined(
        self,
        brightness: NDArray[np.float32],
        features: NDArray[np.float32],
        modes: Sequence[CameraMode],
        prior: GaussianPose3 | None,
    ) -> list[Refined]:
        """Return what landmarks say of each place, what explains the most of them first.

        What is believed is asked first: where landmarks are surely there, no other place is looked
        at. Otherwise they are looked for at the network's places, and then wherever they are: of
        two rooms that look alike, the network may know one, and light may lead it astray.
        """
        if self._refiner is None:
            return []
        keypoints = self._keypoints(brightness, features)
        starts = [one.pose.mean for one in modes if one.weight > _LEAST_WEIGHT]
        if prior is not None:
            starts.insert(0, prior.mean)
        found: list[Refined] = []
        for start in starts:
            refined = self._refiner.near(keypoints, start)
            found += [] if refined is None else [refined]
            if prior is not None and refined is not None and refined.is_sure:
                return sorted(found, key=lambda one: -one.explained)
        found += self._refiner.anywhere(keypoints)
        return sorted(found, key=lambda one: -one.explained)

    def _quality(
        self,
        sightings: Sightings,
        pose: Pose3,
        seen: NDArray[np.float32],
        expected: NDArray[np.float32],
        landmarks: Recognised,
    ) -> float:
        refined = self._config.refined_quality
        if self._refiner is None or refined is None:
            told = quality_features(sightings, pose, seen, expected)
            return quality_of(told, self._config.quality)
        return quality_of(quality_features(sightings, pose, seen, expected, landmarks), refined)

    def _samples(
        self, graph: str, aligned: Aligned, sightings: Sightings, strange: float
    ) -> NDArray[np.float64]:
        """Draw poses (s, 4, 4) about an alignment, as far off as such ones are."""
        outcome = outcome_of(aligned, sightings, strange)[None].astype(np.float32)
        told = self._engine.run((graph,), {"latents": self._latents, "outcomes": outcome})
        return drawn_poses(aligned.pose, np.asarray(told["offsets"][0], np.float64))

    def _places(self, sightings: Sightings, prior: GaussianPose3 | None) -> tuple[CameraMode, ...]:
        # Under a belief one other place is enough: it is there to contradict.
        starts = list(hypotheses_of(sightings, _PLACES if prior is None else 1))
        if prior is not None:
            starts.insert(0, prior.mean)
        found = [align_sightings(sightings, start, prior) for start in starts]
        return weighed_modes(found)
