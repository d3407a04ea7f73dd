# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training of PoseINN as published, from posed pictures."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, RecordValue
from local_inn_ros.errors import LocalInnError
from local_inn_ros.flows.fit_task import FitTask
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.backbone_weights import LITE0
from local_inn_ros.systems.pose_inn.outcome import latents_of
from local_inn_ros.systems.pose_inn.paper_config import PaperConfig, channels_of
from local_inn_ros.systems.pose_inn.paper_export import (
    expected_at,
    latents_told,
    poses_told,
    write_paper_files,
)
from local_inn_ros.systems.pose_inn.paper_looks import paper_picture
from local_inn_ros.systems.pose_inn.paper_network import PaperInn
from local_inn_ros.systems.pose_inn.paper_objective import PaperObjective
from local_inn_ros.systems.pose_inn.paper_posterior import (
    DrawSpread,
    errors_of,
    fitted_spread,
    matrices_of,
    pose_features,
    told_by,
)
from local_inn_ros.systems.pose_inn.paper_presets import PaperSettings
from local_inn_ros.systems.pose_inn.paper_source import paper_looks_of
from local_inn_ros.systems.pose_inn.patch_source import pose_rows
from local_inn_ros.systems.pose_inn.quality import QualityWeights, fit_quality
from local_inn_ros.systems.pose_inn.quality_rehearsal import far, near, scrambled
from local_inn_ros.systems.pose_inn.rehearsal import HELD_BLOCKS
from local_inn_ros.systems.pose_inn.stretches import split
from local_inn_ros.systems.pose_inn.train import check_count, halves, pictures_of
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder

# Draws that covariances are fitted to: of more than a robot draws, so that chance counts for less.
_DRAWS = 64
# An answer that is further off is wrong: as far as that the published network is to be believed.
_WRONG_M, _WRONG_RAD = 0.5, math.radians(15.0)


@dataclass(frozen=True, slots=True, eq=False)
class PaperTraining:
    """One training (see ``TrainingRun``).

    Attributes:
        posed: all pictures that were given.
        held_out: those of them that covariances and quality are fitted to.
        settings: of the training.
        seed: of everything random.
        half: whether the autoencoder's products are computed in half precision.
        model: the networks.
        task: what the fit loop has to do.
    """

    posed: PosedPictures
    held_out: PosedPictures
    settings: PaperSettings
    seed: int
    half: bool
    model: PaperInn
    task: FitTask

    @staticmethod
    def begin(inputs: TrainingInputs, order: TrainingOrder) -> PaperTraining:
        """Begin a training.

        Raises:
            DeviceError: it is to be trained elsewhere than on the processor.
            LocalInnError: the weights of the backbone are not there, or cannot be read.
            SensorError: there are no pictures, or too few.
        """
        settings = PaperSettings()
        if order.steps is not None:
            settings = replace(settings, steps=order.steps)
        return PaperTraining.of(pictures_of(inputs, order), settings, order.seed)

    @staticmethod
    def of(posed: PosedPictures, settings: PaperSettings, seed: int) -> PaperTraining:
        """Begin a training of any settings; see ``begin``."""
        check_count(posed)
        rng = np.random.default_rng(seed)
        learned, held_out = split(posed, settings.held_out, HELD_BLOCKS)
        model = new_model(posed, settings, seed)
        model.code.fit_to(learned.poses())

        @torch.no_grad()
        def features(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
            told: NDArray[np.float32] = model.encoder.frozen_part(
                torch.from_numpy(pictures)
            ).numpy()
            return told

        looks = paper_looks_of(learned, settings.looks, settings.drawn, features, rng)
        half = halves()
        trained = [one for one in model.parameters() if one.requires_grad]
        task = FitTask(
            model,
            torch.optim.Adam(trained, settings.learning_rate),
            looks,
            PaperObjective(model, settings, half),
            settings.steps,
            settings.batch,
        )
        return PaperTraining(posed, held_out, settings, seed, half, model, task)

    @property
    def identity(self) -> Mapping[str, RecordValue]:
        """All that the outcome depends on."""
        return {
            **asdict(self.settings),
            "kind": "paper",
            "seed": self.seed,
            "half": self.half,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "camera": self.posed.camera.model_dump_json(),
            "pictures": len(self.posed),
            "pictures_held_out": len(self.held_out),
            "poses_sha256": hashlib.sha256(self.posed.poses().tobytes()).hexdigest(),
        }

    def write(
        self, folder: Path, record: Mapping[str, RecordValue], rng: np.random.Generator
    ) -> BundleDescription:
        """Fit covariances and quality to pictures held out, and write all files."""
        model = self.model.eval()
        spread, measured = self._fit_spread(rng)
        positions = self.posed.poses()[:, :3, 3]
        low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
        config = PaperConfig.model_validate(
            {
                "scale": spread.scale,
                "floor": spread.floor,
                "quality": self._fit_quality(rng),
                "bounds": (low, high),
            }
        )
        return write_paper_files(model, self.posed, config, measured, record, folder)

    def calibrate(self, bundle: Bundle, rng: np.random.Generator) -> Calibration:
        """Return nothing more: covariances are fitted already (see ``TrainingRun``)."""
        return Calibration()

    def _fit_spread(self, rng: np.random.Generator) -> tuple[DrawSpread, dict[str, float]]:
        """Return how far off the mean of draws is, and figures of the pictures held out."""
        camera, z = self.posed.camera, latents_of(_DRAWS, rng)
        draws = [
            self._drawn(paper_picture(one.picture(camera).pixels, channels_of(camera)), z)
            for one in self.held_out
        ]
        covariances, errors = errors_of(draws, self.held_out.poses())
        turned = np.degrees(np.linalg.norm(errors[:, 3:], axis=1))
        measured = {
            "held_out_median_m": float(np.median(np.linalg.norm(errors[:, :3], axis=1))),
            "held_out_median_deg": float(np.median(turned)),
        }
        return fitted_spread(covariances, errors), measured

    def _drawn(self, picture: NDArray[np.float32], z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the poses (s, 4, 4) that are drawn of a picture."""
        return matrices_of(poses_told(self.model, latents_told(self.model, picture), z))

    def _fit_quality(self, rng: np.random.Generator) -> QualityWeights:
        """Return weights of the probability that a pose is right.

        Right are poses near the truth, and the network's own where they are not far from it; wrong
        are others, and whatever it says of pictures of nowhere.
        """
        camera, z = self.posed.camera, latents_of(_DRAWS, rng)
        right: list[NDArray[np.float64]] = []
        wrong: list[NDArray[np.float64]] = []
        for one in self.held_out:
            pixels = one.picture(camera).pixels
            picture = paper_picture(pixels, channels_of(camera))
            nowhere = paper_picture(scrambled(pixels), channels_of(camera))
            truth = one.map_from_camera
            own = told_by(self._drawn(picture, z)).mean
            good = own.distance_to(truth) < _WRONG_M and own.angle_to(truth) < _WRONG_RAD
            (right if good else wrong).append(self._features(picture, own))
            right.append(self._features(picture, truth @ Pose3.from_matrix(exp_twists(near(rng)))))
            wrong.append(self._features(picture, truth @ Pose3.from_matrix(exp_twists(far(rng)))))
            wrong.append(self._features(nowhere, told_by(self._drawn(nowhere, z)).mean))
        return fit_quality(np.array(right), np.array(wrong))

    def _features(self, picture: NDArray[np.float32], pose: Pose3) -> NDArray[np.float64]:
        row = pose_rows(pose.to_matrix()[None])[0]
        latent = latents_told(self.model, picture)
        return pose_features(picture, latent, *expected_at(self.model, row))


def new_model(posed: PosedPictures, settings: PaperSettings, seed: int) -> PaperInn:
    """Build networks that are untrained but for the backbone, the same for the same seed.

    Raises:
        LocalInnError: the weights of the backbone are not there, or cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = PaperInn(channels_of(posed.camera), settings.learned_parts)
    file = LITE0.path()
    try:
        model.encoder.backbone.load(torch.load(file, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, KeyError) as error:
        raise LocalInnError(f"the weights {file} cannot be used: {error}") from error
    return model.eval()
