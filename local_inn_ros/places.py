# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Places that are written to: tried before long work, then filled whole or not at all.

What is written lies beside its place until it is complete and on the disk; then it is renamed,
which is done at once or not at all (POSIX ``rename``). Links are followed: what they lead to is
replaced, and they stay. Whatever fails leaves nothing behind, and is told in one sentence.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local_inn_ros.place_errors import PlaceError, reason, system_error, told
from local_inn_ros.user_folders import can_be_made, own_temporary_folder, user_folder

__all__ = [
    "PlaceError",
    "can_be_made",
    "check_file",
    "check_folder",
    "check_new_folder",
    "new_file",
    "new_files",
    "new_folder",
    "own_temporary_folder",
    "real_path",
    "reason",
    "user_folder",
]

# Files on an ordinary disk begin with one such block: a full disk has none left.
_BLOCK = 4096


def real_path(path: Path) -> Path:
    """Return where a path that somebody told leads to: ``~`` and links are followed.

    Raises:
        PlaceError: there is no such user's home, or links lead in a circle.
    """
    try:
        real = path.expanduser().resolve()
    except (RuntimeError, OSError) as error:
        raise PlaceError(f"{path} leads nowhere: {error}") from error
    if not real.name:
        raise PlaceError(f"{path} is the root of all files: name a place below it")
    return real


def check_file(path: Path) -> None:
    """Try whether a file can be written, and leave nothing.

    Raises:
        PlaceError: it cannot.
    """
    if _is_stream(path):
        return
    real = real_path(path)
    with told(path):
        _refuse_file(real)
        _try(real.parent)


def check_folder(path: Path) -> None:
    """Try whether files can be put into a folder, which is made where needed; leave nothing.

    Raises:
        PlaceError: they cannot.
    """
    real = real_path(path)
    with told(path):
        _try(real)


def check_new_folder(path: Path) -> None:
    """Try whether a folder can be made or replaced, and leave nothing.

    Raises:
        PlaceError: it cannot.
    """
    real = real_path(path)
    with told(path):
        if real.exists() and not real.is_dir():
            raise system_error(errno.EEXIST)
        if os.path.ismount(real):
            raise system_error(errno.EBUSY)
    with told(path, f"cannot make a folder beside {path}, in {real.parent}"):
        _try(real.parent)


@contextmanager
def new_file(path: Path, durable: bool = True) -> Iterator[Path]:
    """Give a file to write, which takes its place when the block ends well.

    Folders above it are made where needed. A file that was there keeps its mode and its owner. A
    device or a pipe is given as it is.

    Args:
        path: the place.
        durable: wait until all of it is on the disk: a loss of power does not take it.

    Raises:
        PlaceError: it cannot be written.
    """
    if _is_stream(path):
        with told(path):
            yield path
        return
    real = real_path(path)
    with told(path), _made(real.parent):
        _refuse_file(real)
        partial = real.with_name(f".{secrets.token_hex(6)}.partial")
        try:
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            yield partial
            if durable:
                _sync(partial)
            _keep_owner(real, partial)
            partial.replace(real)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        if durable:
            _sync(real.parent)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes its place when the block ends well.

    A folder that was there is replaced as a whole. What a killed process left is removed.

    Raises:
        PlaceError: it cannot be written.
    """
    real = real_path(path)
    with told(path), _made(real.parent):
        partial, replaced = (real.with_name(f".{real.name}.{word}") for word in ("new", "old"))
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
            yield partial
            for one in (*partial.rglob("*"), partial):
                _sync(one)
            shutil.rmtree(replaced, ignore_errors=True)
            if real.exists():
                real.rename(replaced)
            try:
                partial.rename(real)
            except OSError:
                if replaced.exists():
                    replaced.rename(real)
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
        _sync(real.parent)


@contextmanager
def new_files(folder: Path) -> Iterator[Path]:
    """Give a folder to write files into, which are all moved to theirs when the block ends well.

    Other files there stay.

    Raises:
        PlaceError: they cannot be written.
    """
    real = real_path(folder)
    with told(folder), _made(real):
        partial = real / f".{secrets.token_hex(6)}.partial"
        try:
            partial.mkdir()
            yield partial
            made = sorted(partial.iterdir())
            for one in made:
                _refuse_file(real / one.name)
                _sync(one)
            for one in made:
                _keep_owner(real / one.name, one)
                one.replace(real / one.name)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        _sync(real)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; those that were made go again where the block fails."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for one in missing:
            with suppress(OSError):
                one.rmdir()
        raise


def _try(folder: Path) -> None:
    """Write a block into a folder, or where it would be made, and remove it again."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir():
        raise system_error(errno.ENOTDIR if there != folder else errno.EEXIST)
    tried = there / f".{secrets.token_hex(6)}.tried"
    try:
        tried.write_bytes(bytes(_BLOCK))
    finally:
        with suppress(OSError):
            tried.unlink(missing_ok=True)


def _refuse_file(real: Path) -> None:
    """Refuse a place of a file that is a folder, or a file that its user has write-protected."""
    if real.is_dir():
        raise system_error(errno.EISDIR)
    if real.exists() and not os.access(real, os.W_OK):
        raise system_error(errno.EACCES)


def _is_stream(path: Path) -> bool:
    """Tell whether a path is a device, a pipe or the like, which is written as it is."""
    first, *rest = path.absolute().parts[1:] or [""]
    if first == "proc" or (first == "dev" and rest[:1] not in (["shm"], [])):
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _keep_owner(old: Path, new: Path) -> None:
    """Give a new file the mode and, where that is allowed, the owner of the one it replaces."""
    try:
        kept = old.stat()
    except FileNotFoundError:
        return
    with suppress(PermissionError):
        os.chown(new, kept.st_uid, kept.st_gid)
    new.chmod(stat.S_IMODE(kept.st_mode))


def _sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot, for folders above all.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)
