# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn export`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import invoke, refused
from engine_fixtures import Machine, copied_bundle
from fake_tensorrt import VERSIONS

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Tensors
from local_inn_ros.engines.tensorrt.engine import TensorRtEngine
from local_inn_ros.engines.tensorrt.loading import open_tensorrt_engine


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    Machine.of(VERSIONS[1], tmp_path, monkeypatch)
    return copied_bundle(tmp_path / "bundle")


def test_the_help_has_an_example() -> None:
    text = " ".join(invoke("export", "--help").split())
    assert "Example: local-inn export models/lab --engine tensorrt --precision fp16" in text


def test_both_precisions_are_built_and_their_figures_written(
    bundle: Bundle, tmp_path: Path
) -> None:
    out = tmp_path / "figures.json"
    text = invoke("export", bundle.path, "--engine", "tensorrt", "--scans", 50, "--json", out)
    assert f"tensorrt {VERSIONS[1]} fp32 on Orin (nvgpu)" in text
    assert f"tensorrt {VERSIONS[1]} fp16 on Orin (nvgpu)" in text
    plans = json.loads(out.read_text())["plans"]
    assert [plan["precision"] for plan in plans] == ["fp32", "fp16"]
    for plan in plans:
        assert (Path(plan["folder"]) / "inverse.plan").is_file()
        assert 0.0 <= plan["position_p99_m"] <= plan["position_max_m"]
    assert plans[0]["position_p99_m"] < plans[1]["position_p99_m"]
    assert " fp16 " in open_tensorrt_engine(bundle.graphs).name


def test_a_precision_that_is_off_is_told_and_the_other_kept(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = TensorRtEngine.run

    def off(engine: TensorRtEngine, graphs: tuple[str, ...], given: Tensors) -> Tensors:
        wrong = np.float32(0.5) if " fp16 " in engine.name else np.float32(0.0)
        answers = honest(engine, graphs, given)
        return {n: one + wrong if n == "ranges" else one for n, one in answers.items()}

    monkeypatch.setattr(TensorRtEngine, "run", off)
    text = invoke("export", bundle.path, "--scans", 50)
    assert f"warning: tensorrt {VERSIONS[1]} fp16 on Orin (nvgpu) answers other than ONNX" in text
    assert "range_p99_m 0.5" in text
    assert " fp32 " in open_tensorrt_engine(bundle.graphs).name


def test_a_precision_that_is_off_is_an_error_where_it_alone_is_asked_for(
    bundle: Bundle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = TensorRtEngine.run

    def off(engine: TensorRtEngine, graphs: tuple[str, ...], given: Tensors) -> Tensors:
        answers = honest(engine, graphs, given)
        return {n: np.zeros_like(one) if n == "ranges" else one for n, one in answers.items()}

    monkeypatch.setattr(TensorRtEngine, "run", off)
    words = ("export", bundle.path, "--precision", "fp16", "--scans", 50)
    assert "fp16 on Orin (nvgpu) answers other than ONNX Runtime" in refused(
        capsys, monkeypatch, *words
    )
    assert not (bundle.path / "engine").exists()


def test_without_tensorrt_it_says_so(
    bundle: Bundle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    text = refused(capsys, monkeypatch, "export", bundle.path)
    assert "the Python package tensorrt cannot be imported" in text
