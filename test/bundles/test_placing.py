# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A new bundle takes its place when all of it is done, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundle_files import write_bundle

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.placing import check_place, placed
from local_inn_ros.errors import BundleError
from local_inn_ros.places import PlaceError


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    write_bundle(folder, None)
    (folder / "mark").write_text("old")
    return folder


def left(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_bundle_that_is_done_takes_the_place_of_the_old(old: Path) -> None:
    with placed(old) as folder:
        write_bundle(folder, None)
        assert (old / "mark").read_text() == "old"
    assert not (old / "mark").exists()
    assert Bundle.load(old).path == old
    assert left(old.parent) == ["bundle"]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, SystemExit, MemoryError])
def test_whatever_ends_it_leaves_the_old(old: Path, fault: type[BaseException]) -> None:
    with pytest.raises(fault), placed(old) as folder:
        write_bundle(folder, None)
        raise fault
    assert (old / "mark").read_text() == "old"
    assert left(old.parent) == ["bundle"]


def test_what_does_not_load_leaves_the_old(old: Path) -> None:
    with pytest.raises(BundleError, match="lacks its map"), placed(old) as folder:
        write_bundle(folder, None)
        (folder / "map.yaml").unlink()
    assert (old / "mark").read_text() == "old"
    assert left(old.parent) == ["bundle"]


def test_a_full_disk_is_a_sentence_and_leaves_nothing(old: Path) -> None:
    with pytest.raises(PlaceError, match=r"cannot write .*: No space left"), placed(old):
        raise OSError(28, "No space left on device")
    assert (old / "mark").read_text() == "old"
    assert left(old.parent) == ["bundle"]


def test_a_place_where_nothing_can_be_made_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlaceError, match=r"bundle, in .*file: File exists; it is a file"):
        check_place(tmp_path / "file" / "bundle")
    with pytest.raises(BundleError, match="is a file: name a folder"):
        check_place(tmp_path / "file")
