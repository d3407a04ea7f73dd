# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of ROS 1."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rosbags.rosbag1 import Reader

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.storage.channel import ROS1, Channel


class Ros1File:
    """One .bag file, by its index."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            BagError: it is no bag, or its index is missing or broken.
        """
        self.path = path
        self.damage: list[str] = []
        try:
            self._reader = Reader(path)
            self._reader.open()
        except Exception as error:
            # The reader meets what is damaged with exceptions of many kinds.
            raise BagError(
                f"{path} cannot be read: {_first_line(error)}; where its recorder was killed, "
                "`rosbag reindex` of ROS 1 mends it"
            ) from error
        self.channels = [
            Channel(one.id, one.topic, one.msgtype, ROS1, one.msgdef.data, "ros1msg", one.msgcount)
            for one in self._reader.connections
        ]

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def messages(self, keys: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the messages of some connections by time, up to what cannot be read."""
        self.damage = []
        connections = [one for one in self._reader.connections if one.id in keys]
        if not connections:
            return
        try:
            for connection, _, raw in self._reader.messages(connections):
                yield connection.id, raw
        except Exception as error:
            self.damage.append(f"from some place on it cannot be read ({_first_line(error)})")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
