# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a robot finds itself by one picture, on a simulated floor in light that was not learned.

The shipped bundle of the camera is asked, as `relocalize` asks it. Beside drives on its own floor
stands one on that floor painted otherwise, where a place that is found is right or wrong, and one
on another floor, where nothing may be found. Pictures of a real kitchen are asked of the bundle
that `make bench-camera` leaves, which has not learned their blocks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from camera import splits
from camera_floor import CAMERA, DRIVES, NAME, TOPIC, TRUTH, TestDrive, other_floor, recorded

from local_inn_ros.benchmarking.camera_kidnap import (
    CameraKidnapRow,
    kidnap_markdown,
    kidnap_row,
    kidnap_row_in_space,
)
from local_inn_ros.cli.simulated_cameras import Lit
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError, SensorError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.geometry import Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.recordings.bag_pictures import PictureTopics, Told, open_pictures
from local_inn_ros.recordings.bag_reference import open_reference
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.planar_search import FOUND_QUALITY, FOUND_WEIGHT
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import RunSettings, candidate_search_of
from local_inn_ros.systems.registry import load_bundle, open_model

ROOT = Path(__file__).resolve().parents[1]
MODELS = resource_directory("models")
_SYSTEM = "pose_inn"
_KITCHEN, _BLOCKS = "kitchen_320", "blocks_of_50"
# Of the pictures of a drive, one in so many is searched with.
_EVERY, _SHORT_EVERY = 5, 15
_OTHER_APPEARANCE, _OTHER_FLOOR = 7, 5
_REPAINTED = TestDrive("repainted", Lit.OFFICE, 1.0, 31.0, 21)
_ELSEWHERE = TestDrive("another_floor", Lit.OFFICE, 1.0, 31.0, 22)


def trials(
    model: PoseInnModel, bag: Path, every: int, elsewhere: bool
) -> Iterator[tuple[Picture, Pose2 | None]]:
    """Yield pictures of a bag, and where the base was; None of another floor."""
    truth = open_reference(bag, TRUTH, "/odom", "map").path
    pictures = open_pictures(bag, PictureTopics(TOPIC)).pictures(model.camera, Told())
    for number, picture in enumerate(pictures):
        (pose,) = truth.at([picture.stamp_s])
        if number % every == 0:
            yield picture, None if elsewhere else Pose2.from_array(pose)


def kitchen_row(bundle: Path, every: int) -> CameraKidnapRow:
    """Search by pictures of the kitchen's blocks that were held out."""
    model = open_model(load_bundle(bundle), EngineChoice.ONNX)
    assert isinstance(model, PoseInnModel)
    localizer = model.localizer()

    def found(picture: Picture) -> Pose3 | None:
        try:
            fix = localizer.locate(picture)
        except SensorError:
            return None
        sure = fix.quality >= FOUND_QUALITY and fix.modes[0].weight >= FOUND_WEIGHT
        return fix.measurement.mean if sure else None

    (split,) = (one for one in splits(_KITCHEN) if one.name == _BLOCKS)
    asked = [
        (one.picture(model.camera), one.map_from_camera) for one in split.test.pictures[::every]
    ]
    found(asked[0][0])
    return kidnap_row_in_space(f"{_KITCHEN}, {_BLOCKS}", _SYSTEM, found, asked)


def main() -> None:
    """Search, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "camera_kidnap.json")
    parser.add_argument("--short", action="store_true", help="a third of the pictures")
    given = parser.parse_args()
    folder = given.out.parent / NAME
    folder.mkdir(parents=True, exist_ok=True)
    laser = MODELS / "generated_floor"
    model = open_model(load_bundle(MODELS / "generated_floor_camera"), EngineChoice.ONNX)
    assert isinstance(model, PoseInnModel)
    rows = []
    for drive in (*(one for one in DRIVES if one.speed_mps == 1.0), _REPAINTED, _ELSEWHERE):
        elsewhere = drive is _ELSEWHERE
        floor = other_floor(_OTHER_FLOOR, folder) if elsewhere else None
        appearance = 0 if drive in DRIVES else _OTHER_APPEARANCE
        bag = recorded(laser, CAMERA, folder, drive, appearance=appearance, floor=floor)
        mount = open_pictures(bag, PictureTopics(TOPIC)).mount("base_link")
        search = candidate_search_of(model, mount, RunSettings())
        every = _SHORT_EVERY if given.short else _EVERY
        asked = trials(model, bag, every, elsewhere)
        rows.append(kidnap_row(f"{NAME}, {drive.name}", _SYSTEM, search, asked))
        print(kidnap_markdown(rows), flush=True)
        write_json(given.out, {"rows": [asdict(row) for row in rows]})
    learned = given.out.parent / f"camera_{_KITCHEN}_{_BLOCKS}"
    if learned.exists():
        rows.append(kitchen_row(learned, 3 if given.short else 1))
        print(kidnap_markdown(rows), flush=True)
        write_json(given.out, {"rows": [asdict(row) for row in rows]})
    else:
        print(f"left out: {_KITCHEN}, since `make bench-camera` has not left {learned}")
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
