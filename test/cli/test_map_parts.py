# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the command line says of which part of a map is the robot's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import F1TENTH, invoke, refused
from drawn_layouts import layouts
from PIL import Image

from local_inn_ros.errors import BundleError
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder
from local_inn_ros.world import save_map

LAYOUTS = {layout.name: layout for layout in layouts()}


def drawn(tmp_path: Path, name: str) -> Path:
    save_map(LAYOUTS[name].grid, tmp_path / "map.yaml")
    return tmp_path / "map.yaml"


def test_an_open_hall_is_taken_and_the_inside_of_a_box_is_not(tmp_path: Path) -> None:
    path, out = drawn(tmp_path, "the hall of the report"), tmp_path / "info.json"
    text = invoke("map", "info", path, "--json", out)
    assert "149.0 m2" in text
    assert "too small or narrow" in text
    figures = json.loads(out.read_text())
    assert figures["drivable_m2"] == pytest.approx(149.0, abs=0.1)
    assert figures["free_space"]["sure"]


def test_a_track_is_taken_and_its_infield_drawn_as_left_out(tmp_path: Path) -> None:
    path, out = drawn(tmp_path, "circle, free outside"), tmp_path / "info.json"
    picture = tmp_path / "map.png"
    text = invoke("map", "info", path, "--json", out, "--picture", picture)
    assert "44.1 m2 (a track round an infield) of 3 free parts taken; left out: 51.6 m2" in text
    parts = json.loads(out.read_text())["free_space"]["parts"]
    assert [part["taken"] for part in parts] == [False, True, False]
    with Image.open(picture) as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20) or []}
    assert {(0xA8, 0xD5, 0xA2), (0xF4, 0xC0, 0x95)} <= colours
    # The middle of the infield, which somebody says is right.
    text = invoke("map", "info", path, "--inside", "3,7.5")
    assert "51.6 m2 (told) of 3 free parts taken" in text


def test_doubt_is_said(tmp_path: Path) -> None:
    text = invoke("map", "info", drawn(tmp_path, "one room on a large sheet"))
    assert "the map does not tell which of them the robot drives in" in text


@pytest.mark.parametrize("told", ["3", "3,x", "inf,2", "1,2,3"])
def test_a_point_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: str
) -> None:
    path = drawn(tmp_path, "the hall of the report")
    monkeypatch.setattr("sys.argv", ["local-inn", "map", "info", str(path), "--inside", told])
    from local_inn_ros.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "is not x,y in m" in " ".join(capsys.readouterr().err.split())


def test_a_point_off_the_map_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = drawn(tmp_path, "the hall of the report")
    said = refused(capsys, monkeypatch, "map", "info", path, "--inside", "-700,3")
    assert "(-700, 3) lies in no free part of the map (x -3.00 to 12.00 m" in said


def test_train_says_what_it_takes_and_hands_it_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="training needs torch")
    seen: list[TrainingInputs] = []

    def begun(_: object, inputs: TrainingInputs, order: TrainingOrder, *rest: object) -> None:
        seen.append(inputs)
        raise BundleError("far enough")

    monkeypatch.setattr("local_inn_ros.training.train.train_bundle", begun)
    path = drawn(tmp_path, "circle, free outside")
    words = ["train", "--map", path, "--sensor", F1TENTH, "--out", tmp_path / "bundle"]
    for more, said in (([], "44.1 m2 (a track"), (["--inside", "3,7.5"], "51.6 m2 (told)")):
        from typer.testing import CliRunner

        from local_inn_ros.cli.main import app

        result = CliRunner().invoke(app, [str(word) for word in [*words, *more]])
        assert isinstance(result.exception, BundleError)
        assert f"the map: {said}" in result.output
    assert [len(inputs.inside) for inputs in seen] == [1, 1]
    assert seen[0].inside != seen[1].inside
