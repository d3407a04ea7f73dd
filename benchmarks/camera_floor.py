# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated floor of `bench-camera`: a drive to learn from, and others in other light.

The drive that is learned from is localized by the laser's bundle, as a person would do it; the
truth is for scoring alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from rosbags.highlevel import AnyReader

from local_inn_ros.benchmarking.camera_accuracy import CameraRow, Split
from local_inn_ros.benchmarking.camera_drive import CameraDrive, drive_by_camera
from local_inn_ros.cli.bag_pictures import PicturesOfBag, pictures_of_bag
from local_inn_ros.cli.simulate import DrivenIn, simulate
from local_inn_ros.cli.simulated_cameras import Lit
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.recordings.bag_pictures import PictureTopics, Told, open_pictures
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.recordings.bag_reference import open_reference
from local_inn_ros.recordings.base_way import ReferenceWay
from local_inn_ros.recordings.posed_bag_pictures import learnable_pictures
from local_inn_ros.sensing.camera.posed_pictures import DepthFile, PosedPictures
from local_inn_ros.simulation.worlds import generate_floor
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.world.map_file import save_map

NAME = "simulated_floor"
_SENSORS = Path(__file__).resolve().parents[1] / "config" / "sensors"
CAMERA, LASER = _SENSORS / "camera_floor.yaml", _SENSORS / "f1tenth.yaml"
# A ring of corridors of 30 m round a core, with rooms on both sides.
FLOOR_SEED, SIZE_M = 0, (20.0, 14.0)
MOUNT = "0.2,0,0.3,-0.15,0"
TOPIC = "/image_raw"
TRUTH = "/ground_truth"
# Of depths that are kept as 16 bits, in metres.
_DEPTH_STEP_M = 1e-3


@dataclass(frozen=True, slots=True)
class TestDrive:
    """A drive that is not learned from.

    Attributes:
        name: of the split.
        light: that pictures are taken in.
        speed_mps: on the lap.
        duration_s: of it.
        seed: of all that is random.
    """

    name: str
    light: Lit
    speed_mps: float
    duration_s: float
    seed: int


DRIVES = (
    TestDrive("day_1mps", Lit.DAY, 1.0, 31.0, 12),
    TestDrive("day_3mps", Lit.DAY, 3.0, 11.0, 13),
    TestDrive("evening_1mps", Lit.EVENING, 1.0, 31.0, 14),
    TestDrive("evening_3mps", Lit.EVENING, 3.0, 11.0, 15),
)
SHORT = (
    TestDrive("day_1mps", Lit.DAY, 1.0, 10.0, 12),
    TestDrive("day_3mps", Lit.DAY, 3.0, 5.0, 13),
)


def learned_bag(laser: Path, camera: Path, folder: Path) -> Path:
    """Return a bag of two laps at 1 m/s in an office's light, recorded where it is missing."""
    drive = TestDrive("learned", Lit.OFFICE, 1.0, 64.0, 1)
    return recorded(laser, camera, folder, drive, depth=True)


def learned_pictures(bag: Path, laser: Path, folder: Path) -> PosedPictures:
    """Return what is learned from, with poses by the laser."""
    topics = {"scan_topic": "/scan", "odom_topic": "/odom", "map_frame": "map"}
    told = PicturesOfBag(bag, TOPIC, None, laser, None, mount=None, **topics)
    return pictures_of_bag(bag, told, 8, _empty(folder / "learned_pictures"))


def with_depth(posed: PosedPictures, bag: Path, folder: Path) -> PosedPictures:
    """Return the same pictures with the depth that the simulator told, for rivals that need it."""
    wanted = {round(1e3 * one.stamp_s): number for number, one in enumerate(posed)}
    spec, files = posed.camera, dict[int, DepthFile]()
    kept = _empty(folder / "depths")
    with AnyReader([bag]) as reader:
        topics = [one for one in reader.connections if one.topic == "/depth/image_raw"]
        for connection, _, raw in reader.messages(topics):
            message = reader.deserialize(raw, connection.msgtype)
            stamp = message.header.stamp
            number = wanted.get(round(1e3 * (stamp.sec + 1e-9 * stamp.nanosec)))
            if number is not None:
                depth_m = message.data.view(np.float32).reshape(message.height, message.width)
                file = kept / f"{number:06d}.png"
                Image.fromarray(np.round(depth_m / _DEPTH_STEP_M).astype(np.uint16)).save(file)
                files[number] = DepthFile(
                    file, _DEPTH_STEP_M, spec.fx, spec.fy, spec.cx, spec.cy, spec.width, spec.height
                )
    pictures = (replace(one, depth=files.get(number)) for number, one in enumerate(posed))
    return PosedPictures(spec, tuple(pictures))


def split_of(
    drive: TestDrive, learned: PosedPictures, laser: Path, camera: Path, folder: Path
) -> tuple[Split, Path]:
    """Return what is learned from beside the pictures of a test drive, and that drive's bag."""
    bag = recorded(laser, camera, folder, drive)
    recording = open_pictures(bag, PictureTopics(TOPIC))
    known = open_reference(bag, TRUTH, "/odom", "map")
    kept = _empty(folder / f"{drive.name}_pictures")
    mount = recording.mount(known.base_frame)
    found = learnable_pictures(recording, learned.camera, mount, ReferenceWay(known.path), kept)
    return Split(drive.name, learned, found.posed), bag


def driven(model: PoseInnModel, bag: Path) -> CameraDrive:
    """Localize a drive by camera and odometry."""
    recording = open_recording(bag, BagTopics(reference=TRUTH))
    pictures = open_pictures(bag, PictureTopics(TOPIC))
    assert recording.reference is not None
    return drive_by_camera(
        model.fix_producer(pictures.mount(recording.base_frame), RunSettings()),
        pictures.pictures(model.camera, Told()),
        recording.odometry,
        recording.reference,
        PoseFilter(),
    )


def fused_row(
    run: CameraDrive, split: str, system: str, size_mb: float, minutes: float
) -> CameraRow:
    """Score the filter in the plane."""
    errors, sure, lost = run.errors(), run.calibration(), run.lost()
    off_m = np.hypot(*(run.fused - run.truth)[:, :2].T)
    off_deg = np.degrees(np.abs(np.angle(np.exp(1j * (run.fused - run.truth)[:, 2]))))
    return CameraRow(
        NAME,
        split,
        system,
        "fused",
        errors.ape_median_m,
        errors.yaw_median_deg,
        errors.ape_mean_m,
        float(np.quantile(off_m, 0.9)),
        float(np.mean((off_m < 0.05) & (off_deg < 5.0))),
        len(run.stamps_s) / (len(run.stamps_s) + run.unanswered),
        sure.anees / 3.0,
        float(np.mean(run.squared_lengths() < 2.366)),
        1e3 * float(np.median(run.seconds)),
        size_mb,
        minutes,
        mean_deg=errors.yaw_mean_deg,
        lost=lost.episodes,
    )


def other_floor(seed: int, folder: Path) -> Path:
    """Return the map of a floor of the same kind and size, drawn where it is missing."""
    file = folder / f"floor_{seed}.yaml"
    if not file.exists():
        save_map(generate_floor(np.random.default_rng(seed), *SIZE_M).grid, file)
    return file


def recorded(
    laser: Path,
    camera: Path,
    folder: Path,
    drive: TestDrive,
    depth: bool = False,
    appearance: int = 0,
    floor: Path | None = None,
) -> Path:
    """Return the bag of a drive, recorded where it is missing.

    Args:
        laser: the bundle whose floor is driven on.
        camera: its description.
        folder: holds the bags.
        drive: what is driven.
        depth: whether depths are recorded too.
        appearance: seed of what walls, floor and furniture look like.
        floor: the map of another floor to drive on instead.
    """
    bag = folder / f"{drive.name}_{drive.duration_s:g}s"
    if not bag.exists():
        aside = bag.with_name(f"{bag.name}.new")
        simulate(
            out=aside,
            map_file=floor,
            sensor=None if floor is None else LASER,
            bundle=laser if floor is None else None,
            speed=drive.speed_mps,
            duration=drive.duration_s,
            slip=0.1,
            world_kind=DrivenIn.SMOOTH,
            mount=None,
            camera=[camera],
            camera_mount=[MOUNT],
            light=drive.light,
            appearance=appearance,
            people=0,
            depth=depth,
            jpeg=False,
            seed=drive.seed,
        )
        aside.rename(bag)
    return bag


def _empty(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.png"):
        file.unlink()
    return folder


def drives(short: bool) -> Sequence[TestDrive]:
    """Return the drives that are tested on."""
    return SHORT if short else DRIVES
