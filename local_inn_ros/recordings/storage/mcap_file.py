# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files, read from front to back: with or without their end, broken chunks passed over."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.storage.channel import Channel, type_name
from local_inn_ros.recordings.storage.compression import unpacked
from local_inn_ros.recordings.storage.mcap_records import (
    CHANNEL,
    CHUNK,
    CHUNK_INDEX,
    DATA_END,
    FOOTER,
    MAGIC,
    MESSAGE,
    SCHEMA,
    STATISTICS,
    ChunkHead,
    CutError,
    Fields,
    records_of_chunk,
    records_of_file,
)

# Footer record and magic.
_END_BYTES = 9 + 20 + len(MAGIC)


class _Index:
    """Schemas, channels and counts, as they are met."""

    def __init__(self) -> None:
        self.schemas: dict[int, tuple[str, str, str]] = {}
        self.channels: dict[int, Channel] = {}
        self.counts: Counter[int] = Counter()
        self.counted = False
        self.chunk_places: list[int] = []

    def take(self, opcode: int, data: bytes) -> None:
        """Take in a record.

        Raises:
            struct.error: it is too short.
        """
        fields = Fields(data)
        if opcode == SCHEMA:
            (key,) = fields.numbers("H")
            name, language = fields.text(), fields.text()
            self.schemas[key] = (name, language, fields.text())
        elif opcode == CHANNEL:
            key, schema = fields.numbers("HH")
            topic, encoding = fields.text(), fields.text()
            name, language, definition = self.schemas.get(schema, ("(no schema)", "", ""))
            self.channels.setdefault(
                key, Channel(key, topic, type_name(name), encoding, definition, language)
            )
        elif opcode == STATISTICS:
            fields.numbers("QHIIIIQQ")
            (length,) = fields.numbers("I")
            for _ in range(length // 10):
                key, count = fields.numbers("HQ")
                self.counts[key] = count
            self.counted = True
        elif opcode == CHUNK_INDEX:
            self.chunk_places.append(fields.numbers("QQQ")[2])


class McapFile:
    """One MCAP file.

    Its summary, where it has one, tells channels and counts; the messages are read from front to
    back, and what cannot be read is said in ``damage``. Profile and schemas that are not ROS's are
    no reason to refuse the rest.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            BagError: it is no MCAP.
            OSError: it cannot be opened.
        """
        self.path = path
        self.damage: list[str] = []
        self._file = path.open("rb")
        try:
            self._end = path.stat().st_size
            if self._file.read(len(MAGIC)) != MAGIC:
                what = "it is empty" if not self._end else "its first bytes are none of an MCAP"
                raise BagError(f"{path} cannot be read: {what}")
            index = self._summary()
            self._chunk_places = index.chunk_places if index else []
            self.channels = list((index or self._scanned()).channels.values())
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def messages(self, keys: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the messages of some channels, as far as the file is whole."""
        for opcode, data in self._records(_Index()):
            if opcode == MESSAGE and len(data) >= 22:
                key = int.from_bytes(data[:2], "little")
                if key in keys:
                    yield key, data[22:]

    def _summary(self) -> _Index | None:
        """Read what the end of the file tells; None where it is missing or makes no sense."""
        if self._end < len(MAGIC) + _END_BYTES:
            return None
        self._file.seek(self._end - _END_BYTES)
        tail = self._file.read()
        if tail[-len(MAGIC) :] != MAGIC or tail[0] != FOOTER:
            return None
        start = int.from_bytes(tail[9:17], "little")
        if not len(MAGIC) <= start < self._end - _END_BYTES:
            return None
        index = _Index()
        try:
            for _, opcode, data in records_of_file(self._file, start, self._end - _END_BYTES):
                index.take(opcode, data)
        except (CutError, struct.error):
            return None
        if not index.counted or not index.channels:
            return None
        index.channels = {
            key: replace(channel, counted=index.counts[key])
            for key, channel in index.channels.items()
        }
        return index

    def _scanned(self) -> _Index:
        """Go through the whole file for what its summary does not tell."""
        index = _Index()
        for _ in self._records(index):
            pass
        return index

    def _records(self, index: _Index) -> Iterator[tuple[int, bytes]]:
        """Yield the records of the data section, those in chunks too."""
        self.damage = []
        place, chunk = len(MAGIC), 0
        while True:
            try:
                for _, opcode, data in records_of_file(self._file, place, self._end):
                    if opcode in (DATA_END, FOOTER):
                        return
                    chunk += opcode == CHUNK
                    yield from self._in(opcode, data, chunk, index)
                self.damage.append("its end is missing")
                return
            except CutError as cut:
                following = [one for one in self._chunk_places if one > cut.place]
                if not following:
                    yield from self._last(cut, chunk + 1, index)
                    return
                self.damage.append(f"what begins at byte {cut.place} is no record")
                place = min(following)

    def _last(self, cut: CutError, chunk: int, index: _Index) -> Iterator[tuple[int, bytes]]:
        """Yield what is whole of a record that the file ends in."""
        self.damage.append("its end is missing")
        if cut.opcode == CHUNK and cut.rest:
            yield from self._in(CHUNK, cut.rest, chunk, index, said=True)

    def _in(
        self, opcode: int, data: bytes, chunk: int, index: _Index, said: bool = False
    ) -> Iterator[tuple[int, bytes]]:
        """Yield a record, or those in it."""
        if opcode != CHUNK:
            yield from self._taken(opcode, data, index)
            return
        try:
            head = ChunkHead.of(data)
            inside, whole = unpacked(head.packed, head.compression)
        except (struct.error, ValueError) as error:
            self._note(said, f"its chunk {chunk} cannot be read ({error})")
            return
        whole = whole and head.whole and len(inside) == head.size
        if whole and head.checksum and zlib.crc32(inside) != head.checksum:
            self._note(said, f"the checksum of its chunk {chunk} does not fit: numbers may be off")
        try:
            for inner, content in records_of_chunk(inside):
                yield from self._taken(inner, content, index)
        except CutError:
            whole = False
        if not whole:
            self._note(said, f"its chunk {chunk} is broken")

    def _taken(self, opcode: int, data: bytes, index: _Index) -> Iterator[tuple[int, bytes]]:
        if opcode in (SCHEMA, CHANNEL):
            try:
                index.take(opcode, data)
            except struct.error:
                self.damage.append("a schema or a channel is broken")
        yield opcode, data

    def _note(self, said: bool, text: str) -> None:
        if not said:
            self.damage.append(text)
