# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training that was killed, and goes on as if nothing had been."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("FrEIA", reason="training needs FrEIA")
from local_inn_bundles import train_small
from tiny_training import SENSOR, room, steps

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.training.fit import TrainingProgress

TESTS = Path(__file__).parents[1]
# The reports come every 25 steps; the state of step 20 is the last that is kept then.
KILLED = """
import os, signal, sys
from pathlib import Path
from local_inn_bundles import train_small
from tiny_training import SENSOR, room, steps

def kill(report):
    os.kill(os.getpid(), signal.SIGKILL)

train_small(room(), SENSOR, steps(40), 3, Path(sys.argv[1]), kill, checkpoint_every=10)
"""


def nothing(_: TrainingProgress) -> None:
    """Show no progress."""


def train(out: Path, **how: Any) -> Path:
    return train_small(room(), SENSOR, steps(40), 3, out, nothing, checkpoint_every=10, **how)


def kill_a_training(out: Path) -> None:
    path = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    # In another number of threads sums are made in another order.
    import torch

    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(out)],
        env={**os.environ, "PYTHONPATH": path, **threads},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL


def content_of(folder: Path) -> tuple[bytes, dict[str, Any]]:
    description = yaml.safe_load((folder / "bundle.yaml").read_text())
    del description["training"]["seconds"]
    return (folder / "weights.safetensors").read_bytes(), description


@pytest.mark.slow
def test_what_was_killed_and_resumed_is_what_was_never_interrupted(tmp_path: Path) -> None:
    kill_a_training(tmp_path / "killed")
    assert not (tmp_path / "killed").exists()
    assert (tmp_path / "killed.training").is_dir()
    train(tmp_path / "killed", resume=True)
    train(tmp_path / "whole")
    assert content_of(tmp_path / "killed") == content_of(tmp_path / "whole")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["killed", "whole"]


def test_a_training_that_was_killed_is_neither_forgotten_nor_mixed_up(tmp_path: Path) -> None:
    out = tmp_path / "killed"
    kill_a_training(out)
    with pytest.raises(BundleError, match=r"broken off is kept in .*: go on with it by --resume"):
        train(out)
    with pytest.raises(BundleError, match="differs in seed"):
        train_small(room(), SENSOR, steps(40), 4, out, nothing, resume=True)
    file = out.with_name("killed.training") / "checkpoint.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(BundleError, match=r"is damaged .*: delete .* to begin anew"):
        train(out, resume=True)
    assert not out.exists()


def test_a_state_that_cannot_be_kept_does_not_end_the_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # In place of the folder that the state would lie in.
    (tmp_path / "out.training").touch()
    with caplog.at_level(logging.WARNING):
        train(tmp_path / "out")
    assert "the state of the training is not kept: cannot write" in caplog.text
    assert Bundle.load(tmp_path / "out").path == tmp_path / "out"


def test_nothing_is_resumed_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nothing to resume"):
        train(tmp_path / "out", resume=True)


def test_a_calibration_that_fails_leaves_the_old_bundle(
    trained_room: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from local_inn_ros.errors import SensorError
    from local_inn_ros.systems.local_inn_2d.train import LocalInn2dTraining

    out = tmp_path / "room"
    shutil.copytree(trained_room.path, out)
    before = content_of(out)

    def few(*_: object) -> None:
        raise SensorError("only 3 of 60 scans can be used")

    monkeypatch.setattr(LocalInn2dTraining, "calibrate", few)
    with pytest.raises(SensorError):
        train_small(room(), SENSOR, steps(5), 9, out, nothing)
    assert content_of(out) == before
    assert [one.name for one in tmp_path.iterdir()] == ["room"]
