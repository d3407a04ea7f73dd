# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bag as topics and messages: ROS 2 (MCAP, SQLite) and ROS 1, read without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from local_inn_ros.errors import BagError


class Bag:
    """An open bag; a context manager.

    The reader of the format meets damaged files with exceptions of many kinds, so that whatever it
    raises becomes one ``BagError``.

    Attributes:
        path: where it lies: a bag folder, or a single .mcap, .db3 or .bag file.
        topics: type of each topic, by name; types in the form ``sensor_msgs/msg/LaserScan``.
    """

    def __init__(self, path: Path) -> None:
        """Open a bag.

        Raises:
            BagError: there is no such file, or it is not a bag that can be read.
        """
        self.path = Path(path)
        self.topics: Mapping[str, str] = {}
        if not self.path.exists():
            raise BagError(f"there is no bag at {self.path}")
        if self.path.is_dir() and not (self.path / "metadata.yaml").is_file():
            raise BagError(
                f"{self.path} is not a bag: it has no metadata.yaml; give the folder that "
                "`ros2 bag record` made, or run `ros2 bag reindex` on it if the recording was cut"
            )
        try:
            self._reader = AnyReader(
                [self.path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)
            )
            self._reader.open()
        except Exception as error:
            raise self._unreadable(error) from error
        self.topics = {c.topic: c.msgtype for c in self._reader.connections}

    def __enter__(self) -> Bag:
        """Return the open bag."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the bag."""
        self._reader.close()

    def messages(self, topic: str, *types: str) -> Iterator[Any]:
        """Read the messages of a topic in the order in which they were received.

        Args:
            topic: its name.
            types: the types that will do.

        Raises:
            BagError: the topic is missing or of another type, or a message cannot be read.
        """
        self.require(topic, *types)
        connections = [c for c in self._reader.connections if c.topic == topic]
        try:
            for connection, _, raw in self._reader.messages(connections):
                yield self._reader.deserialize(raw, connection.msgtype)
        except Exception as error:
            raise self._unreadable(error) from error

    def require(self, topic: str, *types: str) -> None:
        """Check that a topic is there and of one of the types.

        Raises:
            BagError: it is not; the message lists what there is.
        """
        if topic not in self.topics:
            raise BagError(f"the bag {self.path} has no topic {topic}; {self.contents()}")
        if self.topics[topic] not in types:
            raise BagError(
                f"topic {topic} of the bag {self.path} is {self.topics[topic]}, "
                f"not {' or '.join(types)}; {self.contents()}"
            )

    def count(self, topic: str) -> int:
        """Return how many messages a topic has."""
        return sum(c.msgcount for c in self._reader.connections if c.topic == topic)

    def contents(self) -> str:
        """Say which topics there are, in half a sentence."""
        if not self.topics:
            return "it has no topics at all"
        named = (f"{name} ({kind})" for name, kind in sorted(self.topics.items()))
        return "it has " + ", ".join(named)

    def _unreadable(self, error: Exception) -> BagError:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return BagError(
            f"the bag {self.path} cannot be read: {reason[0].rstrip('.')}; it may be damaged, cut "
            "off while it was being recorded, or not a bag"
        )
