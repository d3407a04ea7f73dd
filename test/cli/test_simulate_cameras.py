# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn simulate --camera`: pictures in bags, read back as any bag is."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import F1TENTH, invoke, refused
from rosbags.highlevel import AnyReader

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.recordings.bag_pictures import PictureTopics, Told, open_pictures
from local_inn_ros.sensing.sensor_kinds import load_camera_spec
from local_inn_ros.world import RayCaster

CAMERA = """\
kind: camera
name: {name}
width: 48
height: 36
fx: 33.0
fy: 34.0
cx: 23.0
cy: 18.0
rate_hz: {rate}
"""


def camera_file(folder: Path, name: str, rate: float = 20.0) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(CAMERA.format(name=name, rate=rate))
    return path


def simulate(out: Path, *words: object) -> str:
    return invoke(
        "simulate", "--bundle", shipped_bundle(), "--out", out, "--duration", 0.5, "--speed", 2,
        "--world", "own", *words,
    )  # fmt: skip


def depths(path: Path) -> dict[float, np.ndarray]:
    found = {}
    with AnyReader([path]) as bag:
        wanted = [one for one in bag.connections if one.topic == "/depth/image_raw"]
        for connection, _, raw in bag.messages(wanted):
            image = bag.deserialize(raw, connection.msgtype)
            assert (image.encoding, image.step) == ("32FC1", 4 * 48)
            stamp = image.header.stamp.sec + 1e-9 * image.header.stamp.nanosec
            found[stamp] = image.data.view(np.float32).reshape(36, 48)
    return found


def true_poses(path: Path) -> dict[float, tuple[float, float, float]]:
    found = {}
    with AnyReader([path]) as bag:
        wanted = [one for one in bag.connections if one.topic == "/ground_truth"]
        for connection, _, raw in bag.messages(wanted):
            told = bag.deserialize(raw, connection.msgtype)
            stamp = told.header.stamp.sec + 1e-9 * told.header.stamp.nanosec
            place, turn = told.pose.position, told.pose.orientation
            found[stamp] = (place.x, place.y, 2.0 * math.atan2(turn.z, turn.w))
    return found


def test_a_bag_has_pictures_calibration_mount_and_depth(tmp_path: Path) -> None:
    file, bag = camera_file(tmp_path, "front"), tmp_path / "bag"
    said = simulate(bag, "--camera", file, "--camera-mount", "0.3,0.1,0.4,0,0.5", "--depth")
    assert "20 scans and 10 pictures over 0.5 s" in " ".join(said.split())
    recording = open_pictures(bag, PictureTopics("/image_raw"))
    spec = load_camera_spec(file)
    assert recording.frame == "camera_optical_frame"
    assert recording.calibration.picture_size == (48, 36)
    told = Told()
    pictures = list(recording.pictures(spec, told, "front"))
    assert not told.unused.by_topic() and not told.notes
    assert [one.stamp_s for one in pictures] == pytest.approx(0.05 * np.arange(1, 11))
    assert all(one.pixels.shape == (36, 48, 3) and one.pixels.std() > 8.0 for one in pictures)

    # Where the camera is and what it sees belong together: the map explains its depth.
    mount = recording.mount("base_link").base_from_sensor
    assert mount.translation == pytest.approx([0.3, 0.1, 0.4])
    assert mount.rotation @ [0.0, 0.0, 1.0] == pytest.approx([math.cos(0.5), math.sin(0.5), 0.0])
    seen, truth = depths(bag), true_poses(bag)
    caster = RayCaster(Bundle.load(shipped_bundle()).grid, threads=1)
    angles = -np.arctan2(np.arange(48) - spec.cx, spec.fx)
    for stamp, depth in seen.items():
        x, y, yaw = truth[stamp]
        lens = [
            x + 0.3 * math.cos(yaw) - 0.1 * math.sin(yaw),
            y + 0.3 * math.sin(yaw) + 0.1 * math.cos(yaw),
            yaw + 0.5,
        ]
        expected = caster.cast([lens], angles, 50.0)[0] * np.cos(angles)
        # The row of the axis is level, and almost at the stamp.
        assert np.mean(np.abs(depth[18] - expected) < 0.02 + 0.01 * expected) > 0.8
    assert len(seen) == 10


def test_several_cameras_have_topics_of_their_own_and_compress(tmp_path: Path) -> None:
    front, back = camera_file(tmp_path, "front"), camera_file(tmp_path, "back", 10.0)
    bag = tmp_path / "bag"
    simulate(
        bag, "--camera", front, "--camera", back, "--camera-mount", "0.2,0,0.3,0.1,0",
        "--camera-mount", "-0.1,0,0.3,0,3.14", "--jpeg", "--light", "evening", "--people", 2,
    )  # fmt: skip
    counts = {}
    for name, file in (("front", front), ("back", back)):
        recording = open_pictures(bag, PictureTopics(f"/{name}/image_raw/compressed"))
        assert recording.frame == f"{name}_optical_frame"
        pictures = list(recording.pictures(load_camera_spec(file), Told(), name))
        counts[name] = len(pictures)
        ahead = recording.mount("base_link").base_from_sensor.rotation[0, 2]
        assert ahead == pytest.approx(math.cos(0.1) if name == "front" else -1.0, abs=1e-3)
    assert counts == {"front": 10, "back": 5}


def test_the_same_seed_writes_the_same_pictures_and_light_changes_them(tmp_path: Path) -> None:
    file = camera_file(tmp_path, "front", 5.0)
    spec = load_camera_spec(file)
    taken = []
    for k, words in enumerate(((), (), ("--light", "evening"), ("--appearance", 4))):
        bag = tmp_path / f"bag{k}"
        simulate(bag, "--camera", file, *words)
        recording = open_pictures(bag, PictureTopics("/image_raw"))
        taken.append([one.pixels for one in recording.pictures(spec, Told())][-1].astype(int))
    assert (taken[0] == taken[1]).all()
    for other in taken[2:]:
        assert np.abs(other - taken[0]).mean() > 8.0


def test_what_does_not_go_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = tmp_path / "bag"
    words = ("simulate", "--bundle", shipped_bundle(), "--out", bag)
    assert "is of a laser: a camera is needed" in refused(
        capsys, monkeypatch, *words, "--camera", F1TENTH
    )
    assert "no sensor file" in refused(
        capsys, monkeypatch, *words, "--camera", tmp_path / "no.yaml"
    )
    file = camera_file(tmp_path, "front")
    assert "not between the floor and the ceiling" in refused(
        capsys, monkeypatch, *words, "--camera", file, "--camera-mount", "0,0,9,0,0"
    )
    for more, expected in (
        (("--camera-mount", "0,0,1,0,0"), "it is of no --camera"),
        (("--camera", file, "--camera-mount", "0,0,1"), "is not x,y,z,pitch,yaw"),
        (("--camera", file, "--camera", file), "two cameras have the same name"),
    ):
        said = invoke(*words, *more, exit_code=2)
        assert expected in " ".join(said.replace("│", " ").split())
    assert not bag.exists()
