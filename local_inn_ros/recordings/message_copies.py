# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that several files of a folder hold alike, as where a recording lies beside its copy.

A copy may be packed, of another format, or end earlier: what tells it are its messages.
"""

from __future__ import annotations

from collections import Counter


class MessageCopies:
    """Tells messages that an earlier file has held already; those of one file are never copies."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._earlier: set[int] = set()
        self._here: set[int] = set()
        self._file = ""
        self._counts: Counter[tuple[str, str]] = Counter()

    def begin(self, file: str) -> None:
        """Take in that messages of another file follow, given by its name."""
        self._earlier |= self._here
        self._here = set()
        self._file = file

    def is_copy(self, topic: str, raw: bytes) -> bool:
        """Tell whether an earlier file held a message."""
        told = hash((topic, raw))
        self._here.add(told)
        if told not in self._earlier:
            return False
        self._counts[self._file, topic] += 1
        return True

    def in_words(self) -> list[str]:
        """Say which files hold what others hold too, a sentence each."""
        return [
            f"{file} holds {count} messages of {topic} that another file holds too: each was read "
            "once"
            for (file, topic), count in self._counts.items()
        ]
