# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drive in a bag beside other topics, and the check that all of the drive was read."""

from __future__ import annotations

from pathlib import Path

from bag_messages import Messages, drive
from rosbags.rosbag2 import StoragePlugin, Writer

from local_inn_ros.recordings.bag_reader import BagTopics, Recording

TOPICS = BagTopics(reference="/truth")
SCANS = 40


def assert_whole(recording: Recording) -> None:
    assert recording.scan_count == len(list(recording.scans())) == SCANS
    assert len(recording.odometry) == SCANS
    assert recording.reference is not None
    assert len(recording.reference.stamps_s) == SCANS


def drive_bag(path: Path, *more: tuple[str, str, str, bytes]) -> Path:
    """Write the drive, and messages of other topics: name, type, definition, bytes."""
    make = Messages()
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {}
        for topic, kind, definition, raw in more:
            connection = writer.add_connection(
                topic, kind, msgdef=definition, rihs01="RIHS01_" + 64 * "0"
            )
            writer.write(connection, 1, raw)
        for count, (topic, message) in enumerate(drive(make)):
            kind = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=make.store)
            writer.write(connections[topic], count, make.store.serialize_cdr(message, kind))
    return path
