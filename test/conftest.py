# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import importlib.util
from typing import TYPE_CHECKING

import hypothesis
import pytest
from second_fixtures import second_bundle, second_installed, second_map  # noqa: F401

if importlib.util.find_spec("rclpy") is not None:
    from ros_fixtures import ros  # noqa: F401

if TYPE_CHECKING:
    from local_inn_ros.bundles.bundle import Bundle

# The same examples at every run, and no limit on their time: a busy machine is no fault.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


# Beside those of the folders for nodes and launch files.
_OVER_DDS = ("test_soak.py", "test_node_latency.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where processes share the tests, let one have all that talk over DDS; the rest goes by files.

    Messages wait for a busy machine, and tests of nodes make each other's wait.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        over_dds = item.path.parent.name in ("nodes", "launch") or item.path.name in _OVER_DDS
        item.add_marker(pytest.mark.xdist_group("dds" if over_dds else str(item.path)))


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what was imported: it is there to the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def trained_room(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of a short training, for tests that leave it as it is: to write it takes long."""
    pytest.importorskip("torch", reason="training needs torch")
    from local_inn_bundles import train_small
    from tiny_training import SENSOR, SETTINGS, room

    from local_inn_ros.bundles.bundle import Bundle

    out = tmp_path_factory.mktemp("models") / "room"
    return Bundle.load(train_small(room(), SENSOR, SETTINGS, 0, out, lambda progress: None))
