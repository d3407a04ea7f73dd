# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SQLite files of ROS 2, read around pages that are broken."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import quote

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.storage.channel import Channel, type_name

# So many messages in a row that cannot be read are the end, where the file does not say how many.
_MOST_IN_A_ROW = 100_000


class SqliteFile:
    """One .db3 file."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            BagError: it is no bag, or its list of topics cannot be read.
        """
        self.path = path
        self.damage: list[str] = []
        # What a recorder that was killed has not yet put into the file lies beside it.
        beside = path.with_name(path.name + "-wal")
        pending = beside.is_file() and beside.stat().st_size > 0
        how = "mode=ro" if pending else "mode=ro&immutable=1"
        try:
            self._base = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True)
            # Without it a file that was cut off is not even opened.
            self._base.execute("PRAGMA writable_schema=ON")
            self._base.text_factory = lambda raw: raw.decode(errors="replace")
            self.channels = self._topics()
        except sqlite3.Error as error:
            raise BagError(f"{path} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def messages(self, keys: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the messages of some topics in the order of recording, around broken pages."""
        self.damage = []
        wanted, first, last, broken = frozenset(keys), 0, 0, 0
        question = "SELECT id, topic_id, data FROM messages WHERE id >= ? ORDER BY id"
        while True:
            try:
                for number, key, data in self._base.execute(question, (first,)):
                    last = number
                    if key in wanted:
                        yield key, bytes(data)
                break
            except sqlite3.Error as error:
                found = self._next_readable(last)
                if found is None:
                    self.damage.append(f"messages behind number {last} cannot be read: {error}")
                    break
                broken += found - last - 1
                # So that the next round does not end here, whatever it is that cannot be read.
                first, last = found, found
        if broken:
            self.damage.append(f"{broken} messages lie on pages that are broken")

    def _next_readable(self, after: int) -> int | None:
        """Return the number of the next message that can be read; None where none can."""
        last = self._last_number()
        end = after + _MOST_IN_A_ROW if last is None else last
        for number in range(after + 1, end + 1):
            try:
                question = "SELECT data FROM messages WHERE id = ?"
                if self._base.execute(question, (number,)).fetchone() is not None:
                    return number
            except sqlite3.Error:
                continue
        return None

    def _last_number(self) -> int | None:
        try:
            found = self._base.execute("SELECT max(id) FROM messages").fetchone()
        except sqlite3.Error:
            return None
        return int(found[0]) if found and found[0] is not None else None

    def _topics(self) -> list[Channel]:
        definitions = self._definitions()
        rows = self._base.execute("SELECT id, name, type, serialization_format FROM topics")
        return [
            Channel(int(key), topic, type_name(kind), encoding, *definitions.get(kind, ("", "")))
            for key, topic, kind, encoding in rows
        ]

    def _definitions(self) -> dict[str, tuple[str, str]]:
        """Return definition and language by type; nothing in files of early versions."""
        question = (
            "SELECT topic_type, encoded_message_definition, encoding FROM message_definitions"
        )
        try:
            return {kind: (text, language) for kind, text, language in self._base.execute(question)}
        except sqlite3.Error:
            return {}
