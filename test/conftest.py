# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import importlib.util
from typing import TYPE_CHECKING

import hypothesis
import pytest

if importlib.util.find_spec("rclpy") is not None:
    from ros_fixtures import ros  # noqa: F401

if TYPE_CHECKING:
    from local_inn_ros.engines import Bundle

# The same examples at every run, and no limit on their time: a busy machine is no fault.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where processes share the tests, let one have all that talk over DDS; the rest goes by files.

    Messages wait for a busy machine, and tests of nodes make each other's wait.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        file = item.path.name
        over_dds = file.startswith(("test_nodes_", "test_launch_", "test_benchmarks_soak"))
        item.add_marker(pytest.mark.xdist_group("dds" if over_dds else file))


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what was imported: it is there to the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def trained_room(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of a short training, for tests that leave it as it is: to write it takes long."""
    pytest.importorskip("torch", reason="training needs torch")
    from tiny_training import SENSOR, SETTINGS, room

    from local_inn_ros.engines import Bundle
    from local_inn_ros.systems.local_inn_2d.train import train_bundle

    out = tmp_path_factory.mktemp("models") / "room"
    return Bundle.load(train_bundle(room(), SENSOR, SETTINGS, 0, out, lambda progress: None))
