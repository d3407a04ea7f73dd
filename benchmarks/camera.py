# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera is, by one picture: PoseINN beside retrieval and landmarks, on real pictures.

PoseINN as published (its preset ``paper``) stands beside them as ``pose_inn_paper``. Every
estimator may learn from the same pictures and is tested on the same others; nothing is believed of
a picture before it is used. No error is aligned away. Restricted data is measured and never
shipped: bundles of it stay under ``build/``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import camera_floor
import torch
from camera_rivals import Landmarks, LocalFeatures, Retrieval, WholePictures

from local_inn_ros.benchmarking.camera_accuracy import (
    CameraAnswer,
    CameraRow,
    Located,
    Split,
    blocks_held_out,
    last_held_out,
    markdown,
    row_of,
)
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError, SensorError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.pose_inn.paper_presets import PAPER
from local_inn_ros.systems.pose_inn.picture_locating import LocatesPictures
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder
from local_inn_ros.systems.registry import load_bundle, open_model, system_named
from local_inn_ros.training.train import train_bundle

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "cameras"
MODELS = resource_directory("models")
LASER_BUNDLE, CAMERA_BUNDLE = "generated_floor", "generated_floor_camera"
_SYSTEM, _PAPER_SYSTEM = "pose_inn", "pose_inn_paper"
_ESTIMATORS = ("network", "paper", "rivals")
_DRAWS = 64
_REFINERS = {
    "network": RefinerChoice.NONE,
    "forward": RefinerChoice.FORWARD,
    "refined": RefinerChoice.FIELD,
}
# Of the pictures that may be learned from, one in so many is a keyframe with landmarks.
_KEYFRAME_EVERY = {"kitchen_320": 16, "walk_270": 2, camera_floor.NAME: 8}


def splits(dataset: str) -> list[Split]:
    """Return the splits of a data set."""
    posed = read_picture_folder(DATA / dataset)
    if dataset == "kitchen_320":
        return [blocks_held_out(posed, 50), last_held_out(posed, 150)]
    return [blocks_held_out(posed, 10)]


def floor_rows(given: argparse.Namespace) -> list[CameraRow]:
    """Test on the simulated floor: with the shipped bundle, or with one that is trained anew."""
    folder = given.out.parent / camera_floor.NAME
    folder.mkdir(parents=True, exist_ok=True)
    laser = MODELS / LASER_BUNDLE
    bag = camera_floor.learned_bag(laser, camera_floor.CAMERA, folder)
    learned = camera_floor.learned_pictures(bag, laser, folder)
    shipped = load_bundle(MODELS / CAMERA_BUNDLE)
    if given.short:
        bundle, minutes = shipped, float(shipped.description.training["seconds"]) / 60.0
    else:
        minutes = trained(learned, folder / "bundle", ordered(given))
        bundle = load_bundle(folder / "bundle")
    model = open_model(bundle, EngineChoice.ONNX)
    assert isinstance(model, PoseInnModel)
    rows: list[CameraRow] = []
    for drive in camera_floor.drives(given.short):
        split, driven = camera_floor.split_of(drive, learned, laser, camera_floor.CAMERA, folder)
        if given.only in (None, "network"):
            rows += network_rows(camera_floor.NAME, split, model, minutes, given.seed)
            run = camera_floor.driven(model, driven)
            rows.append(
                camera_floor.fused_row(run, split.name, _SYSTEM, size_mb_of(bundle.path), minutes)
            )
        if given.only in (None, "rivals"):
            split = replace(split, learned=camera_floor.with_depth(learned, bag, folder))
            rows += rival_rows(camera_floor.NAME, split)
        print(markdown(rows), flush=True)
    return rows


def pose_inn_rows(dataset: str, split: Split, given: argparse.Namespace) -> list[CameraRow]:
    """Train PoseINN and test it, with each of its refiners and with none."""
    out = given.out.parent / f"camera_{dataset}_{split.name}"
    minutes = trained(split.learned, out, ordered(given))
    model = open_model(load_bundle(out), EngineChoice.ONNX)
    assert isinstance(model, PoseInnModel)
    return network_rows(dataset, split, model, minutes, given.seed)


def paper_rows(dataset: str, split: Split, given: argparse.Namespace) -> list[CameraRow]:
    """Train PoseINN as published and test it."""
    out = given.out.parent / f"camera_paper_{dataset}_{split.name}"
    minutes = trained(split.learned, out, TrainingOrder(PAPER, given.paper_steps, given.seed))
    model = open_model(load_bundle(out), EngineChoice.ONNX)
    assert isinstance(model, PoseInnModel)
    answers = tested(split, _locating(model.localizer(_DRAWS, given.seed)))
    size_mb = size_mb_of(out)
    return [row_of(answers, dataset, split.name, _PAPER_SYSTEM, "network", size_mb, minutes)]


def ordered(given: argparse.Namespace) -> TrainingOrder:
    """Return how PoseINN is to be trained."""
    return TrainingOrder(given.preset, given.steps, given.seed)


def trained(learned: PosedPictures, out: Path, order: TrainingOrder) -> float:
    """Train PoseINN, and return the minutes that it took."""
    inputs = TrainingInputs(None, {"camera": learned.camera}, pictures=learned)
    began = time.monotonic()
    with training_bar() as show:
        train_bundle(system_named(_SYSTEM), inputs, order, out, show)
    return (time.monotonic() - began) / 60.0


def network_rows(
    dataset: str, split: Split, model: PoseInnModel, minutes: float, seed: int
) -> list[CameraRow]:
    """Test the network alone, refined by its forward pass, and refined by landmarks."""
    size_mb = size_mb_of(model.bundle.path)
    rows = []
    for name, refiner in _REFINERS.items():
        answers = tested(split, _locating(model.localizer(_DRAWS, seed, refiner)))
        rows.append(row_of(answers, dataset, split.name, _SYSTEM, name, size_mb, minutes))
    return rows


def _locating(localizer: LocatesPictures) -> Callable[[Picture], Located]:
    def locate(picture: Picture) -> Located:
        began = time.perf_counter()
        try:
            found = localizer.locate(picture).measurement
        except SensorError:
            return Located(None, time.perf_counter() - began)
        return Located(found.mean, time.perf_counter() - began, found)

    return locate


def size_mb_of(bundle: Path) -> float:
    """Return what a bundle takes on disk."""
    return sum(file.stat().st_size for file in bundle.iterdir()) / 1e6


def rival_rows(dataset: str, split: Split) -> list[CameraRow]:
    """Test what needs no training."""
    describe = WholePictures()
    rows = []
    retrieval = Retrieval(split.learned, describe)
    answers = tested(split, lambda picture: retrieval.locate(picture.pixels))
    rows.append(row_of(answers, dataset, split.name, "", "retrieval", retrieval.size_mb, 0.0))
    landmarks = Landmarks(split.learned, describe, _KEYFRAME_EVERY[dataset], LocalFeatures())
    answers = tested(split, lambda picture: landmarks.locate(picture.pixels))
    rows.append(row_of(answers, dataset, split.name, "", "landmarks_pnp", landmarks.size_mb, 0.0))
    return rows


def tested(split: Split, locate: Callable[[Picture], Located]) -> list[CameraAnswer]:
    """Locate all pictures that are for testing; the first one once more before, to warm up."""
    camera = split.test.camera
    locate(split.test.pictures[0].picture(camera))
    return [CameraAnswer(locate(one.picture(camera)), one.map_from_camera) for one in split.test]


def main() -> None:
    """Train, test, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "camera.json")
    parser.add_argument("--data", nargs="*", default=[camera_floor.NAME, "kitchen_320", "walk_270"])
    parser.add_argument("--split", nargs="*", help="names of splits; all where left out")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--steps", type=int, help="gradient steps, in place of the preset's")
    parser.add_argument("--paper-steps", type=int, help="likewise, of PoseINN as published")
    parser.add_argument("--only", choices=_ESTIMATORS, help="of the estimators")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--short", action="store_true", help="the simulated floor with the shipped bundle alone"
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[CameraRow] = []
    if given.short or camera_floor.NAME in given.data:
        rows += floor_rows(given)
        write_json(given.out, {"rows": [asdict(row) for row in rows]})
    real = [] if given.short else [one for one in given.data if one != camera_floor.NAME]
    if real and not DATA.is_dir():
        raise LocalInnError(f"the pictures are not at {DATA}")
    for dataset in real:
        for split in splits(dataset):
            if given.split and split.name not in given.split:
                continue
            if given.only in (None, "network"):
                rows += pose_inn_rows(dataset, split, given)
            if given.only in (None, "paper"):
                rows += paper_rows(dataset, split, given)
            if given.only in (None, "rivals"):
                rows += rival_rows(dataset, split)
            print(markdown(rows), flush=True)
            write_json(given.out, {"rows": [asdict(row) for row in rows]})
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
