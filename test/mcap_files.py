# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files for tests, written byte by byte, with what no careful writer would write."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lz4.frame
from bag_messages import Messages

MAGIC = b"\x89MCAP0\r\n"
# topic, type, language of the schema, schema, encoding of the messages, messages
Odd = tuple[str, str, str, str, str, Sequence[bytes]]


def record(opcode: int, content: bytes) -> bytes:
    return bytes([opcode]) + struct.pack("<Q", len(content)) + content


def text(word: str) -> bytes:
    raw = word.encode()
    return struct.pack("<I", len(raw)) + raw


class McapText:
    """Collects schemas, channels and messages, and makes a file of them."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.messages: list[tuple[int, bytes]] = []
        self.channels: dict[tuple[str, str, int], int] = {}
        # Later connections of a topic are others.
        self.generation = 1

    def add(self, topic: str, raw: bytes, kind: str, language: str, schema: str, code: str) -> None:
        channel = (topic, kind, self.generation)
        if channel not in self.channels:
            key = len(self.channels) + 1
            self.channels[channel] = key
            head = struct.pack("<H", key) + text(kind) + text(language) + text(schema)
            self.heads.append(record(3, head))
            head = struct.pack("<HH", key, key) + text(topic) + text(code) + text("")
            self.heads.append(record(4, head))
        self.messages.append((self.channels[channel], raw))

    def chunks(self, per_chunk: int, compression: str) -> list[bytes]:
        found = []
        for start in range(0, len(self.messages), per_chunk):
            inside = b"".join(self.heads) if start == 0 else b""
            for count, (key, raw) in enumerate(self.messages[start : start + per_chunk], start):
                inside += record(5, struct.pack("<HIQQ", key, count, count, count) + raw)
            packed = lz4.frame.compress(inside) if compression == "lz4" else inside
            head = struct.pack("<QQQI", 0, 0, len(inside), zlib.crc32(inside)) + text(compression)
            found.append(record(6, head + struct.pack("<Q", len(packed)) + packed))
        return found

    def summary(self, start: int, places: Sequence[int]) -> bytes:
        counts = Counter(key for key, _ in self.messages)
        by_channel = b"".join(struct.pack("<HQ", *one) for one in counts.items())
        head = struct.pack("<QHIIIIQQ", len(self.messages), 1, 1, 0, 0, 1, 0, 0)
        index = b"".join(
            record(8, struct.pack("<QQQQI", 0, 0, place, 0, 0) + bytes(8) + text("") + bytes(16))
            for place in places
        )
        statistics = record(11, head + struct.pack("<I", len(by_channel)) + by_channel)
        footer = record(2, struct.pack("<QQI", start, 0, 0))
        return b"".join(self.heads) + index + statistics + footer


def write_mcap(
    path: Path,
    content: Sequence[tuple[str, Any]],
    odd: Sequence[Odd] = (),
    *,
    profile: str = "ros2",
    per_chunk: int = 10,
    compression: str = "",
) -> list[int]:
    """Write messages, and those of odd channels before them; return where the chunks begin."""
    store, file = Messages().store, McapText()
    for topic, kind, language, schema, code, messages in odd:
        for raw in messages:
            file.add(topic, raw, kind, language, schema, code)
    file.generation += 1
    for topic, message in content:
        kind = message.__msgtype__
        definition, _ = store.generate_msgdef(kind, ros_version=2)
        raw = bytes(store.serialize_cdr(message, kind))
        file.add(topic, raw, kind, "ros2msg", definition, "cdr")
    written = MAGIC + record(1, text(profile) + text("a test"))
    places = []
    for chunk in file.chunks(per_chunk, compression):
        places.append(len(written))
        written += chunk
    written += record(15, bytes(4))
    written += file.summary(len(written), places) + MAGIC
    path.write_bytes(written)
    return places
