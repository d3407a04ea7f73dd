# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From bytes to messages: each type is looked at when a message of it is wanted, not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore

from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.recordings.storage.channel import CDR, ROS1, Channel
from local_inn_ros.recordings.storage.compression import unpacked_message

_IDL_SEPARATOR = "=" * 80 + "\n"
_DEFAULTS = {CDR: Stores.ROS2_HUMBLE, ROS1: Stores.ROS1_NOETIC}


class MessageDecoder:
    """Deserializes by the definitions that a bag holds, or by ROS's own where it holds none."""

    def __init__(self) -> None:
        """Know no type yet."""
        self._known: dict[Channel, Callable[[bytes], Any]] = {}

    def decode(self, channel: Channel, raw: bytes) -> Any:
        """Deserialize a message of a channel.

        Raises:
            MessageError: it cannot be done.
        """
        try:
            if channel not in self._known:
                self._known[channel] = _decoder_of(channel)
            return self._known[channel](raw)
        except Exception as error:
            # Broken bytes and definitions end in exceptions of many kinds.
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise MessageError(reason.rstrip("."), Unused.UNREADABLE) from error


def _decoder_of(channel: Channel) -> Callable[[bytes], Any]:
    store = _store_of(channel)
    kind = channel.kind
    if channel.encoding == ROS1:
        return lambda raw: store.deserialize_ros1(raw, kind)
    return lambda raw: store.deserialize_cdr(unpacked_message(raw), kind)


def _store_of(channel: Channel) -> Any:
    """Return a store that knows the channel's type, by its definition or as one of ROS's own."""
    default = get_typestore(_DEFAULTS[channel.encoding])
    store = get_typestore(Stores.EMPTY)
    try:
        store.register(_made_of(channel.kind, {**default.fielddefs, **_types_of(channel)}))
        # Goes through all that the type is made of.
        store.generate_msgdef(channel.kind, ros_version=1 if channel.encoding == ROS1 else 2)
    except Exception:
        # What nobody can read ends in exceptions of many kinds.
        if channel.kind not in default.types:
            raise ValueError(f"nothing says what {channel.kind} is") from None
        return default
    return store


def _made_of(kind: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return what a type is made of, and itself: to register all of ROS takes ten times as long.

    What nothing says is left out, and the store says so.
    """
    found: dict[str, Any] = {}
    waiting = [kind]
    while waiting:
        name = waiting.pop()
        if name in found or name not in known:
            continue
        found[name] = known[name]
        for _, (node, told) in known[name][1]:
            inner = told[0] if node in (Nodetype.ARRAY, Nodetype.SEQUENCE) else (node, told)
            if inner[0] == Nodetype.NAME:
                waiting.append(inner[1])
    return found


def _types_of(channel: Channel) -> dict[str, Any]:
    text = channel.definition
    if channel.language in ("ros2msg", "ros1msg"):
        return dict(get_types_from_msg(text, channel.kind))
    if channel.language in ("ros2idl", "omgidl"):
        parts = [part for part in text.split(_IDL_SEPARATOR) if part.strip()]
        found: dict[str, Any] = {}
        for part in parts:
            head, _, rest = part.partition("\n")
            found.update(get_types_from_idl(rest if head.startswith("IDL: ") else part))
        return found
    return {}
