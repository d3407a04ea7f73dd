# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What of a recording was not used, by the verbs that read one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bag_messages import Messages
from cli_helpers import invoke, refused
from rosbags.rosbag2 import StoragePlugin, Writer
from typer.testing import CliRunner

from local_inn_ros.cli.main import app
from local_inn_ros.cli.verdict_lines import NOT_TRUSTED
from local_inn_ros.recordings.bag_file import Bag
from local_inn_ros.resources import resource_directory

BUNDLE = resource_directory("models") / "generated_track"
ODOMETRY, SCAN, POSE = (
    "nav_msgs/msg/Odometry",
    "sensor_msgs/msg/LaserScan",
    "geometry_msgs/msg/PoseStamped",
)
TRANSFORMS = "tf2_msgs/msg/TFMessage"
WANTED = {
    "/odom": (ODOMETRY,),
    "/scan": (SCAN,),
    "/ground_truth": (POSE,),
    "/tf_static": (TRANSFORMS,),
}


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    """Two seconds on the shipped bundle's own track."""
    if not (BUNDLE / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {BUNDLE}")
    path = tmp_path_factory.mktemp("bags") / "lap"
    invoke("simulate", "--bundle", BUNDLE, "--out", path, "--duration", 2, "--seed", 2)
    with Bag(path) as bag:
        return list(bag.read(WANTED))


def of(content: list[tuple[str, Any]], topic: str) -> list[Any]:
    return [message for name, message in content if name == topic]


def written(path: Path, content: list[tuple[str, Any]]) -> Path:
    store = Messages().store
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connections: dict[str, Any] = {}
        for count, (topic, message) in enumerate(content):
            kind = WANTED[topic][0]
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=store)
            writer.write(connections[topic], count, store.serialize_cdr(message, kind))
    return path


def figures(path: Path, *more: object) -> tuple[dict[str, Any], str]:
    """Evaluate a recording, whatever the verdict on it."""
    told = path.with_suffix(".json")
    words = ("evaluate", BUNDLE, "--bag", path, "--reference", "/ground_truth", "--json", told)
    result = CliRunner().invoke(
        app, [str(word) for word in (*words, *more)], catch_exceptions=False
    )
    assert result.exit_code in (0, NOT_TRUSTED), result.output
    return json.loads(told.read_text()), " ".join(result.output.split())


def changed(content: list[tuple[str, Any]], path: Path) -> list[tuple[str, Any]]:
    """Return copies that a test may spoil."""
    with Bag(written(path / "copy", content)) as bag:
        return list(bag.read(WANTED))


def test_odometry_without_stamps_leaves_scans_unscored_and_says_so(
    messages: list[tuple[str, Any]], tmp_path: Path
) -> None:
    content = changed(messages, tmp_path)
    readings = of(content, "/odom")
    late = readings[20:]
    for message in late:
        message.header.stamp.sec = message.header.stamp.nanosec = 0
    told, text = figures(written(tmp_path / "run", content))
    count = len(of(content, "/scan"))
    assert told["scans"] == count
    assert told["unused"] == {"/odom": {"no stamp": len(late)}}
    assert told["unanswered"] == {
        "the odometry never reached its stamp": count - told["n"] - told["unscored"]
    }
    assert 0 < told["n"] < count / 2
    assert f"{told['n']} of {count} scans were scored" in text
    assert f"in the {told['n']} of {count} scans that were scored" in text
    assert f"{len(late)} messages of /odom were not used: no stamp" in text


def test_single_readings_that_cannot_be_used_leave_the_rest(
    messages: list[tuple[str, Any]], tmp_path: Path
) -> None:
    content = changed(messages, tmp_path)
    first, second = of(content, "/odom")[:2]
    first.pose.pose.orientation.w = first.pose.pose.orientation.z = 0.0
    second.pose.pose.position.x = float("nan")
    of(content, "/scan")[0].header.stamp.sec = 0
    of(content, "/scan")[0].header.stamp.nanosec = 0
    of(content, "/scan")[3].header.frame_id = "nobody_knows"
    told, _ = figures(written(tmp_path / "run", content))
    assert told["unused"] == {
        "/odom": {"a quaternion that is no rotation": 1, "a number that is not finite": 1},
        "/scan": {"no stamp": 1, "a frame that no transform connects": 1},
    }
    left_out = sum(told["unanswered"].values()) + told["unscored"]
    assert told["scans"] == told["n"] + left_out + 2
    assert left_out <= 2
    assert told["fused"]["ape_median_m"] < 0.1


def test_a_whole_recording_leaves_nothing_out(
    messages: list[tuple[str, Any]], tmp_path: Path
) -> None:
    told, text = figures(written(tmp_path / "run", messages), "--mcl", 100)
    assert told["unused"] == {}
    assert told["notes"] == []
    assert told["scans"] == told["n"] + sum(told["unanswered"].values()) + told["unscored"]
    assert told["n"] >= told["scans"] - 1
    assert told["baselines"]["mcl"]["n"] + told["baselines"]["mcl"]["unanswered"] <= told["scans"]
    assert "were not used" not in text


def test_scans_of_two_lasers_on_one_topic_are_each_taken_at_their_mount(
    messages: list[tuple[str, Any]], tmp_path: Path
) -> None:
    """The same laser under another name, whose transform stands beside that of the first."""
    content = changed(messages, tmp_path)
    make = Messages()
    mount = of(content, "/tf_static")[0].transforms[0]
    again = make.transforms(1.0, ("base_link", "laser_2", 0.0, 0.0, 0.0))
    again.transforms[0].transform.translation.x = mount.transform.translation.x
    for scan in of(content, "/scan")[10:30]:
        scan.header.frame_id = "laser_2"
    told, _ = figures(written(tmp_path / "run", [("/tf_static", again), *content]))
    assert told["unused"] == {}
    assert told["n"] >= told["scans"] - 1
    assert told["fused"]["ape_median_m"] < 0.1


def test_a_truth_that_nothing_connects_with_the_map_is_refused(
    messages: list[tuple[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = changed(messages, tmp_path)
    for message in of(content, "/ground_truth"):
        message.header.frame_id = "mocap"
    path = written(tmp_path / "run", content)
    for verb in ("evaluate", "calibrate"):
        told = refused(
            capsys, monkeypatch, verb, BUNDLE, "--bag", path, "--reference", "/ground_truth"
        )
        assert "'mocap'" in told
        assert "'map'" in told
    answer, _ = figures(path, "--map-frame", "mocap")
    assert answer["fused"]["ape_median_m"] < 0.1
