# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plans that this machine has made, told from all others.

A plan is code that runs on loading. A hash that lies beside it would travel with it, so plans are
sealed with HMAC-SHA-256 (RFC 2104) under a key that this machine drew for itself and keeps outside
of every bundle, readable by its user alone.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from local_inn_ros.errors import EngineError
from local_inn_ros.places import PlaceError, reason, user_folder

_KEY_BYTES = 32


def key_file() -> Path:
    """Return where this machine keeps its key: beside what the nodes keep, in ``ROS_HOME``.

    Raises:
        EngineError: this user has no home.
    """
    try:
        home = user_folder("ROS_HOME", "~/.ros")
    except PlaceError as error:
        raise EngineError(f"cannot keep the key for plans: {error}") from error
    return home / "local_inn_ros" / "plan_key"


def seal(parts: Sequence[bytes]) -> str:
    """Return the seal of some bytes, in hexadecimal; the key is drawn where there is none.

    Raises:
        EngineError: the key cannot be kept, or others can read it.
    """
    path = key_file()
    if not path.exists():
        _draw_key(path)
    return _digest(_read_key(path), parts)


def is_sealed(parts: Sequence[bytes], told: str) -> bool:
    """Tell whether a seal is this machine's own for these bytes.

    Raises:
        EngineError: others can read the key, so a seal says nothing.
    """
    path = key_file()
    if not path.exists():
        return False
    return hmac.compare_digest(_digest(_read_key(path), parts).encode(), told.encode())


def _digest(key: bytes, parts: Sequence[bytes]) -> str:
    # By their hashes, which are of one length: where one part ends is not left open.
    text = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _draw_key(path: Path) -> None:
    """Write a new key; where another process was faster, its key stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made with mode 0600, and never seen half-written.
        descriptor, partial = tempfile.mkstemp(prefix=".plan_key.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            os.link(partial, path)
        except FileExistsError:
            pass
        finally:
            Path(partial).unlink()
    except OSError as error:
        raise EngineError(f"cannot keep the key for plans at {path}: {reason(error)}") from error


def _read_key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            key = file.read()
    except OSError as error:
        raise EngineError(f"cannot read the key for plans {path}: {reason(error)}") from error
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise EngineError(
            f"others than its user can read or change the key for plans {path}: remove it and "
            "build the plans again with `local-inn export`"
        )
    if len(key) != _KEY_BYTES:
        raise EngineError(
            f"the key for plans {path} is damaged: remove it and build the plans again with "
            "`local-inn export`"
        )
    return key
