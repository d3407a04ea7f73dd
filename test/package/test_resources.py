# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from local_inn_ros.errors import LocalInnError
from local_inn_ros.resources import resource_directory


def make_package(directory: Path) -> Path:
    package = directory / "local_inn_ros"
    package.mkdir(parents=True)
    return package


def make_share(prefix: Path, kind: str) -> Path:
    folder = prefix / "share" / "local_inn_ros" / kind
    folder.mkdir(parents=True)
    return folder


def test_finds_the_sensors_of_this_package() -> None:
    assert (resource_directory("config") / "sensors").is_dir()


def test_checkout_comes_before_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package(tmp_path / "checkout")
    (tmp_path / "checkout" / "package.xml").touch()
    (tmp_path / "checkout" / "models").mkdir()
    make_share(tmp_path / "installed", "models")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path / "installed"))
    assert resource_directory("models", package) == tmp_path / "checkout" / "models"


@pytest.mark.parametrize(
    "libraries", ["lib/python3.12/site-packages", "local/lib/python3.10/dist-packages"]
)
def test_finds_the_prefix_that_it_is_installed_in(tmp_path: Path, libraries: str) -> None:
    package = make_package(tmp_path / libraries)
    expected = make_share(tmp_path, "launch")
    assert resource_directory("launch", package) == expected


def test_its_own_prefix_comes_before_the_workspaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package(tmp_path / "overlay/lib/python3.12/site-packages")
    expected = make_share(tmp_path / "overlay", "models")
    make_share(tmp_path / "underlay", "models")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path / "underlay"))
    assert resource_directory("models", package) == expected


def test_finds_the_first_workspace_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package(tmp_path / "elsewhere")
    (tmp_path / "other").mkdir()
    expected = make_share(tmp_path / "second", "models")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path / 'other'}:{tmp_path / 'second'}")
    assert resource_directory("models", package) == expected


def test_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package(tmp_path / "lib/python3.12/site-packages")
    make_share(tmp_path, "models")
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    with pytest.raises(LocalInnError, match="'launch'") as caught:
        resource_directory("launch", package)
    assert str(tmp_path / "share" / "local_inn_ros" / "launch") in str(caught.value)


def test_says_so_where_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    with pytest.raises(LocalInnError, match="neither checkout nor installation"):
        resource_directory("models", make_package(tmp_path))
