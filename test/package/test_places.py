# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is written takes its place whole or not at all, wherever that is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_inn_ros.places import (
    PlaceError,
    check_file,
    check_folder,
    check_new_folder,
    new_file,
    new_files,
    new_folder,
    real_path,
    user_folder,
)


def write(path: Path, text: str = "new") -> None:
    with new_file(path) as file:
        file.write_text(text)


def left(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))


@contextmanager
def mask(bits: int) -> Iterator[None]:
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


def test_folders_above_a_file_are_made(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "file")
    assert left(tmp_path) == ["a", "a/b", "a/b/file"]


@pytest.mark.parametrize("fault", [OSError(28, "No space"), RuntimeError(), KeyboardInterrupt()])
def test_a_file_that_fails_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, fault: BaseException
) -> None:
    (tmp_path / "file").write_text("old")
    for path in (tmp_path / "file", tmp_path / "new" / "folder" / "file"):
        with pytest.raises((PlaceError, type(fault))), new_file(path) as file:
            file.write_text("half of")
            raise fault
    assert left(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_new_file_has_the_mode_that_any_file_gets(tmp_path: Path) -> None:
    for bits, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        with mask(bits):
            write(tmp_path / f"{mode:o}")
        assert stat.S_IMODE((tmp_path / f"{mode:o}").stat().st_mode) == mode


def test_a_file_that_is_replaced_keeps_its_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    before = path.stat()
    write(path)
    after = path.stat()
    assert path.read_text() == "new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


def test_links_are_followed_and_stay(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "file").write_text("old")
    (tmp_path / "to_file").symlink_to("disk/file")
    (tmp_path / "to_nothing").symlink_to("disk/later")
    (tmp_path / "to_folder").symlink_to("disk")
    write(tmp_path / "to_file")
    write(tmp_path / "to_nothing")
    write(tmp_path / "to_folder" / "inside")
    assert all((tmp_path / name).is_symlink() for name in ("to_file", "to_nothing", "to_folder"))
    assert left(tmp_path / "disk") == ["file", "inside", "later"]
    assert (tmp_path / "disk" / "file").read_text() == "new"


def test_a_folder_behind_a_link_is_replaced_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "disk" / "model").mkdir(parents=True)
    (tmp_path / "disk" / "model" / "old").touch()
    (tmp_path / "model").symlink_to("disk/model")
    (tmp_path / "later").symlink_to("disk/later")
    for name in ("model", "later"):
        with new_folder(tmp_path / name) as folder:
            (folder / "new").touch()
        assert (tmp_path / name).is_symlink()
    assert left(tmp_path / "disk") == ["later", "later/new", "model", "model/new"]


def test_a_link_in_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(PlaceError, match=str(tmp_path / "a")):
        check_file(tmp_path / "a")


def test_a_device_is_written_as_it_is_and_stays_one() -> None:
    check_file(Path("/dev/null"))
    write(Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_file(pipe)
        write(pipe, "through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_trying_leaves_nothing(tmp_path: Path) -> None:
    check_file(tmp_path / "a" / "file")
    check_folder(tmp_path / "b" / "folder")
    check_new_folder(tmp_path / "c" / "folder")
    assert left(tmp_path) == []


def test_what_is_no_place_is_told_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for check, place, told in (
        (check_file, "folder", "it is a folder: name a file"),
        (check_file, "file/below", "it is a file: name a folder"),
        (check_file, "file/below/it", "a part of that path is a file"),
        (check_folder, "file", "it is a file: name a folder"),
        (check_folder, "file/below", "a part of that path is a file"),
        (check_new_folder, "file", "it is a file: name a folder"),
        (check_file, "n" * 300, "shorter name"),
    ):
        with pytest.raises(PlaceError, match=told) as refused:
            check(tmp_path / place)
        assert str(tmp_path / place) in str(refused.value)
    assert left(tmp_path) == ["file", "folder"]


def test_the_root_of_all_files_is_no_place() -> None:
    with pytest.raises(PlaceError, match="root of all files"):
        check_new_folder(Path("/"))


def test_a_mount_is_not_replaced() -> None:
    with pytest.raises(PlaceError, match="something is mounted there: name a folder in it"):
        check_new_folder(Path("/proc"))


def test_the_folder_that_one_stands_in_is_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert real_path(Path()) == tmp_path.resolve()
    check_new_folder(Path())


def test_a_home_is_found_and_a_missing_one_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/robot")
    assert real_path(Path("~/file")) == Path("/home/robot/file")
    with pytest.raises(PlaceError, match="~nobody_of_that_name/file leads nowhere"):
        real_path(Path("~nobody_of_that_name/file"))
    monkeypatch.setenv("PLACE", "/elsewhere")
    assert user_folder("PLACE", "~/usual") == Path("/elsewhere")
    monkeypatch.delenv("PLACE")
    assert user_folder("PLACE", "~/usual") == Path("/home/robot/usual")
    with pytest.raises(PlaceError, match="no home: set PLACE"):
        user_folder("PLACE", "~nobody_of_that_name/usual")


def test_several_files_come_together_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(PlaceError, match="No space"), new_files(out) as folder:
        (folder / "one").touch()
        raise OSError(28, "No space left on device")
    assert left(tmp_path) == []
    out.mkdir()
    (out / "other").touch()
    (out / "two").mkdir()
    with pytest.raises(PlaceError, match="it is a folder"), new_files(out) as folder:
        (folder / "one").touch()
        (folder / "two").touch()
    assert left(out) == ["other", "two"]
    (out / "two").rmdir()
    with new_files(out) as folder:
        (folder / "one").touch()
        (folder / "two").touch()
    assert left(out) == ["one", "other", "two"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_folder(tmp_path / "model") as first:
        # As if it had never come to its end.
        first.rename(tmp_path / "kept")
        raise RuntimeError
    (tmp_path / "kept").rename(first)
    (first / "stale").touch()
    with new_folder(tmp_path / "model") as second:
        assert left(second) == []
    assert left(tmp_path) == ["model"]
