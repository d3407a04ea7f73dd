# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a file of a bag offers, whatever its format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

CDR, ROS1 = "cdr", "ros1"


@dataclass(frozen=True, slots=True)
class Channel:
    """One connection of a file: a topic may have several, of one type or of different ones.

    Attributes:
        key: tells the channels of one file apart.
        topic: its name.
        kind: type of its messages, as ``sensor_msgs/msg/LaserScan``.
        encoding: of its messages: ``cdr``, ``ros1``, or what this package does not read.
        definition: of the type, as the file has it; empty where it has none.
        language: of the definition: ``ros2msg``, ``ros1msg``, ``ros2idl`` or what it is.
        counted: how many messages the file says that there are; None where it does not say.
    """

    key: int
    topic: str
    kind: str
    encoding: str
    definition: str = ""
    language: str = ""
    counted: int | None = None


class Storage(Protocol):
    """A file of a bag."""

    @property
    def channels(self) -> Sequence[Channel]:
        """Its connections."""
        ...

    @property
    def damage(self) -> Sequence[str]:
        """What has been found to be broken so far, in half a sentence each."""
        ...

    def messages(self, keys: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the messages of some channels in the order of the file, as far as it is whole."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def type_name(name: str) -> str:
    """Return a type's name as ROS 2 has it, ``package/msg/Name``."""
    package, _, rest = name.partition("/")
    return f"{package}/msg/{rest}" if rest and "/" not in rest else name
