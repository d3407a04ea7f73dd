# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bag as topics and messages: ROS 2 (MCAP, SQLite) and ROS 1, read without ROS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from local_inn_ros.errors import BagError
from local_inn_ros.messages.unused import MessageError, Unused, UnusedCounts
from local_inn_ros.recordings.bag_folder import FORMATS, PACKED, bag_files, format_of
from local_inn_ros.recordings.message_copies import MessageCopies
from local_inn_ros.recordings.message_decoder import MessageDecoder
from local_inn_ros.recordings.storage.channel import CDR, ROS1, Channel, Storage
from local_inn_ros.recordings.storage.compression import unpack_file
from local_inn_ros.recordings.storage.mcap_file import McapFile
from local_inn_ros.recordings.storage.ros1_file import Ros1File
from local_inn_ros.recordings.storage.sqlite_file import SqliteFile
from local_inn_ros.text_files import lfs_pointer_note

_OPENERS: Mapping[str, Callable[[Path], Storage]] = dict(
    zip(FORMATS, (McapFile, SqliteFile, Ros1File), strict=True)
)


class Bag:
    """An open bag; a context manager.

    Only what is asked for is looked at: topics, types and messages that nobody wants may be as
    broken as they like. What is wanted is read as far as it is whole.

    Attributes:
        path: where it lies: a bag folder, or a single .mcap, .db3 or .bag file.
        topics: type of each topic, by name; types in the form ``sensor_msgs/msg/LaserScan``.
        delivered: how many messages of each topic were read so far.
        unused: those that could not be read.
    """

    def __init__(self, path: Path) -> None:
        """Open a bag.

        Raises:
            BagError: there is no such file, or it is not a bag that can be read.
        """
        self.path = Path(path)
        self.delivered: Counter[str] = Counter()
        self.unused = UnusedCounts()
        self._open_files = ExitStack()
        self._decoder = MessageDecoder()
        try:
            told = bag_files(self.path)
        except OSError as error:
            raise BagError(f"the bag {self.path} cannot be read: {error.strerror}") from error
        self._counted = told.counted
        self._notes, self._damage = told.notes, list(told.damage)
        self._may_hold_copies = not told.listed and len(told.files) > 1
        try:
            self._storages = self._opened(told.files)
        except BaseException:
            self._open_files.close()
            raise
        kinds: dict[str, dict[str, None]] = {}
        for channel in self._channels():
            kinds.setdefault(channel.topic, {})[_kind_in_words(channel)] = None
        self.topics: Mapping[str, str] = {name: " and ".join(all_) for name, all_ in kinds.items()}

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
        self._open_files.close()

    def read(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Any]]:
        """Read the messages of some topics, in the order in which they were recorded.

        Those that cannot be deserialized are counted in ``unused`` and passed over. Where nothing
        says which files belong to the bag, what several of them hold alike is read once.

        Args:
            wanted: by the topics' names, the types that will do.
        """
        copies = MessageCopies()
        for place, storage in enumerate(self._storages):
            copies.begin(self._names[place])
            channels = {one.key: one for one in storage.channels if one.topic in wanted}
            for key, raw in storage.messages(channels):
                channel = channels[key]
                self.delivered[channel.topic] += 1
                if self._may_hold_copies and copies.is_copy(channel.topic, raw):
                    continue
                try:
                    if not _is_one_of(channel, wanted[channel.topic]):
                        raise MessageError(_kind_in_words(channel), Unused.OTHER_TYPE)
                    message = self._decoder.decode(channel, raw)
                except MessageError as error:
                    self.unused.add(channel.topic, error)
                else:
                    yield channel.topic, message
            self._damage += [f"{self._names[place]}: {one}" for one in storage.damage]
        self._notes = tuple(dict.fromkeys((*self._notes, *copies.in_words())))

    def require(self, topic: str, *types: str) -> None:
        """Check that a topic is there and of one of the types.

        Raises:
            BagError: it is not; the message lists what there is.
        """
        if topic not in self.topics:
            counted = self._counted.get(topic, 0)
            if counted:
                self._look_for_damage()
                if self._damage:
                    raise BagError(
                        f"the bag {self.path} is damaged before the first message of {topic}, of "
                        f"which there were {counted}: {'; '.join(dict.fromkeys(self._damage))}"
                    )
                raise BagError(self._not_delivered(topic, counted, 0))
            raise BagError(f"the bag {self.path} has no topic {topic}; {self.contents()}")
        if not any(_is_one_of(one, types) for one in self._channels() if one.topic == topic):
            raise BagError(
                f"topic {topic} of the bag {self.path} is {self.topics[topic]}, "
                f"not {' or '.join(types)}; {self.contents()}"
            )

    def check_delivered(self, topic: str, fatal: bool = True) -> None:
        """See whether as many messages of a topic were read as are said to be there.

        Args:
            topic: its name.
            fatal: whether the bag is refused where not; else it is only said.

        Raises:
            BagError: fewer were, and no damage explains it: what is missing is not known, and a
                shorter run would look like a whole one.
        """
        counted = self.counted(topic)
        if counted is None or self.delivered[topic] >= counted or self._damage:
            return
        text = self._not_delivered(topic, counted, self.delivered[topic])
        if fatal:
            raise BagError(text)
        self._notes = (*self._notes, text)

    def counted(self, topic: str) -> int | None:
        """Return how many messages of a topic there are said to be; None where nothing says."""
        told = [one.counted for one in self._channels() if one.topic == topic]
        by_files = None if None in told else sum(one for one in told if one is not None)
        by_metadata = self._counted.get(topic)
        known = [count for count in (by_files, by_metadata) if count is not None]
        return max(known, default=None)

    def contents(self) -> str:
        """Say which topics there are, in half a sentence."""
        if not self.topics:
            return "it has no topics at all"
        named = (f"{name} ({kind})" for name, kind in sorted(self.topics.items()))
        return "it has " + ", ".join(named)

    def notes(self, topics: Sequence[str]) -> list[str]:
        """Say what is odd or broken, and how much of some topics was read nevertheless."""
        if not self._damage:
            return list(self._notes)
        read = ", ".join(
            f"{self.delivered[topic]}{self._of_counted(topic)} of {topic}" for topic in topics
        )
        return [
            *self._notes,
            *dict.fromkeys(self._damage),
            f"read of {self.path} nevertheless: {read}",
        ]

    def _look_for_damage(self) -> None:
        """Read through all files, as nothing else does where a topic is not even named."""
        for _ in self.read({}):
            pass

    def _of_counted(self, topic: str) -> str:
        counted = self.counted(topic)
        return "" if counted is None else f" of {counted} messages"

    def _not_delivered(self, topic: str, counted: int, delivered: int) -> str:
        where = "metadata.yaml" if self._counted.get(topic) == counted else "the file's own summary"
        return (
            f"the bag {self.path} does not hold what it says: {where} counts {counted} messages of "
            f"{topic}, and its files hold {delivered}; get the files that are missing, or, if these"
            " are all, let `ros2 bag reindex` count them again"
        )

    def _channels(self) -> Iterator[Channel]:
        for storage in self._storages:
            yield from storage.channels

    def _opened(self, files: Sequence[Path]) -> list[Storage]:
        """Open the files; of several, those that cannot be read are passed over and said."""
        storages: list[Storage] = []
        self._names: list[str] = []
        for file in files:
            try:
                storages.append(self._storage(file))
                self._names.append(file.name)
            except BagError as error:
                if len(files) == 1:
                    raise
                self._damage.append(str(error))
            except OSError as error:
                raise BagError(f"{file} cannot be read: {error.strerror or error}") from error
        if not storages:
            raise BagError(f"the bag {self.path} cannot be read: {'; '.join(self._damage)}")
        return storages

    def _storage(self, file: Path) -> Storage:
        if note := lfs_pointer_note(file):
            raise BagError(f"{file} {note}")
        plain, trouble = file, ""
        if file.suffix in PACKED:
            folder = self._open_files.enter_context(TemporaryDirectory(prefix="local_inn_bag_"))
            plain = Path(folder) / file.stem
            if trouble := unpack_file(file, plain):
                self._damage.append(f"{file.name}: {trouble}")
        try:
            storage = _OPENERS[format_of(plain)](plain)
        except BagError as error:
            if not trouble:
                raise
            reason = f"{trouble}, and what comes before that is not enough"
            raise BagError(f"{file} cannot be read: {reason}") from error
        self._open_files.callback(storage.close)
        return storage


def _is_one_of(channel: Channel, types: Sequence[str]) -> bool:
    return channel.encoding in (CDR, ROS1) and channel.kind in types


def _kind_in_words(channel: Channel) -> str:
    plain = channel.encoding in (CDR, ROS1)
    return channel.kind if plain else f"{channel.kind} in {channel.encoding}"
