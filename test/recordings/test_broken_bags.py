# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags with something broken in them: the rest is read, and what is missing is said."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_messages import Messages, drive, raw_bag
from drive_bags import SCANS, TOPICS, assert_whole, drive_bag
from mcap_files import write_mcap
from rosbags.rosbag2 import CompressionMode, StoragePlugin, Writer

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording

SWITCH = "lamp_interfaces/srv/Switch_Event"


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        (SWITCH, "bool on\n---\nbool done\n"),
        ("lamp_interfaces/msg/Lamp", "other_package/Unknown what\n"),
        ("lamp_interfaces/msg/Lamp", "this is { no definition\n"),
        ("lamp_interfaces/msg/Lamp", ""),
        ("no type at all", "uint8 x\n"),
    ],
)
def test_a_topic_that_nobody_needs_may_be_of_any_type(
    tmp_path: Path, kind: str, definition: str
) -> None:
    path = drive_bag(tmp_path / "run", ("/lamp/_service_event", kind, definition, b"\x00\x01"))
    recording = open_recording(path, TOPICS)
    assert_whole(recording)
    assert recording.unused == {}
    assert recording.notes == ()


@pytest.mark.parametrize(
    ("language", "code", "raw"),
    [
        ("jsonschema", "json", b'{"on": true}'),
        ("protobuf", "protobuf", b"\x08\x01"),
        ("", "", b""),
        ("ros2msg", "cdr", b"no message at all"),
    ],
)
def test_channels_that_are_not_of_ros_are_passed_over(
    tmp_path: Path, language: str, code: str, raw: bytes
) -> None:
    file = tmp_path / "run.mcap"
    odd = ("/lamp", "lamp.Switch", language, '{"type": "object"}', code, [raw] * 12)
    write_mcap(file, drive(Messages()), [odd])
    recording = open_recording(file, TOPICS)
    assert_whole(recording)
    assert recording.unused == {}


def test_a_topic_in_another_language_is_named_where_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "run.mcap"
    odd = ("/front", "lamp.Scan", "jsonschema", "{}", "json", [b"{}"])
    write_mcap(file, drive(Messages()), [odd])
    with pytest.raises(BagError, match=r"/front of .* is lamp\.Scan in json, not sensor_msgs"):
        open_recording(file, BagTopics(scan="/front"))


@pytest.mark.parametrize("profile", ["", "ros1", "something"])
def test_the_profile_of_a_file_does_not_matter(tmp_path: Path, profile: str) -> None:
    file = tmp_path / "run.mcap"
    write_mcap(file, drive(Messages()), profile=profile)
    assert_whole(open_recording(file, TOPICS))


@pytest.mark.parametrize("compression", ["", "lz4"])
def test_a_chunk_that_is_broken_costs_what_is_in_it(tmp_path: Path, compression: str) -> None:
    file = tmp_path / "run.mcap"
    places = write_mcap(file, drive(Messages()), compression=compression)
    raw = bytearray(file.read_bytes())
    # Its packed records begin behind the head.
    begin = places[5] + 9 + 28 + 4 + len(compression) + 8
    raw[begin : begin + 400] = bytes(range(1, 201)) * 2
    file.write_bytes(bytes(raw))
    recording = open_recording(file, TOPICS)
    # Ten messages of three topics.
    assert SCANS - 4 <= recording.scan_count < SCANS
    assert any("chunk 6" in note for note in recording.notes)
    count = recording.scan_count
    assert any(f"{count} of {SCANS} messages of /scan" in note for note in recording.notes)


def test_a_record_that_is_none_is_stepped_over_by_the_index(tmp_path: Path) -> None:
    file = tmp_path / "run.mcap"
    places = write_mcap(file, drive(Messages()))
    raw = bytearray(file.read_bytes())
    raw[places[3] : places[3] + 9] = b"\xff" * 9
    file.write_bytes(bytes(raw))
    recording = open_recording(file, TOPICS)
    assert SCANS - 4 <= recording.scan_count < SCANS
    assert any("no record" in note for note in recording.notes)


def test_a_summary_that_counts_more_than_there_is_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "run.mcap"
    content = drive(Messages())
    places = write_mcap(file, content)
    raw = file.read_bytes()
    # The last chunk goes, and the summary is told where it now begins.
    end = raw.index(b"\x0f\x04" + bytes(7), places[-1])
    gone = end - places[-1]
    start = struct.unpack("<Q", raw[-28:-20])[0] - gone
    file.write_bytes(raw[: places[-1]] + raw[end:-28] + struct.pack("<Q", start) + raw[-20:])
    with pytest.raises(BagError, match=r"own summary counts 40 messages of /\w+, .* hold 3\d"):
        open_recording(file, TOPICS)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_what_is_whole_of_a_file_that_was_cut_off_is_read(tmp_path: Path, share: float) -> None:
    path = drive_bag(tmp_path / "run")
    (path / "metadata.yaml").unlink()
    file = path / "run.mcap"
    raw = file.read_bytes()
    # Behind the data come an index and a summary.
    data = raw.index(b"\x0f\x04\x00\x00\x00\x00\x00\x00\x00")
    file.write_bytes(raw[: int(share * data)])
    for opened in (path, file):
        recording = open_recording(opened, TOPICS)
        count = recording.scan_count
        assert 0.5 * share * SCANS < count <= SCANS
        assert len(list(recording.scans())) == count
        notes = "\n".join(recording.notes)
        assert "run.mcap: its end is missing" in notes
        assert f"{count} of /scan" in notes
        assert "reindex" not in notes


@pytest.mark.parametrize("at", ["summary", "footer", "magic"])
def test_a_file_whose_end_alone_is_broken_is_read_whole(tmp_path: Path, at: str) -> None:
    path = drive_bag(tmp_path / "run")
    file = path / "run.mcap"
    raw = bytearray(file.read_bytes())
    end = {"summary": len(raw) - 200, "footer": len(raw) - 20, "magic": len(raw) - 4}[at]
    file.write_bytes(bytes(raw[:end]))
    assert_whole(open_recording(path, TOPICS))


def test_a_broken_message_of_a_topic_that_is_needed_is_counted(tmp_path: Path) -> None:
    make = Messages()
    with Writer(tmp_path / "run", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {}
        for count, (topic, message) in enumerate(drive(make)):
            kind = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=make.store)
            raw = bytes(make.store.serialize_cdr(message, kind))
            broken = count in (0, 1, 10, 31)
            writer.write(connections[topic], count, raw[:30] if broken else raw)
    recording = open_recording(tmp_path / "run", TOPICS)
    reason = "cannot be deserialized"
    assert recording.unused == {"/odom": {reason: 1}, "/scan": {reason: 3}}
    assert recording.scan_count == len(list(recording.scans())) == SCANS - 3
    assert recording.scans_recorded == SCANS
    assert len(recording.odometry) == SCANS - 1


@pytest.mark.parametrize("mode", [CompressionMode.FILE, CompressionMode.MESSAGE])
@pytest.mark.parametrize("plugin", list(StoragePlugin))
def test_compressed_bags_are_read(
    tmp_path: Path, mode: CompressionMode, plugin: StoragePlugin
) -> None:
    path = raw_bag(tmp_path / "run", drive(Messages()), plugin, mode)
    assert_whole(open_recording(path, TOPICS))


def test_compressed_chunks_are_read(tmp_path: Path) -> None:
    path = raw_bag(tmp_path / "run", drive(Messages()), packed=CompressionMode.STORAGE)
    assert_whole(open_recording(path, TOPICS))


def noisy_drive(count: int) -> list[tuple[str, Any]]:
    """Return a drive that packs badly: zstd unpacks block by block."""
    content, rng = drive(Messages(), count), np.random.default_rng(1)
    for topic, message in content:
        if topic == "/scan":
            message.ranges = rng.uniform(1.0, 9.0, 1000).astype(np.float32)
    return content


@pytest.mark.parametrize("plugin", list(StoragePlugin))
def test_what_is_whole_of_a_broken_stream_is_read(tmp_path: Path, plugin: StoragePlugin) -> None:
    path = raw_bag(tmp_path / "run", noisy_drive(150), plugin, CompressionMode.FILE)
    file = next(path.glob("*.zstd"))
    whole = file.read_bytes()
    file.write_bytes(whole[: int(0.8 * len(whole))])
    recording = open_recording(path, TOPICS)
    assert 50 < recording.scan_count < 150
    assert any("ends too early" in note for note in recording.notes)
    assert any(f"{recording.scan_count} of 150" in note for note in recording.notes)


def test_a_stream_with_nothing_whole_is_named_by_the_file_that_it_is_in(tmp_path: Path) -> None:
    path = raw_bag(tmp_path / "run", drive(Messages()), packed=CompressionMode.FILE)
    file = next(path.glob("*.zstd"))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(BagError, match=rf"{file} cannot be read: .* ends too early"):
        open_recording(path, TOPICS)


def sqlite_drive(path: Path) -> Path:
    return raw_bag(path, drive(Messages()), StoragePlugin.SQLITE3)


def test_a_broken_page_costs_the_messages_on_it(tmp_path: Path) -> None:
    path = sqlite_drive(tmp_path / "run")
    file = next(path.glob("*.db3"))
    raw = bytearray(file.read_bytes())
    size = struct.unpack(">H", raw[16:18])[0]
    # A leaf of the table of messages: pages whose first byte is 13.
    leaves = [k for k in range(2, len(raw) // size) if raw[k * size] == 13]
    middle = leaves[len(leaves) // 2]
    raw[middle * size : (middle + 1) * size] = bytes(size)
    file.write_bytes(bytes(raw))
    recording = open_recording(path, TOPICS)
    assert 0.5 * SCANS < recording.scan_count < SCANS
    assert any("pages that are broken" in note for note in recording.notes)
    assert any(f"{recording.scan_count} of {SCANS} messages of /scan" in n for n in recording.notes)


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_cut_off_sqlite_file_is_read_as_far_as_it_goes(tmp_path: Path, share: float) -> None:
    path = sqlite_drive(tmp_path / "run")
    file = next(path.glob("*.db3"))
    raw = file.read_bytes()
    file.write_bytes(raw[: int(share * len(raw)) // 4096 * 4096])
    recording = open_recording(path, TOPICS)
    assert 0.2 * SCANS < recording.scan_count < SCANS
    assert any("cannot be read" in note for note in recording.notes)
    assert any(f"{recording.scan_count} of {SCANS} messages of /scan" in n for n in recording.notes)


@pytest.mark.parametrize("plugin", list(StoragePlugin))
def test_a_missing_or_broken_metadata_is_done_without(
    tmp_path: Path, plugin: StoragePlugin
) -> None:
    path = raw_bag(tmp_path / "run", drive(Messages()), plugin)
    (path / "metadata.yaml").unlink()
    recording = open_recording(path, TOPICS)
    assert_whole(recording)
    assert any("metadata.yaml is missing" in note for note in recording.notes)
    (path / "metadata.yaml").write_text("rosbag2_bagfile_information: [broken")
    recording = open_recording(path, TOPICS)
    assert_whole(recording)
    assert any("metadata.yaml is broken" in note for note in recording.notes)


def test_a_definition_of_a_needed_type_that_cannot_be_read_is_done_without(tmp_path: Path) -> None:
    make = Messages()
    with Writer(tmp_path / "run", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {}
        for count, (topic, message) in enumerate(drive(make)):
            kind = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(
                    topic, kind, msgdef="what is { this", rihs01="RIHS01_" + 64 * "0"
                )
            writer.write(connections[topic], count, make.store.serialize_cdr(message, kind))
    assert_whole(open_recording(tmp_path / "run", TOPICS))


def test_sqlite_without_definitions_is_read(tmp_path: Path) -> None:
    path = sqlite_drive(tmp_path / "run")
    base = sqlite3.connect(next(path.glob("*.db3")))
    base.execute("DROP TABLE message_definitions")
    base.commit()
    base.close()
    assert_whole(open_recording(path, TOPICS))
