# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""No verb writes over what it reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_helpers import invoke, refused

from local_inn_ros.resources import resource_directory

BUNDLE = resource_directory("models") / "generated_track"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle and half a second on its own track."""
    if not (BUNDLE / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {BUNDLE}")
    folder = tmp_path_factory.mktemp("inputs")
    shutil.copytree(BUNDLE, folder / "bundle")
    invoke("simulate", "--bundle", BUNDLE, "--out", folder / "bag", "--duration", 0.5)
    return folder


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("map", "info", "bundle/map.yaml", "--picture"), "bundle/map.pgm"),
        (("map", "info", "bundle/map.yaml", "--json"), "bundle/map.yaml"),
        (("evaluate", "bundle", "--bag", "bag", "--json"), "bag/metadata.yaml"),
        (("evaluate", "bundle", "--bag", "bag", "--json"), "bundle/inverse.onnx"),
        (("relocalize", "bundle", "--bag", "bag", "--json"), "bag/bag.mcap"),
        (("calibrate", "bundle", "--bag", "bag", "--params-out"), "bundle/map.pgm"),
        (("calibrate", "bundle", "--bag", "bag", "--params-out"), "link"),
    ],
)
def test_a_file_that_is_read_is_not_written_over(
    inputs: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    name: str,
) -> None:
    monkeypatch.chdir(inputs)
    link = inputs / "link"
    link.unlink(missing_ok=True)
    link.symlink_to("bundle/bundle.yaml")
    before = Path(name).read_bytes()
    assert f"{name} is read here and would be lost" in refused(capsys, monkeypatch, *words, name)
    assert Path(name).read_bytes() == before


def test_figures_may_lie_beside_what_is_read(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(inputs)
    for _ in range(2):
        invoke("map", "info", "bundle/map.yaml", "--json", "bundle/info.json")
