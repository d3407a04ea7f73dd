# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Copies of bags in which every message of some topics is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

Change = Callable[[Any], None]


def rewritten(source: Path, target: Path, changes: Mapping[str, Change]) -> Path:
    """Copy a bag, with each message of the topics named changed in place."""
    store = get_typestore(Stores.ROS2_HUMBLE)
    with (
        AnyReader([source], default_typestore=store) as reader,
        Writer(target, version=9, storage_plugin=StoragePlugin.MCAP) as writer,
    ):
        topics = {}
        for one in reader.connections:
            if one.topic not in topics:
                topics[one.topic] = writer.add_connection(one.topic, one.msgtype, typestore=store)
        for one, received_ns, data in reader.messages():
            if one.topic in changes:
                message = reader.deserialize(data, one.msgtype)
                changes[one.topic](message)
                data = bytes(store.serialize_cdr(message, one.msgtype))
            writer.write(topics[one.topic], received_ns, data)
    return target


def later(seconds: float) -> Change:
    """Stamp messages so much later."""

    def change(message: Any) -> None:
        stamp = message.header.stamp
        total = stamp.sec * 1_000_000_000 + stamp.nanosec + round(1e9 * seconds)
        stamp.sec, stamp.nanosec = divmod(total, 1_000_000_000)

    return change
