# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training of PoseINN, from posed pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, RecordValue
from local_inn_ros.errors import DeviceError, SensorError
from local_inn_ros.flows.fit_task import FitTask
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.config import STRIDE, view_size
from local_inn_ros.systems.pose_inn.export import (
    Trained,
    drawn_at,
    features_of,
    keypoints_seen,
    keypoints_told,
    places_told,
    write_files,
)
from local_inn_ros.systems.pose_inn.familiarity import Familiarity
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmark_survey import Survey, surveyed, tried_landmarks
from local_inn_ros.systems.pose_inn.landmarks import Landmarks
from local_inn_ros.systems.pose_inn.looks import brightness_of, small_view
from local_inn_ros.systems.pose_inn.network import PoseInn, load_backbone
from local_inn_ros.systems.pose_inn.objective import PoseInnObjective, fitted_posterior
from local_inn_ros.systems.pose_inn.patch_source import Patches, patches_from
from local_inn_ros.systems.pose_inn.presets import PRESETS, TrainingSettings
from local_inn_ros.systems.pose_inn.quality import QualityWeights, fit_quality
from local_inn_ros.systems.pose_inn.quality_rehearsal import Witness, tried_poses
from local_inn_ros.systems.pose_inn.rehearsal import (
    HELD_BLOCKS,
    Trial,
    tried_alignments,
)
from local_inn_ros.systems.pose_inn.stretches import split
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder

_FEWEST_PICTURES = 12
# Pixels that no patch is surer than: a place is of a patch of 8 pixels.
_LEAST_DEVIATION_PX = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PoseInnTraining:
    """One training (see ``TrainingRun``).

    Attributes:
        posed: all pictures that were given.
        held_out: those of them that the posterior is fitted to.
        settings: of the training.
        seed: of everything random.
        half: whether products are computed in half precision.
        model: the networks.
        task: what the fit loop has to do.
    """

    posed: PosedPictures
    held_out: PosedPictures
    settings: TrainingSettings
    seed: int
    half: bool
    model: PoseInn
    task: FitTask

    @staticmethod
    def begin(inputs: TrainingInputs, order: TrainingOrder) -> PoseInnTraining:
        """Begin a training of one of the presets.

        Raises:
            DeviceError: it is to be trained elsewhere than on the processor.
            SensorError: there are no pictures, or too few, or of a size that does not fit.
        """
        settings = PRESETS[order.preset]
        if order.steps is not None:
            settings = replace(settings, steps=order.steps)
        return PoseInnTraining.of(pictures_of(inputs, order), settings, order.seed)

    @staticmethod
    def of(posed: PosedPictures, settings: TrainingSettings, seed: int) -> PoseInnTraining:
        """Begin a training of any settings; see ``begin``."""
        _check(posed)
        rng = np.random.default_rng(seed)
        learned, held_out = split(posed, settings.held_out, HELD_BLOCKS)
        model = new_model(posed, settings, seed)
        patches = patches_from(
            learned,
            settings.looks,
            settings.view_batch,
            partial(features_of, model),
            lambda brightness: small_view(brightness, view_size(posed.camera)),
            rng,
        )
        _fit_to(model, patches, rng)
        half = halves()
        trained = [*model.places.parameters(), *model.view.parameters()]
        task = FitTask(
            model,
            torch.optim.Adam(trained, settings.learning_rate, (0.9, 0.98), 1e-10),
            patches,
            PoseInnObjective(model, posed.camera, settings, half),
            settings.steps,
            settings.batch,
        )
        return PoseInnTraining(posed, held_out, settings, seed, half, model, task)

    @property
    def identity(self) -> Mapping[str, RecordValue]:
        """All that the outcome depends on."""
        settings = {
            name: value for name, value in asdict(self.settings).items() if name != "network"
        }
        return {
            **settings,
            "seed": self.seed,
            "half": self.half,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "camera": self.posed.camera.model_dump_json(),
            "pictures": len(self.posed),
            "pictures_held_out": len(self.held_out),
            "depth": self.posed.have_depth,
            "poses_sha256": hashlib.sha256(self.posed.poses().tobytes()).hexdigest(),
            "network": asdict(self.settings.network),
        }

    def write(
        self, folder: Path, record: Mapping[str, RecordValue], rng: np.random.Generator
    ) -> BundleDescription:
        """Fit posteriors to pictures held out, and write all files (see ``TrainingRun``)."""
        model, settings = self.model.eval(), self.settings
        asked = partial(keypoints_told, model)
        survey = surveyed(self.posed, asked, rng)
        held_out = {one.file for one in self.held_out}
        learned = np.array([one.file not in held_out for one in survey.posed])
        familiarity = Familiarity.of(survey.pooled[learned])
        measured = self._fit_network(familiarity, rng)
        landmarks = self._fit_landmarks(survey, learned, measured, rng)
        rest = None if landmarks is None else survey.refiner_without(~learned, settings.landmarks)
        quality, refined = self._fit_quality(rest, rng)
        trained = Trained(model, familiarity, landmarks, quality, refined, _LEAST_DEVIATION_PX)
        return write_files(trained, self.posed, settings, measured, record, folder)

    def _fit_network(self, familiarity: Familiarity, rng: np.random.Generator) -> dict[str, float]:
        """Fit the network's posterior; return figures of the pictures that were held out."""
        places = partial(places_told, self.model)
        trials = tried_alignments(self.held_out, places, familiarity, _LEAST_DEVIATION_PX, rng)
        if not trials:
            raise SensorError(
                "no picture that was held out shows a place that was learned: train longer, or "
                "give more pictures of each place"
            )
        self.model.posterior = fitted_posterior(trials, self.settings, self.seed)
        deviation = _view_deviation(self.model, self.held_out)
        return {**_errors(trials, "held_out"), "view_deviation": deviation}

    def _fit_landmarks(
        self,
        survey: Survey,
        learned: NDArray[np.bool_],
        measured: dict[str, float],
        rng: np.random.Generator,
    ) -> Landmarks | None:
        """Fit the posterior of refined poses and add its figures; return the landmarks."""
        most, asked = self.settings.landmarks, partial(keypoints_told, self.model)
        if most == 0 or len(survey.tracks.landmarks) == 0:
            return None
        trials = tried_landmarks(survey, learned, asked, most, rng)
        if not trials:
            return None
        self.model.landmark_posterior = fitted_posterior(trials, self.settings, self.seed)
        measured.update(_errors(trials, "refined"))
        return survey.landmarks(most)

    def _fit_quality(
        self, refiner: LandmarkRefiner | None, rng: np.random.Generator
    ) -> tuple[QualityWeights, QualityWeights | None]:
        """Return weights of the quality without landmarks, and with them."""
        model = self.model
        places, drawn = partial(places_told, model), partial(drawn_at, model)
        seen = partial(keypoints_seen, model)
        witness = None if refiner is None else Witness(refiner, seen)
        right, wrong = tried_poses(self.held_out, places, drawn, witness, _LEAST_DEVIATION_PX, rng)
        alone = fit_quality(right[:, :3], wrong[:, :3])
        return alone, None if refiner is None else fit_quality(right, wrong)

    def calibrate(self, bundle: Bundle, rng: np.random.Generator) -> Calibration:
        """Return nothing more: the posterior is fitted already (see ``TrainingRun``)."""
        return Calibration()


def new_model(posed: PosedPictures, settings: TrainingSettings, seed: int) -> PoseInn:
    """Build networks that are untrained but for the backbone, the same for the same seed.

    Raises:
        LocalInnError: the weights of the backbone are not there, or cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = PoseInn(posed.camera, settings.network)
    load_backbone(model.backbone)
    load_backbone(model.keypoints)
    return model


def pictures_of(inputs: TrainingInputs, order: TrainingOrder) -> PosedPictures:
    """Return the pictures to learn from.

    Raises:
        DeviceError: it is to be trained elsewhere than on the processor.
        SensorError: there are no pictures.
    """
    if order.device != "cpu":
        raise DeviceError(f"pose_inn is trained on the processor (cpu), not on {order.device}")
    if inputs.pictures is None:
        raise SensorError(
            "pose_inn learns from pictures with poses: name a folder with a sequence.json, a "
            "transforms.json or a TUM file"
        )
    return inputs.pictures


def check_count(posed: PosedPictures) -> None:
    """See whether pictures are enough to learn from.

    Raises:
        SensorError: they are too few.
    """
    if len(posed) < _FEWEST_PICTURES:
        raise SensorError(
            f"{len(posed)} pictures are too few to learn a place from: give at least "
            f"{_FEWEST_PICTURES}"
        )


def _check(posed: PosedPictures) -> None:
    camera = posed.camera
    check_count(posed)
    if camera.width % STRIDE or camera.height % STRIDE:
        raise SensorError(
            f"pictures must be of multiples of {STRIDE} pixels, these are of "
            f"{camera.width}x{camera.height}"
        )


def halves() -> bool:
    """Tell whether this processor multiplies in half precision (bfloat16): it halves the time."""
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _fit_to(model: PoseInn, patches: Patches, rng: np.random.Generator) -> None:
    some = rng.integers(len(patches.features), size=20_000)
    seen = patches.seen_places()
    model.places.fit_to(
        torch.from_numpy(patches.features[some].astype(np.float32)),
        torch.from_numpy(patches.pooled),
        np.median(seen, axis=0),
        max(float(seen.std()), 0.5),
    )
    positions = patches.poses[:, :3, 3].astype(np.float64)
    model.view.fit_to(positions.min(axis=0), positions.max(axis=0))


def _errors(trials: list[Trial], name: str) -> dict[str, float]:
    """Return medians of what alignments of plain pictures are off."""
    plain = [one for one in trials if one.plain]
    return {
        f"{name}_median_m": float(np.median([one.off_m for one in plain])),
        f"{name}_median_deg": float(np.median([one.off_deg for one in plain])),
    }


def _view_deviation(model: PoseInn, held_out: PosedPictures) -> float:
    """Return the robust deviation of the forward pass from pictures held out."""
    size = view_size(held_out.camera)
    off = []
    for one in held_out:
        seen = small_view(brightness_of(one.picture(held_out.camera).pixels), size)
        off.append(np.abs(drawn_at(model, one.map_from_camera) - seen))
    return float(1.4826 * np.median(off))
