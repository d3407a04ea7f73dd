# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the system refuses to do with a file or a folder, in words, with what to do about it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_inn_ros.errors import LocalInnError

_ROOM = "free some space there, or name another place"
_ACCESS = "give this user access to it, or name another place"
_REMEDIES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "files cannot grow so large there: name another place",
    errno.EACCES: _ACCESS,
    errno.EPERM: _ACCESS,
    errno.EROFS: "name a place that can be written to",
    errno.ENOTDIR: "a part of that path is a file: name another place",
    errno.EISDIR: "it is a folder: name a file",
    errno.EEXIST: "it is a file: name a folder",
    errno.ELOOP: "its links lead in a circle: name another place",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ENOENT: "see whether it is there, and whether a link leads nowhere",
    errno.EBUSY: "something is mounted there: name a folder in it",
    errno.EXDEV: "something is mounted there: name a folder in it",
    errno.EIO: "see whether the disk is well",
    errno.EPIPE: "what read the output has ended",
}


class PlaceError(LocalInnError):
    """A place that cannot be written or read; the message names it and says what to do."""


def reason(error: OSError) -> str:
    """Say in words why the system refused something, and what to do about it."""
    said = error.strerror or str(error) or type(error).__name__
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{said}; {remedy}" if remedy else said


@contextmanager
def told(path: Path, failure: str = "") -> Iterator[None]:
    """Tell what the system refuses in a sentence that names the place as it was told."""
    try:
        yield
    except OSError as error:
        raise PlaceError(f"{failure or f'cannot write {path}'}: {reason(error)}") from error


def system_error(number: int) -> OSError:
    """Return the error that the system raises under a number of ``errno``."""
    return OSError(number, os.strerror(number))
