# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a picture costs, from a JPEG of 640x480 to a fix, and to a robot that is found by it.

The shipped bundle of the camera, on a drive over its floor in light that was not learned; one
thread. Fixes are near a prior that is as far off as a filter's, searches know nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from camera_floor import CAMERA, NAME, SHORT, TOPIC, TRUTH, recorded
from sensor_msgs.msg import CompressedImage

from local_inn_ros.benchmarking.time_spread import TimeSpread
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.messages.pictures import PictureIntake
from local_inn_ros.nodes.common.picture_messages import camera_info_message, compressed_message
from local_inn_ros.recordings.bag_pictures import PictureTopics, Told, open_pictures
from local_inn_ros.recordings.bag_reference import open_reference
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import load_bundle, open_model

ROOT = Path(__file__).resolve().parents[1]
MODELS = resource_directory("models")
_SIZE = (640, 480)
_EVERY = 3
# How far off a prior is: as that of a filter between two pictures.
_OFF = (0.03, 0.03, 0.01)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A picture as a driver sends it.

    Attributes:
        message: the picture, compressed.
        base: where the robot was.
    """

    message: CompressedImage
    base: Pose2


def enlarged(camera: CameraSpec) -> CameraSpec:
    """Return the camera with pictures of 640x480."""
    across, down = _SIZE[0] / camera.width, _SIZE[1] / camera.height
    return camera.model_copy(
        update={
            "width": _SIZE[0],
            "height": _SIZE[1],
            "fx": camera.fx * across,
            "fy": camera.fy * down,
            # The middle of the first pixel is 0.
            "cx": (camera.cx + 0.5) * across - 0.5,
            "cy": (camera.cy + 0.5) * down - 0.5,
        }
    )


def asked_of(camera: CameraSpec, bag: Path) -> Iterator[Asked]:
    """Yield pictures of a drive, enlarged and compressed."""
    truth = open_reference(bag, TRUTH, "/odom", "map").path
    pictures = open_pictures(bag, PictureTopics(TOPIC)).pictures(camera, Told())
    for number, picture in enumerate(pictures):
        if number % _EVERY == 0:
            (pose,) = truth.at([picture.stamp_s])
            seconds = int(picture.stamp_s)
            stamp = Time(sec=seconds, nanosec=int(1e9 * (picture.stamp_s - seconds)))
            pixels = cv2.resize(picture.pixels, _SIZE, interpolation=cv2.INTER_CUBIC)
            yield Asked(compressed_message(pixels, stamp, "camera"), Pose2.from_array(pose))


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Seconds that pictures took, by what was done.

    Attributes:
        stages: of the fixes, each stage by name, decoding among them.
        fixes: from the message to the fix.
        searches: likewise, nothing being believed.
        off_m: errors of the fixes in the plane.
    """

    stages: dict[str, list[float]]
    fixes: list[float]
    searches: list[float]
    off_m: list[float]


def timed(model: PoseInnModel, bag: Path) -> Timed:
    """Locate the pictures of a drive."""
    settings, rng = RunSettings(), np.random.default_rng(0)
    mount = open_pictures(bag, PictureTopics(TOPIC)).mount("base_link")
    model.warm_up(settings)
    producer = model.fix_producer(mount, settings)
    search = model.candidate_search(mount, settings)
    intake = PictureIntake(model.camera)
    intake.take_calibration(camera_info_message(enlarged(model.camera), Time(), "camera"))
    found = Timed({}, [], [], [])
    for asked in asked_of(model.camera, bag):
        prior = GaussianPose2.from_deviations(
            Pose2.from_array(asked.base.to_array() + rng.normal(size=3) * _OFF), *_OFF
        )
        began = time.perf_counter()
        picture = intake.to_picture(asked.message)
        decoded = time.perf_counter()
        fix = producer.measure(picture, prior)
        found.fixes.append(time.perf_counter() - began)
        for stage, seconds in {"decoding": decoded - began, **fix.camera.stage_s}.items():
            found.stages.setdefault(stage, []).append(seconds)
        off = asked.base.between(fix.base.pose.mean)
        found.off_m.append(float(np.hypot(off.x, off.y)))
        searched = search.search(picture)
        found.searches.append(searched.seconds + decoded - began)
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "bench" / "camera_latency.json"
    )
    given = parser.parse_args()
    folder = given.out.parent / NAME
    folder.mkdir(parents=True, exist_ok=True)
    bag = recorded(MODELS / "generated_floor", CAMERA, folder, SHORT[0])
    model = open_model(load_bundle(MODELS / "generated_floor_camera"), EngineChoice.ONNX)
    assert isinstance(model, PoseInnModel)
    found = timed(model, bag)
    rows = {f"stage: {name}": TimeSpread.of(taken) for name, taken in found.stages.items()}
    rows["JPEG of 640x480 to fix"] = TimeSpread.of(found.fixes)
    rows["JPEG of 640x480 to places of a search"] = TimeSpread.of(found.searches)
    print("| what [ms] | p50 | p95 | p99 | jitter |\n| --- | --: | --: | --: | --: |")
    for what, spread in rows.items():
        print(f"| {what} | {' | '.join(f'{value:.1f}' for value in spread.to_json().values())} |")
    off_m = float(np.median(found.off_m))
    print(f"\n{len(found.fixes)} pictures, errors of the fixes {100.0 * off_m:.1f} cm (median)")
    figures = {what: spread.to_json() for what, spread in rows.items()}
    write_json(given.out, {"pictures": len(found.fixes), "median_m": off_m, "rows": figures})
    print(f"written: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
