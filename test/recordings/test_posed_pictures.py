# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures with known poses: what is read out of each form, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local_inn_ros.errors import BagError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.recordings.nerf_transforms import write_transforms
from local_inn_ros.recordings.picture_folder import is_picture_folder, read_picture_folder

_SIZE = {"width": 32, "height": 24}
_LENS = {"fx": 30.0, "fy": 31.0, "cx": 15.5, "cy": 11.0}
_POSE = Pose3.from_roll_pitch_yaw((1.0, 2.0, 0.5), -1.6, 0.1, 0.7)


def _picture(file: Path, value: int = 100) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((24, 32, 3), value, np.uint8)
    pixels[:, :, 0] = 7
    Image.fromarray(pixels).save(file)


def _depth(file: Path, values: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint16)).save(file)


def _sequence(folder: Path, frames: list[dict[str, object]], **more: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    told = {**_SIZE, **_LENS, "frames": frames, **more}
    (folder / "sequence.json").write_text(json.dumps(told))
    return folder


def _frame(folder: Path, name: str = "images/0.png", **more: object) -> dict[str, object]:
    _picture(folder / name)
    return {"image": name, "world_from_camera": _POSE.to_matrix().tolist(), **more}


def test_sequence_has_camera_poses_and_pictures(tmp_path: Path) -> None:
    posed = read_picture_folder(_sequence(tmp_path, [_frame(tmp_path), _frame(tmp_path)]))
    assert (posed.camera.width, posed.camera.fy, posed.camera.cx) == (32, 31.0, 15.5)
    assert len(posed) == 2 and not posed.have_depth
    np.testing.assert_allclose(posed.poses()[1], _POSE.to_matrix(), atol=1e-12)
    picture = posed.pictures[0].picture(posed.camera)
    assert picture.pixels.shape == (24, 32, 3)
    assert picture.pixels[3, 4].tolist() == [7, 100, 100]
    assert posed.pictures[1].stamp_s == pytest.approx(1 / 30)


def test_depth_of_half_the_size_is_met_where_its_own_intrinsics_say(tmp_path: Path) -> None:
    values = np.full((12, 16), 2000)
    values[6:] = 3000
    values[0:3] = 0
    _depth(tmp_path / "depth/0.png", values)
    told = {f"depth_{name}": value for name, value in _LENS.items()}
    told["depth_fy"] = 60.0
    folder = _sequence(
        tmp_path, [_frame(tmp_path, depth="depth/0.png")], depth_scale_m=0.001, **told
    )
    depth = read_picture_folder(folder).pictures[0].depth
    assert depth is not None
    assert np.isnan(depth.depth_m()[0, 0]) and depth.depth_m()[11, 0] == pytest.approx(3.0)
    # Row (y fy + cy + 1/2) / 2 - 1/2 of the file: 8.25, 3.75 (2.75 is none's neighbour), outside.
    rays = np.array([[0.0, 0.1], [0.0, -0.05], [0.0, -0.12], [0.0, 0.5]])
    np.testing.assert_allclose(depth.depths_along(rays), [3.0, 2.0, np.nan, np.nan])


def test_depth_at_an_edge_is_left_out(tmp_path: Path) -> None:
    values = np.full((24, 32), 2000)
    values[:, 16:] = 3000
    _depth(tmp_path / "depth/0.png", values)
    folder = _sequence(tmp_path, [_frame(tmp_path, depth="depth/0.png")], depth_scale_m=0.001)
    depth = read_picture_folder(folder).pictures[0].depth
    assert depth is not None
    rays = np.array([[0.0, 0.0], [-0.2, 0.0], [0.2, 0.0]])
    np.testing.assert_allclose(depth.depths_along(rays), [np.nan, 2.0, 3.0])


def test_transforms_written_are_read_as_they_were(tmp_path: Path) -> None:
    _depth(tmp_path / "a/depth/0.png", np.full((24, 32), 2000))
    frames = [
        _frame(tmp_path / "a", depth="depth/0.png", stamp_s=3.0),
        _frame(tmp_path / "a", "images/1.png", stamp_s=4.0),
    ]
    posed = read_picture_folder(_sequence(tmp_path / "a", frames, depth_scale_m=0.002))
    (tmp_path / "b").mkdir()
    write_transforms(tmp_path / "b", posed)
    again = read_picture_folder(tmp_path / "b")
    assert again.camera == posed.camera
    np.testing.assert_allclose(again.poses(), posed.poses(), atol=1e-12)
    assert [one.stamp_s for one in again] == [3.0, 4.0]
    assert again.pictures[0].depth is not None and again.pictures[1].depth is None
    assert again.pictures[0].depth.depth_m()[5, 5] == pytest.approx(4.0)
    assert again.pictures[0].file.samefile(posed.pictures[0].file)


def _transforms(folder: Path, **more: object) -> Path:
    _picture(folder / "images/0.png")
    matrix = np.eye(4)
    matrix[:3, 3] = [1.0, 2.0, 3.0]
    frame = {"file_path": "images/0", "transform_matrix": matrix.tolist()}
    told = {"w": 32, "h": 24, "fl_x": 30.0, "cx": 16.0, "cy": 12.0, "frames": [frame], **more}
    (folder / "transforms.json").write_text(json.dumps(told))
    return folder


def test_transforms_of_nerf_look_along_minus_z(tmp_path: Path) -> None:
    posed = read_picture_folder(_transforms(tmp_path))
    ahead = posed.pictures[0].map_from_camera.transform_points(np.array([[0.0, 0.0, 5.0]]))
    np.testing.assert_allclose(ahead, [[1.0, 2.0, -2.0]])
    assert (posed.camera.cx, posed.camera.fy) == (15.5, 30.0)


def test_transform_that_nerfstudio_applied_is_undone(tmp_path: Path) -> None:
    turned = [[0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.5]]
    posed = read_picture_folder(_transforms(tmp_path, applied_transform=turned))
    np.testing.assert_allclose(posed.poses()[0, :3, 3], [-2.0, 1.0, 2.5])


def test_opening_angle_stands_for_the_focal_length(tmp_path: Path) -> None:
    folder = _transforms(tmp_path, fl_x=None, camera_angle_x=np.pi / 2)
    assert read_picture_folder(folder).camera.fx == pytest.approx(16.0)


def _stamped(folder: Path, names: list[str], stamps: list[float]) -> Path:
    for name in names:
        _picture(folder / "rgb" / name)
    lines = [f"{stamp} {index} 0 0 0 0 0 1" for index, stamp in enumerate(stamps)]
    (folder / "groundtruth.txt").write_text("# stamp x y z qx qy qz qw\n" + "\n".join(lines))
    camera = {**_SIZE, **_LENS, "kind": "camera", "name": "front", "rate_hz": 20.0}
    (folder / "camera.yaml").write_text(json.dumps(camera))
    return folder


def test_pictures_take_the_nearest_of_the_poses(tmp_path: Path) -> None:
    names = ["100.000.png", "100.050.png", "100.500.png"]
    posed = read_picture_folder(_stamped(tmp_path, names, [99.0, 100.045, 100.01, 100.06]))
    assert [one.stamp_s for one in posed] == [100.0, 100.05]
    assert posed.poses()[:, 0, 3].tolist() == [2.0, 1.0]
    assert posed.camera.rate_hz == 20.0


def test_pictures_named_by_nanoseconds(tmp_path: Path) -> None:
    posed = read_picture_folder(_stamped(tmp_path, ["1403636579763555584.png"], [1403636579.76]))
    assert posed.pictures[0].stamp_s == pytest.approx(1403636579.763555584)


def _without(folder: Path, name: str) -> Path:
    frame = _frame(folder)
    del frame[name]
    return _sequence(folder, [frame])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "none", "there is no folder"),
        (lambda folder: folder, "holds no pictures with poses"),
        (lambda folder: _sequence(folder, []), "lists no picture"),
        (lambda folder: _without(folder, "image"), "frame 0 of .* lacks the file `image`"),
        (lambda folder: _without(folder, "world_from_camera"), "lacks the pose"),
        (
            lambda folder: _sequence(folder, [_frame(folder, world_from_camera=[[1, 2], [3, 4]])]),
            "is no pose",
        ),
        (lambda folder: _sequence(folder, [_frame(folder)], fx=-3.0), "fx"),
        (lambda folder: _sequence(folder, [_frame(folder)], width="wide"), "`width`"),
        (
            lambda folder: _sequence(folder, [_frame(folder)], camera_axes="x left"),
            "camera_axes",
        ),
        (
            lambda folder: _sequence(folder, [_frame(folder, depth="depth/0.png")]),
            "depth_scale_m",
        ),
        (lambda folder: _transforms(folder, k1=0.1), "distortion"),
        (lambda folder: _transforms(folder, camera_model="OPENCV_FISHEYE"), "OPENCV_FISHEYE"),
        (lambda folder: _transforms(folder, applied_scale=0.3), "metres"),
        (lambda folder: _transforms(folder, fl_x=None), "lacks the number `fl_x`"),
        (lambda folder: _stamped(folder, ["first.png"], [1.0]), "named by its stamp"),
        (lambda folder: _stamped(folder, ["5.png"], [1.0]), "none of the 1 pictures"),
        (lambda folder: _stamped(folder, [], [1.0]), "holds no pictures"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, make: object, words: str) -> None:
    with pytest.raises(BagError, match=words):
        read_picture_folder(make(tmp_path))  # type: ignore[operator]


def test_broken_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "sequence.json").write_text('{"width": ')
    assert is_picture_folder(tmp_path)
    with pytest.raises(BagError, match="not valid JSON"):
        read_picture_folder(tmp_path)


def test_picture_of_another_size_is_told_when_it_is_read(tmp_path: Path) -> None:
    posed = read_picture_folder(_sequence(tmp_path, [_frame(tmp_path)], width=64))
    with pytest.raises(BagError, match="32x24 pixels, but its camera of 64x24"):
        posed.pictures[0].picture(posed.camera)


def test_picture_that_is_cut_off_is_told_when_it_is_read(tmp_path: Path) -> None:
    posed = read_picture_folder(_sequence(tmp_path, [_frame(tmp_path)]))
    file = posed.pictures[0].file
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(BagError, match=r"0\.png"):
        posed.pictures[0].picture(posed.camera)
