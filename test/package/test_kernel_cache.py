# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Kernels work for users who can write neither beside the sources nor in a home."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from other_users import AS_NOBODY, NOBODY, Ended, needs_mounts, needs_nobody, run

# Compiles one small kernel, and says where it is kept and whether it was kept already.
_USE = """
import os
from local_inn_ros.geometry import compiled
compiled.wrap_angle(4.0)
print(os.environ.get("NUMBA_CACHE_DIR", "nowhere told"))
print(sum(compiled.wrap_angle.stats.cache_hits.values()))
"""


def use(temporary: Path, *mounts: str, home: str = "/nonexistent") -> Ended:
    """Use a kernel as a user who can write to no more than a folder for temporary files."""
    needs_nobody()
    before = list(AS_NOBODY)
    if mounts:
        script = " && ".join([*mounts, 'exec "$@"'])
        before = ["unshare", "--mount", "sh", "-c", script, "sh", *before]
    # This process's own caches must not be found by it.
    return run(["-c", _USE], {"HOME": home, "TMPDIR": str(temporary)}, before, Path("/"))


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that everybody may write to, below folders that all may look into."""
    folder = tmp_path_factory.mktemp("temporary")
    folder.chmod(0o1777)
    for one in folder.parents:
        if str(one).startswith("/tmp/"):
            one.chmod(one.stat().st_mode | 0o011)
    return folder


def test_a_user_without_a_home_has_a_temporary_cache_of_its_own(temporary: Path) -> None:
    first, second = use(temporary), use(temporary)
    cache = temporary / f"local_inn_ros-kernels-{NOBODY}"
    assert first.code == 0, first.err
    assert first.out.split("\n")[:2] == [str(cache), "0"]
    assert second.out.split("\n")[:2] == [str(cache), "1"]
    for ended in (first, second):
        assert ended.err.count("\n") == 1
        assert ended.err.startswith(f"compiled code is kept in {cache}, until that is emptied")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707])
def test_a_cache_that_others_could_fill_is_not_read(temporary: Path, mode: int) -> None:
    needs_nobody()
    cache = temporary / f"local_inn_ros-kernels-{NOBODY}"
    cache.mkdir()
    shutil.chown(cache, NOBODY, NOBODY)
    cache.chmod(mode)
    ended = use(temporary)
    assert ended.code == 0, ended.err
    assert ended.out.split("\n")[0] != str(cache)
    assert list(cache.iterdir()) == []


def test_a_cache_of_another_user_is_not_read(temporary: Path) -> None:
    needs_nobody()
    cache = temporary / f"local_inn_ros-kernels-{NOBODY}"
    cache.mkdir(mode=0o700)
    ended = use(temporary)
    assert ended.code == 0, ended.err
    assert ended.out.split("\n")[0] != str(cache)


def test_where_nothing_can_be_written_kernels_are_not_kept(temporary: Path) -> None:
    needs_mounts()
    read_only = [f"mount -t tmpfs -o ro none {one}" for one in ("/tmp", "/var/tmp", "/dev/shm")]
    ended = use(Path("/nonexistent"), *read_only)
    assert ended.code == 0, ended.err
    assert ended.out.split("\n")[:2] == ["nowhere told", "0"]
    assert ended.err.startswith("compiled code is not kept, so every start compiles anew")
    assert ended.err.count("\n") == 1


def test_a_home_that_can_be_written_is_used_without_a_word(temporary: Path) -> None:
    ended = use(temporary, home=str(temporary))
    assert ended.code == 0, ended.err
    assert (ended.out.split("\n")[0], ended.err) == ("nowhere told", "")
    assert (temporary / ".cache" / "numba").is_dir()
