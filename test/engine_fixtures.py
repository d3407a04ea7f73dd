# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Machines with a GPU that is none, and a bundle to run on them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the fake TensorRT reads networks with onnx")

import fake_cuda
import fake_tensorrt
from fake_cuda import FakeGpu

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine
from local_inn_ros.engines.tensorrt.export import Exported, export_plans
from local_inn_ros.engines.tensorrt.profiles import Precision
from local_inn_ros.resources import resource_directory
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_tensorrt
from local_inn_ros.systems.local_inn_2d.system import SYSTEM


@dataclass
class Machine:
    """A robot's computer: a GPU, a TensorRT, a home."""

    gpu: FakeGpu
    home: Path
    _monkeypatch: pytest.MonkeyPatch

    @staticmethod
    def of(version: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
        """Let the process have one with this TensorRT."""
        machine = Machine(FakeGpu(), home, monkeypatch)
        monkeypatch.setenv("ROS_HOME", str(home / "ros"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        fake_cuda.install(machine.gpu, monkeypatch)
        machine.install_tensorrt(version)
        return machine

    def install_tensorrt(self, version: str) -> None:
        fake_tensorrt.install(version, self.gpu, self._monkeypatch)


@dataclass(frozen=True)
class Robot:
    """A machine with a bundle, whose plans of single precision are built."""

    machine: Machine
    bundle: Bundle


def copied_bundle(folder: Path) -> Bundle:
    """Return a copy of the shipped bundle, to write into."""
    shipped = resource_directory("models") / "generated_track"
    if not (shipped / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {shipped}")
    shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns("engine"))
    return Bundle.load(folder)


def exported(bundle: Bundle, precision: Precision = Precision.FP32) -> Exported:
    """Build plans with few scans."""
    return export_plans(bundle.graphs, precision, partial(check, bundle), lambda what: None)


def check(bundle: Bundle, engine: Engine, half: bool) -> Mapping[str, float]:
    """Compare with few scans."""
    return SYSTEM.compare_engine(bundle, engine, half, 50, np.random.default_rng(5))


def tensorrt_networks(bundle: Bundle) -> Networks:
    """Open the plans that were built."""
    return open_tensorrt(bundle)
