# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What JPEG and PNG say of themselves, read before anything is decoded."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

JPEG, PNG = "jpeg", "png"
_SIGNATURES = {JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n"}
_END_OF_PICTURE, _START_OF_SCAN = 0xD9, 0xDA
# Start of a frame, by any of the processes of ITU-T T.81: C4, C8 and CC are something else.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: TEM, RST0 to RST7, SOI.
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
# In the data of a scan, FF is followed by 0, by a restart's number, or by a marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_PNG_COLOURS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}


@dataclass(frozen=True, slots=True)
class CompressedHeader:
    """What a compressed picture says of itself.

    Attributes:
        codec: ``jpeg`` or ``png``.
        width: in pixels; 0 where its end comes before that.
        height: likewise.
        channels: 1 for brightness alone, else 3 and more.
        end: where it ends in the bytes; None where they end before it does.
    """

    codec: str
    width: int = 0
    height: int = 0
    channels: int = 3
    end: int | None = None


def header_of(data: NDArray[np.uint8]) -> CompressedHeader | None:
    """Read the header of a compressed picture (n,); None where it is neither JPEG nor PNG."""
    start = data[:8].tobytes()
    if start.startswith(_SIGNATURES[JPEG]):
        return _jpeg(data)
    return _png(data) if start == _SIGNATURES[PNG] else None


def _jpeg(data: NDArray[np.uint8]) -> CompressedHeader:
    """Go from marker to marker, so that a preview in the header is not taken for the picture."""
    view, place, width, height, channels = data.data, 2, 0, 0, 3
    while place + 1 < len(view):
        if view[place] != 0xFF:
            break
        marker = view[place + 1]
        if marker == _END_OF_PICTURE:
            return CompressedHeader(JPEG, width, height, channels, place + 2)
        if marker == 0xFF or marker in _BARE:
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(view[place + 2 : place + 4], "big")
        if marker in _FRAMES and length >= 8 and place + 10 <= len(view):
            height = int.from_bytes(view[place + 5 : place + 7], "big")
            width = int.from_bytes(view[place + 7 : place + 9], "big")
            channels = view[place + 9]
        place += 2 + length
        if marker == _START_OF_SCAN:
            found = _MARKER.search(view, place)
            if found is None:
                break
            place = found.start()
    return CompressedHeader(JPEG, width, height, channels)


def _png(data: NDArray[np.uint8]) -> CompressedHeader:
    view, place, width, height, channels = data.data, 8, 0, 0, 3
    while place + 12 <= len(view):
        length = int.from_bytes(view[place : place + 4], "big")
        kind, body = bytes(view[place + 4 : place + 8]), view[place + 8 : place + 8 + length]
        if kind == b"IHDR" and len(body) >= 13:
            width, height = (int.from_bytes(body[at : at + 4], "big") for at in (0, 4))
            channels = _PNG_COLOURS.get(body[9], 3)
        place += 12 + length
        if kind == b"IEND" and place <= len(view):
            return CompressedHeader(PNG, width, height, channels, place)
    return CompressedHeader(PNG, width, height, channels)
