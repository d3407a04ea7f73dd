# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2
from local_inn_ros.places import PlaceError
from local_inn_ros.world import (
    FREE,
    OCCUPIED,
    UNKNOWN,
    MapWarning,
    OccupancyGrid,
    grid_hash,
    load_map,
    map_hash,
    save_map,
)

# Most of the images here are a few pixels, which are all border.
pytestmark = pytest.mark.filterwarnings("ignore::local_inn_ros.world.map_check.MapWarning")


def write_map(folder: Path, pixels: np.ndarray, name: str = "map.png", **changes: Any) -> Path:
    """Write an image and its YAML; a key changed to None is left out."""
    Image.fromarray(pixels).save(folder / name)
    content: dict[str, Any] = {
        "image": name,
        "resolution": 0.05,
        "origin": [1.0, -2.0, 0.3],
        "negate": 0,
        "occupied_thresh": 0.65,
        "free_thresh": 0.196,
        **changes,
    }
    path = folder / "map.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}))
    return path


def grey(*levels: int) -> np.ndarray:
    return np.array([levels], dtype=np.uint8)


def test_trinary_reads_the_levels_of_map_saver(tmp_path: Path) -> None:
    grid = load_map(write_map(tmp_path, grey(254, 205, 0)))
    np.testing.assert_array_equal(grid.cells, [[FREE, UNKNOWN, OCCUPIED]])
    assert grid.resolution_m == 0.05
    np.testing.assert_allclose(grid.origin.to_array(), [1.0, -2.0, 0.3], atol=1e-15)


def test_top_row_of_the_image_is_the_last_row_of_the_grid(tmp_path: Path) -> None:
    grid = load_map(write_map(tmp_path, np.array([[0, 254], [254, 254]], dtype=np.uint8)))
    np.testing.assert_array_equal(grid.cells, [[FREE, FREE], [OCCUPIED, FREE]])


def test_thresholds_themselves_are_unknown(tmp_path: Path) -> None:
    # With bright as occupied, 51 / 255 is exactly 0.2 and 153 / 255 exactly 0.6.
    path = write_map(
        tmp_path, grey(50, 51, 153, 154), negate=1, occupied_thresh=0.6, free_thresh=0.2
    )
    np.testing.assert_array_equal(load_map(path).cells, [[FREE, UNKNOWN, UNKNOWN, OCCUPIED]])


@pytest.mark.parametrize("negate", [1, True])
def test_negate_exchanges_bright_and_dark(tmp_path: Path, negate: object) -> None:
    grid = load_map(write_map(tmp_path, grey(1, 100, 255), negate=negate))
    np.testing.assert_array_equal(grid.cells, [[FREE, UNKNOWN, OCCUPIED]])


def test_scale_spreads_what_lies_between_the_thresholds(tmp_path: Path) -> None:
    path = write_map(
        tmp_path,
        grey(255, 204, 153, 128, 51, 0),
        mode="scale",
        occupied_thresh=0.8,
        free_thresh=0.2,
    )
    occupancy = 1.0 - 128 / 255
    middle = round((occupancy - 0.2) / 0.6 * 100)
    cells = load_map(path).cells
    np.testing.assert_array_equal(cells, [[FREE, 0, 33, middle, 100, OCCUPIED]])


def test_raw_takes_the_numbers_and_ignores_negate(tmp_path: Path) -> None:
    path = write_map(tmp_path, grey(0, 42, 100, 101, 255), mode="raw", negate=1)
    np.testing.assert_array_equal(load_map(path).cells, [[0, 42, 100, UNKNOWN, UNKNOWN]])


def test_trinary_averages_alpha_in_with_the_colours(tmp_path: Path) -> None:
    pixels = np.zeros((1, 4, 4), dtype=np.uint8)
    pixels[0, 0] = (255, 255, 255, 255)  # shade 1
    pixels[0, 1] = (255, 255, 255, 0)  # shade 3/4: no longer free
    pixels[0, 2] = (0, 0, 0, 255)  # shade 1/4: still occupied
    pixels[0, 3] = (120, 120, 120, 255)  # opaque grey, shade (3 * 120 + 255) / 4 / 255 = 0.60
    grid = load_map(write_map(tmp_path, pixels))
    np.testing.assert_array_equal(grid.cells, [[FREE, UNKNOWN, OCCUPIED, UNKNOWN]])


def test_scale_takes_what_is_not_opaque_as_unknown(tmp_path: Path) -> None:
    pixels = np.full((1, 3, 4), 255, dtype=np.uint8)
    pixels[0, 1, 3] = 254
    pixels[0, 2, :3] = 0
    grid = load_map(write_map(tmp_path, pixels, mode="scale"))
    np.testing.assert_array_equal(grid.cells, [[FREE, UNKNOWN, OCCUPIED]])


def test_colours_are_averaged(tmp_path: Path) -> None:
    pixels = np.array([[[255, 255, 255], [255, 0, 0], [255, 255, 100]]], dtype=np.uint8)
    grid = load_map(write_map(tmp_path, pixels))
    # A third is dark enough to be occupied; (255 + 255 + 100) / 3 / 255 is 0.8.
    np.testing.assert_array_equal(grid.cells, [[FREE, OCCUPIED, UNKNOWN]])


@pytest.mark.parametrize(
    "content",
    [
        b"P2\n# text\n3 1\n255\n254 205 0\n",
        b"P5\n3 1\n255\n\xfe\xcd\x00",
        b"P5\n3 1\n100\n\x64\x50\x00",
        b"P5\n3 1\n65535\n\xfe\xfe\xcd\xcd\x00\x00",
    ],
    ids=["P2", "P5", "maximum 100", "16 bit"],
)
def test_every_kind_of_pgm(tmp_path: Path, content: bytes) -> None:
    path = write_map(tmp_path, grey(0), image="map.pgm")
    (tmp_path / "map.pgm").write_bytes(content)
    np.testing.assert_array_equal(load_map(path).cells, [[FREE, UNKNOWN, OCCUPIED]])


def test_other_kinds_of_png(tmp_path: Path) -> None:
    plain = Image.fromarray(grey(254, 205, 0))
    for image in (
        Image.fromarray(np.array([[65535, 52685, 0]], dtype=np.uint16)),
        plain.quantize(8),
        plain.convert("RGB"),
    ):
        path = write_map(tmp_path, grey(0))
        image.save(tmp_path / "map.png")
        np.testing.assert_array_equal(load_map(path).cells, [[FREE, UNKNOWN, OCCUPIED]])
    path = write_map(tmp_path, grey(0))
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "map.png")
    np.testing.assert_array_equal(load_map(path).cells, [[FREE, OCCUPIED]])


def test_image_is_found_beside_the_yaml_or_by_its_full_path(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write_map(tmp_path / "images", grey(254, 0))
    path = write_map(tmp_path, grey(0), image="images/map.png")
    np.testing.assert_array_equal(load_map(path).cells, [[FREE, OCCUPIED]])
    path = write_map(tmp_path, grey(0), image=str(tmp_path / "images" / "map.png"))
    np.testing.assert_array_equal(load_map(path).cells, [[FREE, OCCUPIED]])


def test_numbers_that_yaml_leaves_as_text_are_read(tmp_path: Path) -> None:
    path = write_map(tmp_path, grey(254, 0))
    path.write_text(path.read_text().replace("0.05", "5e-2"))
    assert load_map(path).resolution_m == 0.05


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": None}, "lacks image"),
        ({"resolution": None, "origin": None}, "lacks resolution, origin"),
        ({"free_thresh": None}, "lacks free_thresh"),
        ({"image": "gone.png"}, "gone.png does not exist"),
        ({"image": ["map.png"]}, "name its image"),
        ({"resolution": [0.05, 0.1]}, "must be square"),
        ({"resolution": 0.0}, "above 0"),
        ({"resolution": -0.05}, "above 0"),
        ({"resolution": "fine"}, "not a number"),
        ({"resolution": math.nan}, "not a number"),
        ({"origin": [0.0, 0.0]}, r"\[x, y, yaw\]"),
        ({"origin": [0.0, 0.0, "north"]}, "not a number"),
        ({"mode": "ternary"}, "trinary, scale, raw"),
        ({"free_thresh": 0.7}, "must be the smaller"),
        ({"negate": "perhaps"}, "not a number"),
    ],
)
def test_refuses_a_description_that_makes_no_sense(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = write_map(tmp_path, grey(254, 0), **changes)
    with pytest.raises(MapError, match=words):
        load_map(path)


@pytest.mark.parametrize(
    ("levels", "words"),
    [((205, 205), "all of it is unknown"), ((0, 205), "none of it is free")],
)
def test_refuses_a_map_without_free_cells(
    tmp_path: Path, levels: tuple[int, int], words: str
) -> None:
    with pytest.raises(MapError, match=words):
        load_map(write_map(tmp_path, grey(*levels)))


def test_refuses_files_that_are_something_else(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="no map file"):
        load_map(tmp_path / "nowhere.yaml")
    path = write_map(tmp_path, grey(254, 0))
    whole = (tmp_path / "map.png").read_bytes()
    (tmp_path / "map.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MapError, match=r"map\.png cannot be read"):
        load_map(path)
    (tmp_path / "map.png").write_text("not an image")
    with pytest.raises(MapError, match=r"map\.png cannot be read: its content is none of an image"):
        load_map(path)
    (tmp_path / "map.png").write_bytes(b"")
    with pytest.raises(MapError, match=r"map\.png is empty"):
        load_map(path)
    (tmp_path / "map.png").unlink()
    (tmp_path / "map.png").mkdir()
    with pytest.raises(MapError, match=r"map\.png is a folder"):
        load_map(path)
    path.write_text("- just\n- a list\n")
    with pytest.raises(MapError, match="must hold keys"):
        load_map(path)
    path.write_text("image: [unclosed")
    with pytest.raises(MapError, match="not valid YAML"):
        load_map(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MapError, match="not valid YAML"):
        load_map(path)
    with pytest.raises(MapError, match="cannot be read"):
        load_map(tmp_path)


@pytest.mark.parametrize("values", [[UNKNOWN, FREE, OCCUPIED], list(range(-1, 101))])
def test_saving_and_loading_gives_the_same_map(tmp_path: Path, values: list[int]) -> None:
    rng = np.random.default_rng(4)
    cells = rng.choice(np.array(values, dtype=np.int8), (13, 17))
    cells[5, 5] = FREE
    grid = OccupancyGrid(cells, 0.1 / 3.0, Pose2(-51.2249981, 1e-7, -2.9))
    path = tmp_path / "saved.yaml"
    save_map(grid, path)
    back = load_map(path)
    np.testing.assert_array_equal(back.cells, grid.cells)
    assert back.resolution_m == grid.resolution_m
    assert back.origin.x == grid.origin.x
    assert back.origin.yaw == pytest.approx(grid.origin.yaw, abs=1e-15)
    assert map_hash(path) == grid_hash(grid)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["saved.pgm", "saved.yaml"]


def test_hash_is_of_the_map_not_of_the_file(tmp_path: Path) -> None:
    first = write_map(tmp_path, grey(254, 205, 0))
    expected = map_hash(first)
    (tmp_path / "copy").mkdir()
    copy = write_map(tmp_path / "copy", grey(0, 100, 255), name="other.png", negate=1)
    assert map_hash(copy) == expected
    moved = write_map(tmp_path / "copy", grey(254, 205, 0), origin=[1.0, -2.0, 0.4])
    assert map_hash(moved) != expected


def test_a_failed_save_leaves_the_old_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "map.yaml"
    old = OccupancyGrid(np.zeros((2, 2), dtype=np.int8), 0.1, Pose2.identity())
    save_map(old, path)

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(PlaceError, match="No space left"):
        patch.setattr(Path, "replace", fail)
        save_map(OccupancyGrid(np.zeros((3, 3), dtype=np.int8), 0.2, Pose2.identity()), path)
    assert map_hash(path) == grid_hash(old)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["map.pgm", "map.yaml"]
    with pytest.raises(PlaceError, match="cannot write"):
        save_map(old, path / "folder.yaml")


def test_warns_of_unknown_painted_so_bright_that_it_reads_as_free(tmp_path: Path) -> None:
    pixels = np.full((40, 40), 216, dtype=np.uint8)
    pixels[10:30, 10:30] = 0
    pixels[11:29, 11:29] = 255
    path = write_map(tmp_path, pixels)
    with pytest.warns(MapWarning) as caught:
        grid = load_map(path)
    # It reads the map as map_server does all the same.
    assert grid.cells[0, 0] == FREE
    said = " ".join(str(one.message) for one in caught)
    assert "grey level 216" in said
    assert "lower free_thresh below 0.153" in said
    assert "border is free" in said


def test_does_not_warn_of_ordinary_maps(tmp_path: Path) -> None:
    pixels = np.full((40, 40), 205, dtype=np.uint8)
    pixels[10:30, 10:30] = 0
    pixels[11:29, 11:29] = 254
    path = write_map(tmp_path, pixels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_map(path)


LFS_POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def test_a_git_lfs_pointer_is_named_as_image_and_as_map(tmp_path: Path) -> None:
    path = write_map(tmp_path, grey(254, 0))
    (tmp_path / "map.png").write_text(LFS_POINTER)
    with pytest.raises(MapError, match=r"map\.png is a Git LFS pointer.*git lfs pull"):
        load_map(path)
    path.write_text(LFS_POINTER)
    with pytest.raises(MapError, match=r"map\.yaml is a Git LFS pointer.*git lfs pull"):
        load_map(path)


def test_a_tab_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("image: map.png\n\tresolution: 0.05\n")
    with pytest.raises(
        MapError, match=r"a tab stands where YAML wants spaces \(line 2, column 1\)"
    ):
        load_map(path)


def test_what_is_wrong_with_yaml_is_told_in_full_and_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("image: map.png\norigin: [0, 0\nresolution: 0.05\n")
    with pytest.raises(MapError, match=r"flow sequence expected ',' or '\]'.*\(line 3") as caught:
        load_map(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("image", ["~nobody_of_this_name/map.png", "~nobody_of_this_name"])
def test_a_tilde_of_another_user_is_a_sentence(tmp_path: Path, image: str) -> None:
    path = write_map(tmp_path, grey(254, 0), image=image)
    with pytest.raises(MapError, match=r"'~nobody_of_this_name' could be has a home"):
        load_map(path)


def test_an_image_larger_than_a_photograph_is_read_and_one_beyond_all_maps_named(
    tmp_path: Path,
) -> None:
    def drawn(width: int, height: int, rows: int) -> Path:
        write_map(tmp_path, grey(254, 0), image="map.pgm")
        row = bytes([254]) * width
        with (tmp_path / "map.pgm").open("wb") as file:
            file.write(f"P5\n{width} {height}\n255\n".encode())
            file.writelines(row for _ in range(rows))
        return tmp_path / "map.yaml"

    usual = Image.MAX_IMAGE_PIXELS
    with pytest.raises(MapError, match=r"40000 x 30000 pixels.*1000 million"):
        load_map(drawn(40_000, 30_000, 1))
    assert usual == Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = 1000
    try:
        assert load_map(drawn(100, 60, 60)).cells.shape == (60, 100)
    finally:
        Image.MAX_IMAGE_PIXELS = usual
