# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The records of an MCAP (mcap.dev/spec), one after the other, as far as they are whole."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAGIC = b"\x89MCAP0\r\n"
FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK = 0x02, 0x03, 0x04, 0x05, 0x06
CHUNK_INDEX, STATISTICS, DATA_END = 0x08, 0x0B, 0x0F
LAST_KNOWN = 0x0F
# Records that are of use here; others are passed over without being read.
_READ = frozenset({FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, CHUNK_INDEX, STATISTICS, DATA_END})


class CutError(Exception):
    """A record that is not whole.

    Attributes:
        place: where it begins.
        rest: what there is of it, behind opcode and length; empty where that is not known.
        opcode: what it is; 0 where that makes no sense.
    """

    def __init__(self, place: int, opcode: int = 0, rest: bytes = b"") -> None:
        """Note where."""
        super().__init__(f"byte {place}")
        self.place = place
        self.opcode = opcode
        self.rest = rest


class Fields:
    """Reads the fields of a record in turn; all raise ``struct.error`` beyond its end."""

    def __init__(self, data: bytes) -> None:
        """Begin at the front."""
        self._data = data
        self._place = 0

    def numbers(self, layout: str) -> tuple[int, ...]:
        """Read little-endian integers."""
        found: tuple[int, ...] = struct.unpack_from("<" + layout, self._data, self._place)
        self._place += struct.calcsize("<" + layout)
        return found

    def part(self, count: int) -> bytes:
        """Read so many bytes."""
        part = self._data[self._place : self._place + count]
        if len(part) < count:
            raise struct.error(f"{count} bytes are wanted and {len(part)} are left")
        self._place += count
        return part

    def text(self) -> str:
        """Read a string with its length before it."""
        return self.part(self.numbers("I")[0]).decode(errors="replace")

    def rest(self) -> bytes:
        """Read all that is left."""
        return self._data[self._place :]


@dataclass(frozen=True, slots=True)
class ChunkHead:
    """What a chunk says of what is in it.

    Attributes:
        size: of the records, unpacked.
        checksum: CRC-32 of them; 0 for none.
        compression: how they are packed; empty where they are not.
        packed: the records as they are packed, as far as they are there.
        whole: whether all of that is there.
    """

    size: int
    checksum: int
    compression: str
    packed: bytes
    whole: bool

    @staticmethod
    def of(data: bytes) -> ChunkHead:
        """Read a chunk record, which may be cut off."""
        fields = Fields(data)
        _, _, size, checksum = fields.numbers("QQQI")
        compression = fields.text()
        (packed_size,) = fields.numbers("Q")
        rest = fields.rest()
        return ChunkHead(size, checksum, compression, rest[:packed_size], len(rest) >= packed_size)


def records_of_file(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield place, opcode and content of each record of a file from ``start`` to ``end``.

    Raises:
        CutError: a record is not whole, or is none.
    """
    place = start
    while place < end:
        file.seek(place)
        head = file.read(9)
        if len(head) < 9:
            raise CutError(place)
        opcode, length = head[0], int.from_bytes(head[1:], "little")
        # Opcodes above 0x80 are private.
        if opcode == 0 or LAST_KNOWN < opcode < 0x80:
            raise CutError(place)
        if place + 9 + length > end:
            raise CutError(place, opcode, file.read(end - place - 9) if opcode in _READ else b"")
        yield place, opcode, file.read(length) if opcode in _READ else b""
        place += 9 + length


def records_of_chunk(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and content of the records that were in a chunk.

    Raises:
        CutError: a record is not whole.
    """
    place = 0
    while place < len(data):
        head = data[place : place + 9]
        length = int.from_bytes(head[1:], "little")
        if len(head) < 9 or head[0] == 0 or place + 9 + length > len(data):
            raise CutError(place)
        yield head[0], data[place + 9 : place + 9 + length]
        place += 9 + length
