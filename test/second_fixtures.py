# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The second system as if it were installed, and a bundle of it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import F1TENTH, invoke

from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import save_map

SECOND = Path(__file__).parent / "second_system"
NAME = "nearest_scans"


@pytest.fixture
def second_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the system be installed beside the package, as another distribution."""
    monkeypatch.syspath_prepend(SECOND)
    importlib.invalidate_caches()
    yield
    sys.modules.pop(NAME, None)


@pytest.fixture(scope="module")
def second_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("map")
    track = generate_race_track(np.random.default_rng(3), lap_m=30.0)
    save_map(track.grid, folder / "map.yaml")
    return folder / "map.yaml"


@pytest.fixture
def second_bundle(second_installed: None, tmp_path: Path, second_map: Path) -> Path:
    """A bundle as the command line trains it."""
    pytest.importorskip("torch", reason="the fit loop needs torch")
    out = tmp_path / "second"
    given = ("--map", second_map, "--sensor", F1TENTH, "--out", out)
    invoke("train", "--system", NAME, "--preset", "usual", *given)
    return out
