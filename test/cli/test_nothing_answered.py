# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `evaluate` says of a recording of which not one scan can be answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import invoke, refused
from rewritten_bags import Change, later, rewritten

from local_inn_ros.resources import resource_directory

BUNDLE = resource_directory("models") / "generated_track"


@pytest.fixture(scope="module")
def lap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second on the shipped bundle's own track."""
    if not (BUNDLE / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {BUNDLE}")
    path = tmp_path_factory.mktemp("bags") / "lap"
    invoke("simulate", "--bundle", BUNDLE, "--out", path, "--duration", 1, "--seed", 2)
    return path


def in_millimetres(message: Any) -> None:
    message.pose.pose.position.x *= 1000.0
    message.pose.pose.position.y *= 1000.0


def at_one_instant() -> Change:
    first: list[Any] = []

    def change(message: Any) -> None:
        first.append(message.header.stamp)
        message.header.stamp = first[0]

    return change


@pytest.mark.parametrize(
    ("topic", "change", "words"),
    [
        (
            "/odom",
            lambda: later(1.7e9),
            "odometry from 1700000000.010 to 1700000001.020 s: are their stamps of the same clock",
        ),
        (
            "/ground_truth",
            lambda: later(1.7e9),
            "reference from 1700000000.010 to 1700000001.025 s: are their stamps of the same clock",
        ),
        ("/odom", lambda: in_millimetres, "than any robot drives: are they in m and rad?"),
        ("/ground_truth", at_one_instant, "the reference is a single pose"),
    ],
    ids=["odometry of another clock", "reference of another clock", "millimetres", "one pose"],
)
def test_what_to_look_at_is_named(
    lap: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    topic: str,
    change: Callable[[], Change],
    words: str,
) -> None:
    bag = rewritten(lap, tmp_path / "bag", {topic: change()})
    how = ("evaluate", BUNDLE, "--bag", bag, "--reference", "/ground_truth")
    assert words in refused(capsys, monkeypatch, *how)
