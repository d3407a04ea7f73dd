# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Views of a small room: like what is there, the same for the same seed, and kept whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("cv2")

import torch
from textured_room import TexturedRoom, camera_pose, drive_along, write_sequence
from typer.testing import CliRunner

from local_inn_ros.cli.main import app
from local_inn_ros.errors import BundleError, LocalInnError, SensorError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.recordings.view_writer import write_views
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.views.driven_poses import poses_nearby
from local_inn_ros.views.fitted_field import FittedField, load_field, save_field
from local_inn_ros.views.good_views import (
    DroppedViews,
    GoodView,
    ViewFault,
    ViewLimits,
    good_views,
)
from local_inn_ros.views.rays import shrunk
from local_inn_ros.views.renderer import render
from local_inn_ros.views.settings import FieldSettings
from local_inn_ros.views.train_views import fitted_field

_CPU = torch.device("cpu")
_ROOM = TexturedRoom(5)
_SETTINGS = FieldSettings(steps=200, width=40, voxel_m=0.1, batch=512, levels=2, reach_m=4.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures with depth."""
    place = tmp_path_factory.mktemp("views")
    return write_sequence(place / "pictures", _ROOM, drive_along(24), depth=True)


def _fitted(posed: PosedPictures, settings: FieldSettings = _SETTINGS) -> FittedField:
    learned, held_out = posed.held_out(1, 6)
    return fitted_field(learned, held_out, settings, _CPU, lambda progress: None)


@pytest.fixture(scope="module")
def fitted(pictures: Path) -> FittedField:
    """A field that was fitted for seconds."""
    return _fitted(read_picture_folder(pictures))


def test_views_are_more_like_the_room_than_any_picture_of_it(fitted: FittedField) -> None:
    measured = fitted.measured
    assert measured["pictures"] == 4
    assert measured["psnr_db"] > measured["mean_picture_psnr_db"] + 8.0
    assert measured["psnr_db"] > measured["nearest_picture_psnr_db"] + 5.0
    assert measured["ssim"] > 0.8 and measured["opaque"] > 0.9


def test_depth_is_that_of_the_walls(fitted: FittedField) -> None:
    pose = drive_along(24, 0.5)[7]
    view = render(fitted.field, fitted.camera, pose.to_matrix())
    off = np.abs(view.depth_m - _ROOM.seen(pose)[1])
    # The fit takes depth for right that is within a voxel.
    assert np.nanmedian(off) < _SETTINGS.voxel_m
    assert np.isfinite(view.depth_m).mean() > 0.9


@pytest.mark.slow
def test_room_without_depth_is_learned_from_its_pictures(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _ROOM, drive_along(24), depth=False)
    measured = _fitted(read_picture_folder(folder)).measured
    assert measured["psnr_db"] > measured["nearest_picture_psnr_db"] + 2.0


@pytest.mark.slow
def test_light_that_varies_is_not_painted_into_the_scene(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _Dimmed(5), drive_along(24), depth=True)
    posed = read_picture_folder(folder)
    found = _fitted(posed, replace(_SETTINGS, exposure_rate=2e-2))
    fixed = _fitted(posed, replace(_SETTINGS, exposure_rate=0.0))
    # The right half of a held-out picture, in the light of its left half.
    assert found.measured["exposed_half_psnr_db"] > fixed.measured["exposed_half_psnr_db"] + 1.0
    number = np.arange(24)
    dim, gains = number[number % 6 != 5] % 2 == 1, found.gains.mean(axis=1)
    assert np.median(gains[dim]) < 0.75 * np.median(gains[~dim])


class _Dimmed(TexturedRoom):
    """The same room, but every second picture is taken in half the light."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._taken = 0

    def seen(self, pose: object) -> tuple[np.ndarray, np.ndarray]:
        pixels, depth = super().seen(pose)  # type: ignore[arg-type]
        self._taken += 1
        return (pixels // 2 if self._taken % 2 == 0 else pixels), depth


def test_same_seed_gives_the_same_field(pictures: Path) -> None:
    posed = read_picture_folder(pictures)
    few = replace(_SETTINGS, steps=20)
    first, again, other = (_fitted(posed, replace(few, seed=seed)) for seed in (3, 3, 4))
    torch.testing.assert_close(first.field.rows, again.field.rows, rtol=0.0, atol=0.0)
    assert first.field.rows.shape == other.field.rows.shape
    assert not torch.equal(first.field.rows, other.field.rows)


def test_field_that_was_kept_shows_the_same(fitted: FittedField, tmp_path: Path) -> None:
    save_field(fitted, tmp_path / "field")
    names = {file.name for file in (tmp_path / "field").iterdir()}
    assert names == {"field.yaml", "field.safetensors"}
    again = load_field(tmp_path / "field", _CPU)
    small, pose = shrunk(fitted.camera, 40), fitted.driven[3]
    first, second = (render(one.field, small, pose) for one in (fitted, again))
    np.testing.assert_array_equal(first.colours, second.colours)
    assert again.camera == fitted.camera and again.settings == fitted.settings
    assert again.measured == fitted.measured
    np.testing.assert_array_equal(again.gains, fitted.gains)


def _at(fitted: FittedField, *poses: Pose3) -> FittedField:
    """The same field, driven elsewhere."""
    driven = np.array([pose.to_matrix() for pose in poses])
    return replace(fitted, driven=driven)


def _views(fitted: FittedField, count: int, limits: ViewLimits, told: DroppedViews) -> list[Pose3]:
    rng, camera = np.random.default_rng(0), shrunk(fitted.camera, 40)
    views = good_views(fitted, camera, count, limits, rng, told)
    return [Pose3.from_matrix(view.map_from_camera) for view in views]


def test_views_in_or_behind_walls_are_dropped(fitted: FittedField) -> None:
    # 0.4 m before the wall at x = 4 m, and drawn up to 0.65 m from there.
    spread = _at(fitted, camera_pose(3.0, 1.8, 1.1, 0.5), camera_pose(3.6, 2.2, 1.2, 0.5))
    dropped = DroppedViews()
    poses = _views(spread, 20, ViewLimits(0.8, 0.2, nearest_m=0.0), dropped)
    assert len(poses) == 20 and dropped.counts[ViewFault.BLOCKED] > 0
    assert max(pose.translation[0] for pose in poses) < 4.05
    assert all(
        min(pose.distance_to(Pose3.from_matrix(one)) for one in spread.driven) < 0.8
        for pose in poses
    )


def test_views_of_what_is_too_near_are_dropped(fitted: FittedField) -> None:
    before = _at(fitted, camera_pose(3.0, 1.8, 1.1, 0.1), camera_pose(3.7, 1.9, 1.1, 0.1))
    dropped = DroppedViews()
    poses = _views(before, 10, ViewLimits(0.1, 0.1, nearest_m=0.6), dropped)
    assert dropped.counts[ViewFault.NEAR] > 0
    assert max(pose.translation[0] for pose in poses) < 3.5


def test_views_of_what_was_never_seen_are_dropped(fitted: FittedField) -> None:
    # Where nobody looked: the way back.
    turned = camera_pose(1.4, 1.0, 1.1, np.pi).to_matrix()
    away, dropped = Pose3.from_matrix(turned), DroppedViews()
    with pytest.raises(SensorError, match="too transparent"):
        _views(_at(fitted, away), 2, ViewLimits(0.1, 0.1), dropped)
    assert dropped.counts[ViewFault.TRANSPARENT] > 5


def test_cameras_on_wheels_stay_at_their_height(fitted: FittedField) -> None:
    driven = np.repeat(camera_pose(1.0, 1.0, 1.1, 0.5).to_matrix()[None], 2, axis=0)
    driven[1, 0, 3] += 1.0
    drawn = list(islice(poses_nearby(driven, 0.3, 0.1, np.random.default_rng(0)), 200))
    off = np.array([one.map_from_camera[:3, 3] - driven[one.number, :3, 3] for one in drawn])
    assert np.abs(off[:, 2]).max() <= 0.05 and 0.25 < np.abs(off[:, 0]).max() <= 0.3
    turned = [
        Pose3.from_matrix(one.map_from_camera).angle_to(Pose3.from_matrix(driven[one.number]))
        for one in drawn
    ]
    assert 0.08 < max(turned) <= 0.1 + 1e-9


def _run(*args: object) -> str:
    told = CliRunner().invoke(app, [str(one) for one in args])
    assert told.exit_code == 0, told.exception or told.output
    return told.output


def _error(*args: object) -> str:
    told = CliRunner().invoke(app, [str(one) for one in args])
    assert told.exit_code != 0 and isinstance(told.exception, LocalInnError), told.output
    return str(told.exception)


def test_from_pictures_to_views_by_the_command_line(pictures: Path, tmp_path: Path) -> None:
    field, views = tmp_path / "field", tmp_path / "views"
    small = ["--width", 40, "--voxel", 0.1, "--device", "cpu"]
    told = _run("views", "train", pictures, field, "--steps", 150, "--hold-out", 6, *small)
    assert "20 pictures with depth, 4 held out" in told and re.search(r"PSNR \d\d\.\d\d dB", told)
    told = _run("views", "render", field, "--count", 5, "--out", views, "--within", 0.1)
    assert "5 views; dropped:" in told
    assert (views / "contact_sheet.png").is_file()
    posed = read_picture_folder(views)
    camera = read_picture_folder(pictures).camera
    assert len(posed) == 5 and posed.have_depth
    np.testing.assert_allclose(posed.camera.matrix(), camera.matrix())
    assert posed.pictures[4].picture(posed.camera).pixels.shape == (120, 160, 3)
    frames = json.loads((views / "transforms.json").read_text())["frames"]
    assert all(not Path(one["file_path"]).is_absolute() for one in frames)
    _run("views", "show", field)
    assert (field / "held_out.png").is_file()


def test_views_tell_where_they_were_taken(fitted: FittedField, tmp_path: Path) -> None:
    camera, poses = shrunk(fitted.camera, 40), fitted.driven[:3]
    shown = [render(fitted.field, camera, pose) for pose in poses]
    views = [
        GoodView(pose, view.pixels(np.ones(3), 0.0), view.depth_m)
        for pose, view in zip(poses, shown, strict=True)
    ]
    write_views(tmp_path, camera, views)
    posed = read_picture_folder(tmp_path)
    np.testing.assert_allclose(posed.poses(), poses, atol=1e-9)
    assert posed.camera.matrix() == pytest.approx(camera.matrix())
    depth = posed.pictures[1].depth
    assert depth is not None
    known = np.isfinite(views[1].depth_m)
    np.testing.assert_allclose(depth.depth_m()[known], views[1].depth_m[known], atol=6e-4)
    off = posed.pictures[1].picture(camera).pixels.astype(int) - views[1].pixels
    assert np.abs(off).mean() < 3.0


def test_what_cannot_be_done_is_told_in_a_sentence(pictures: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "diary.txt").write_text("mine")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "other files than a field" in _error("views", "train", pictures, taken)
    assert "holds no pictures with poses" in _error("views", "train", empty, tmp_path / "a")
    few = _error("views", "train", pictures, tmp_path / "a", "--hold-out", 1)
    assert "0 pictures are too few" in few
    assert "not 'tpu'" in _error("views", "train", pictures, tmp_path / "a", "--device", "tpu")
    render = ["views", "render", "--count", 2, "--out"]
    assert "holds no field" in _error(*render, tmp_path / "b", empty)
    assert "other files than views" in _error(*render, taken, empty)
    assert "holds no field" in _error("views", "show", empty)
    assert not (tmp_path / "a").exists() and not (tmp_path / "b").exists()
    assert [file.name for file in taken.iterdir()] == ["diary.txt"]


def test_damaged_field_is_told(fitted: FittedField, tmp_path: Path) -> None:
    save_field(fitted, tmp_path / "field")
    file = tmp_path / "field" / "field.safetensors"
    file.write_bytes(file.read_bytes()[:-500])
    with pytest.raises(BundleError, match="damaged"):
        load_field(tmp_path / "field", _CPU)
    text = (tmp_path / "field" / "field.yaml").read_text()
    (tmp_path / "field" / "field.yaml").write_text(text.replace("voxel_m:", "voxel_m: -"))
    with pytest.raises(BundleError, match="voxel_m"):
        load_field(tmp_path / "field", _CPU)
