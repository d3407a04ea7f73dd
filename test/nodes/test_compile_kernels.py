# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What compiles for a first start leaves nothing for the start itself to compile."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.systems.local_inn_2d.compiled.ahead import MapNetworks

ROOT = Path(__file__).resolve().parents[2]
_START = """
from numba.core import event


class Noting(event.Listener):
    def on_start(self, event):
        print(event.data["dispatcher"].py_func.__qualname__)

    def on_end(self, event):
        pass


event.register("numba:compile", Noting())
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.nodes.localizer.model import RunnableModel, shipped_bundle
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import open_model

model = RunnableModel(open_model(Bundle.load(shipped_bundle())), RunSettings())
model.warm_up()
"""


def printed_by(folder: Path, *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "cache")},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_nothing_is_left_to_compile(tmp_path: Path) -> None:
    module, bundle = "local_inn_ros.nodes.localizer.compile_kernels", str(shipped_bundle())
    printed_by(tmp_path, "-m", module, bundle, "compiled", "field", "20")
    assert printed_by(tmp_path, "-c", _START) == ""


def test_networks_that_cannot_be_compiled_are_told(tmp_path: Path) -> None:
    module, bundle = "local_inn_ros.nodes.localizer.compile_kernels", tmp_path / "bundle"
    shutil.copytree(shipped_bundle(), bundle)
    description, torn = (bundle / "bundle.yaml").read_text(), b"torn"
    for file in (*bundle.glob("*.onnx"), *bundle.glob("*.safetensors")):
        whole = hashlib.sha256(file.read_bytes()).hexdigest()
        assert whole in description
        description = description.replace(whole, hashlib.sha256(torn).hexdigest())
        file.write_bytes(torn)
    (bundle / "bundle.yaml").write_text(description)
    ended = subprocess.run(
        [sys.executable, "-m", module, str(bundle), "compiled", "field", "20"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode != 0
    assert "the networks were not compiled: exit code 1" in ended.stderr


@pytest.mark.parametrize("draws", [1, 3, 6])
def test_the_map_answers_as_networks_do(draws: int) -> None:
    bundle = Bundle.load(shipped_bundle())
    engine, beams = MapNetworks(bundle), bundle.description.laser.network_beams
    priors = np.array([[1.0, 2.0, 0.3], [0.0, 0.0, -3.0]], np.float32)
    nothing, spreads = np.zeros((2, beams), np.float32), np.ones(2, np.float32)
    latents = np.random.default_rng(0).normal(size=(20, draws)).astype(np.float32)
    poses = engine.sample_poses(nothing, nothing, priors, spreads, latents)
    ranges = engine.expected_ranges(priors)
    assert (poses.shape, poses.dtype) == ((2, 20, 3), np.float32)
    assert (ranges.shape, ranges.dtype) == ((2, beams), np.float32)
    assert np.abs(poses - priors[:, None]).max() < 0.2
