# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which engine is taken, and what is said where it is another one than asked for."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from engine_fixtures import Machine, copied_bundle, exported
from fake_tensorrt import VERSIONS

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.choice import EngineChoice, open_first
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.local_inn_2d.compiled.networks import CompiledNetworks
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_networks


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine.of(VERSIONS[1], tmp_path, monkeypatch)


@pytest.fixture
def bundle(machine: Machine, tmp_path: Path) -> Bundle:
    return copied_bundle(tmp_path / "bundle")


def opened(bundle: Bundle, choice: EngineChoice) -> tuple[Networks, list[str]]:
    warnings: list[str] = []
    return open_networks(bundle, choice, warn=warnings.append), warnings


@pytest.mark.parametrize("choice", [EngineChoice.AUTO, EngineChoice.TENSORRT])
def test_tensorrt_is_taken_where_there_are_plans(bundle: Bundle, choice: EngineChoice) -> None:
    exported(bundle)
    engine, warnings = opened(bundle, choice)
    assert engine.name == f"tensorrt {VERSIONS[1]} fp32 on Orin (nvgpu)"
    assert warnings == []


def test_onnx_runtime_is_taken_where_it_is_asked_for(bundle: Bundle) -> None:
    exported(bundle)
    engine, warnings = opened(bundle, EngineChoice.ONNX)
    assert engine.name.startswith("onnxruntime")
    assert warnings == []


def no_tensorrt(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)


def stubs_of_tensorrt_alone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", ModuleType("tensorrt"))


def lack_onnx_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "local_inn_ros.engines.onnx.engine", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


def old_tensorrt(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["tensorrt"], "__version__", "8.4.1.5")


def no_pycuda(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pycuda.driver")
    monkeypatch.setitem(sys.modules, "pycuda", None)


def no_gpu(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.gpu.count = 0


def no_driver(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = sys.modules["pycuda.driver"]

    def failing() -> None:
        raise driver.Error("cuInit failed: no CUDA-capable device is detected")

    monkeypatch.setattr(driver, "init", failing)


def gpu_that_tensorrt_refuses(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.gpu.works_with_tensorrt = False


def full_gpu(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.gpu.free_bytes = 1000


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (no_tensorrt, "the Python package tensorrt cannot be imported"),
        (stubs_of_tensorrt_alone, "the Python package tensorrt is not installed"),
        (old_tensorrt, r"TensorRT 8\.4\.1\.5 is too old: 8\.5 or later"),
        (no_pycuda, "the Python package pycuda cannot be imported"),
        (no_gpu, "no NVIDIA GPU"),
        (no_driver, "cuInit failed"),
        (gpu_that_tensorrt_refuses, "TensorRT cannot use this machine's GPU"),
        (full_gpu, "out of memory"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    machine: Machine, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, missing: object, said: str
) -> None:
    exported(bundle)
    assert callable(missing)
    missing(machine, monkeypatch)
    engine, warnings = opened(bundle, EngineChoice.AUTO)
    assert isinstance(engine, CompiledNetworks)
    (warning,) = warnings
    assert warning.startswith(f"runs on {engine.name}: ")
    assert "\n" not in warning
    assert re.search(said, warning)
    assert machine.gpu.stack() == []


def test_no_plans_are_said_to_be_missing(bundle: Bundle) -> None:
    engine, (warning,) = opened(bundle, EngineChoice.AUTO)
    assert isinstance(engine, CompiledNetworks)
    assert "has no plans for this machine; build them with `local-inn export" in warning


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EngineError("no weights"), "no weights"),
        (ImportError("No module 'torch'"), "No module 'torch'"),
        (ImportError("libcuda.so:\n  cannot open"), "libcuda.so: cannot open"),
    ],
)
def test_the_next_one_is_taken_with_a_sentence_on_one_line(error: Exception, said: str) -> None:
    def failing() -> str:
        raise error

    warnings: list[str] = []
    assert open_first([failing, lambda: "the next"], str, warnings.append) == "the next"
    assert warnings == [f"runs on the next: {said}"]


def test_the_compiled_engine_is_taken_where_it_is_asked_for(bundle: Bundle) -> None:
    exported(bundle)
    engine, warnings = opened(bundle, EngineChoice.COMPILED)
    assert isinstance(engine, CompiledNetworks)
    assert warnings == []


@pytest.mark.parametrize("choice", [EngineChoice.COMPILED, EngineChoice.AUTO])
def test_onnx_runtime_runs_bundles_that_name_no_weights(
    bundle: Bundle, choice: EngineChoice
) -> None:
    older = bundle.description.model_copy(update={"files": {}})
    engine, warnings = opened(dataclasses.replace(bundle, description=older), choice)
    assert engine.name.startswith("onnxruntime ")
    assert warnings[-1].startswith(f"runs on {engine.name}: the bundle bundle names no weights")
    assert len(warnings) == 1 + (choice is EngineChoice.AUTO)


def test_without_onnx_runtime_it_runs_all_the_same(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack_onnx_runtime(monkeypatch)
    engine, (warning,) = opened(bundle, EngineChoice.ONNX)
    assert isinstance(engine, CompiledNetworks)
    assert warning.startswith(f"runs on {engine.name}: ")
    assert "onnxruntime" in warning


def test_where_nothing_runs_a_bundle_it_is_said_of_each_engine(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack_onnx_runtime(monkeypatch)
    older = bundle.description.model_copy(update={"files": {}})
    with pytest.raises(EngineError, match=r"names no weights.*; .*onnxruntime"):
        opened(dataclasses.replace(bundle, description=older), EngineChoice.COMPILED)


def test_a_warning_is_logged_where_nobody_listens(
    bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    open_networks(bundle, EngineChoice.AUTO)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
