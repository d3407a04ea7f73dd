# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training of PoseINN, from posed pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, RecordValue
from local_inn_ros.errors import DeviceError, LocalInnError, SensorError
from local_inn_ros.flows.fit_task import FitTask
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.backbone_weights import backbone_file
from local_inn_ros.systems.pose_inn.config import STRIDE, view_size
from local_inn_ros.systems.pose_inn.export import PlacesGraph, write_files
from local_inn_ros.systems.pose_inn.looks import brightness_of, small_view
from local_inn_ros.systems.pose_inn.network import Backbone, PoseInn
from local_inn_ros.systems.pose_inn.objective import PoseInnObjective, fitted_posterior
from local_inn_ros.systems.pose_inn.patch_source import Patches, patches_from, pose_rows
from local_inn_ros.systems.pose_inn.presets import PRESETS, TrainingSettings
from local_inn_ros.systems.pose_inn.quality import fit_quality
from local_inn_ros.systems.pose_inn.rehearsal import (
    HELD_BLOCKS,
    Trial,
    tried_alignments,
    tried_poses,
)
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
        learned: the others, and views where there are any.
        settings: of the training.
        seed: of everything random.
        half: whether products are computed in half precision.
        model: the networks.
        task: what the fit loop has to do.
    """

    posed: PosedPictures
    held_out: PosedPictures
    learned: PosedPictures
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
        if order.device != "cpu":
            raise DeviceError(f"pose_inn is trained on the processor (cpu), not on {order.device}")
        if inputs.pictures is None:
            raise SensorError(
                "pose_inn learns from pictures with poses: name a folder with a sequence.json, a "
                "transforms.json or a TUM file"
            )
        return PoseInnTraining.of(inputs.pictures, settings, order.seed, inputs.views)

    @staticmethod
    def of(
        posed: PosedPictures,
        settings: TrainingSettings,
        seed: int,
        views: PosedPictures | None = None,
    ) -> PoseInnTraining:
        """Begin a training of any settings; see ``begin``.

        Views are learned from and never held out: how sure to be is told by pictures alone.
        """
        _check(posed)
        rng = np.random.default_rng(seed)
        learned, held_out = split(posed, settings.held_out)
        if views is not None:
            learned = learned.joined(views)
        model = new_model(posed, settings, seed)
        patches = patches_from(
            learned,
            settings.looks,
            settings.view_batch,
            lambda brightness: _features(model.backbone, brightness),
            lambda brightness: small_view(brightness, view_size(posed.camera)),
            rng,
        )
        _fit_to(model, patches, rng)
        half = _halves()
        trained = [*model.places.parameters(), *model.view.parameters()]
        task = FitTask(
            model,
            torch.optim.Adam(trained, settings.learning_rate, (0.9, 0.98), 1e-10),
            patches,
            PoseInnObjective(model, posed.camera, settings, half),
            settings.steps,
            settings.batch,
        )
        return PoseInnTraining(posed, held_out, learned, settings, seed, half, model, task)

    @property
    def identity(self) -> Mapping[str, RecordValue]:
        """All that the outcome depends on."""
        settings = {
            name: value for name, value in asdict(self.settings).items() if name != "network"
        }
        poses = np.concatenate([self.posed.poses(), self.learned.poses()])
        return {
            **settings,
            "seed": self.seed,
            "half": self.half,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "camera": self.posed.camera.model_dump_json(),
            "pictures": len(self.posed),
            "pictures_held_out": len(self.held_out),
            "views": len(self.learned) + len(self.held_out) - len(self.posed),
            "depth": self.posed.have_depth,
            "poses_sha256": hashlib.sha256(poses.tobytes()).hexdigest(),
            "network": asdict(self.settings.network),
        }

    def write(
        self, folder: Path, record: Mapping[str, RecordValue], rng: np.random.Generator
    ) -> BundleDescription:
        """Fit the posterior to pictures held out, and write all files (see ``TrainingRun``)."""
        model = self.model.eval()
        trials = tried_alignments(
            self.held_out,
            lambda brightness: _places(model, brightness),
            _LEAST_DEVIATION_PX,
            rng,
        )
        if not trials:
            raise SensorError(
                "no picture that was held out shows a place that was learned: train longer, or "
                "give more pictures of each place"
            )
        model.posterior = fitted_posterior(trials, self.settings, self.seed)
        right, wrong = tried_poses(
            self.held_out,
            lambda brightness: _places(model, brightness),
            lambda pose: _drawn(model, pose),
            _LEAST_DEVIATION_PX,
            rng,
        )
        quality = fit_quality(right, wrong)
        measured = {**_errors(trials), "view_deviation": _view_deviation(model, self.held_out)}
        return write_files(
            model, self.posed, self.settings, _LEAST_DEVIATION_PX, quality, measured, record, folder
        )

    def calibrate(self, bundle: Bundle, rng: np.random.Generator) -> Calibration:
        """Return nothing more: the posterior is fitted already (see ``TrainingRun``)."""
        return Calibration()


def split(posed: PosedPictures, share: float) -> tuple[PosedPictures, PosedPictures]:
    """Hold some blocks of successive pictures out, evenly strewn, and return both parts."""
    count = len(posed)
    length = max(1, round(share * count / HELD_BLOCKS))
    held = {
        start + number
        for start in ((2 * np.arange(HELD_BLOCKS) + 1) * count // (2 * HELD_BLOCKS)).tolist()
        for number in range(length)
        if start + number < count
    }
    return (
        posed.at(index for index in range(count) if index not in held),
        posed.at(sorted(held)),
    )


def new_model(posed: PosedPictures, settings: TrainingSettings, seed: int) -> PoseInn:
    """Build networks that are untrained but for the backbone, the same for the same seed.

    Raises:
        LocalInnError: the weights of the backbone are not there, or cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = PoseInn(posed.camera, settings.network)
    load_backbone(model.backbone)
    return model


def load_backbone(backbone: Backbone) -> None:
    """Put the frozen weights into a backbone.

    Raises:
        LocalInnError: they are not there, or cannot be read.
    """
    file = backbone_file()
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
        wanted = backbone.state_dict()
        backbone.load_state_dict({name: weights[name] for name in wanted})
    except (OSError, RuntimeError, KeyError) as error:
        raise LocalInnError(f"the weights {file} cannot be used: {error}") from error


def _check(posed: PosedPictures) -> None:
    camera = posed.camera
    if len(posed) < _FEWEST_PICTURES:
        raise SensorError(
            f"{len(posed)} pictures are too few to learn a place from: give at least "
            f"{_FEWEST_PICTURES}"
        )
    if camera.width % STRIDE or camera.height % STRIDE:
        raise SensorError(
            f"pictures must be of multiples of {STRIDE} pixels, these are of "
            f"{camera.width}x{camera.height}"
        )


def _halves() -> bool:
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


@torch.no_grad()
def _features(backbone: Backbone, brightness: NDArray[np.float32]) -> NDArray[np.float32]:
    told: NDArray[np.float32] = backbone(torch.from_numpy(brightness)[None])[0].numpy()
    return told


@torch.no_grad()
def _drawn(model: PoseInn, pose: Pose3) -> NDArray[np.float32]:
    """Return what the forward pass draws at a pose of the camera."""
    rows = pose_rows(pose.to_matrix()[None])
    drawn: NDArray[np.float32] = model.view(torch.from_numpy(rows))[0].numpy()
    return drawn


@torch.no_grad()
def _places(
    model: PoseInn, brightness: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    features = model.backbone(torch.from_numpy(brightness)[None])
    places, log_deviations = PlacesGraph(model.places)(features)
    return places[0].numpy(), log_deviations[0].numpy()


def _errors(trials: list[Trial]) -> dict[str, float]:
    """Return medians of what alignments of plain pictures are off."""
    plain = [one for one in trials if one.plain]
    return {
        "held_out_median_m": float(np.median([one.off_m for one in plain])),
        "held_out_median_deg": float(np.median([one.off_deg for one in plain])),
    }


def _view_deviation(model: PoseInn, held_out: PosedPictures) -> float:
    """Return the robust deviation of the forward pass from pictures held out."""
    size = view_size(held_out.camera)
    off = []
    for one in held_out:
        seen = small_view(brightness_of(one.picture(held_out.camera).pixels), size)
        off.append(np.abs(_drawn(model, one.map_from_camera) - seen))
    return float(1.4826 * np.median(off))
