# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Unpack what is compressed, as far as it is whole."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_STEP = 1 << 16


# rosbags brings both of these decompressors; Python has zstd itself since 3.14.
def _zstd() -> Any:
    return importlib.import_module(
        "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    )


def unpacked(data: bytes, how: str) -> tuple[bytes, bool]:
    """Unpack a chunk of an MCAP.

    Args:
        data: the chunk.
        how: ``zstd``, ``lz4``, or empty.

    Returns:
        As much as can be unpacked, and whether that is all of it.

    Raises:
        ValueError: nothing here unpacks that.
    """
    if not how:
        return data, True
    if how == "zstd":
        return _fed(_zstd().ZstdDecompressor(), data)
    if how == "lz4":
        return _fed(importlib.import_module("lz4.frame").LZ4FrameDecompressor(), data)
    raise ValueError(f"chunks are compressed by {how!r}, which is not read")


def unpacked_message(data: bytes) -> bytes:
    """Return a message of a bag that may have compressed each by itself.

    Raises:
        Exception: of the decompressor, where it is broken.
    """
    if data[: len(_ZSTD_MAGIC)] != _ZSTD_MAGIC:
        return data
    plain: bytes = _zstd().decompress(data)
    return plain


def unpack_file(packed: Path, plain: Path) -> str:
    """Unpack a file by zstd.

    Returns:
        What is wrong with it; empty where it is whole.

    Raises:
        OSError: there is no room for it.
    """
    unpacker, whole = _zstd().ZstdDecompressor(), False
    with packed.open("rb") as source, plain.open("wb") as target:
        while step := source.read(_STEP):
            while step:
                part, trouble = _step(unpacker, step)
                target.write(part)
                if trouble:
                    return f"its compressed stream is broken ({trouble})"
                step = unpacker.unused_data if unpacker.eof else b""
                if unpacker.eof:
                    unpacker, whole = _zstd().ZstdDecompressor(), True
                else:
                    whole = False
    return "" if whole else "its compressed stream ends too early"


def _fed(unpacker: Any, data: bytes) -> tuple[bytes, bool]:
    """Unpack in steps: what comes before a broken place is kept."""
    parts = []
    for start in range(0, len(data), _STEP):
        part, trouble = _step(unpacker, data[start : start + _STEP])
        parts.append(part)
        if trouble:
            return b"".join(parts), False
        if unpacker.eof:
            break
    return b"".join(parts), bool(unpacker.eof)


def _step(unpacker: Any, data: bytes) -> tuple[bytes, str]:
    try:
        return unpacker.decompress(data), ""
    except Exception as error:
        # Each decompressor has exceptions of its own.
        return b"", str(error).strip() or type(error).__name__
