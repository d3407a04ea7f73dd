# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT 8.6, 10 and 11: build, check, keep, load and run, on a GPU that is none."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import (
    Machine,
    Robot,
    check,
    copied_bundle,
    exported,
    tensorrt_networks,
)
from fake_tensorrt import VERSIONS

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Tensors
from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.engine import TensorRtEngine
from local_inn_ros.engines.tensorrt.export import export_plans
from local_inn_ros.engines.tensorrt.profiles import Precision
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.local_inn_2d.agreement import (
    Agreement,
    HeldOutScans,
    compare,
    refuse_if_off,
)
from local_inn_ros.systems.local_inn_2d.networks import Networks, open_onnx


@pytest.fixture(scope="module", params=VERSIONS)
def robot(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Robot]:
    """A robot for each generation of TensorRT, for tests that change nothing of it."""
    home = tmp_path_factory.mktemp("robot")
    with pytest.MonkeyPatch.context() as monkeypatch:
        machine = Machine.of(request.param, home, monkeypatch)
        bundle = copied_bundle(home / "bundle")
        exported(bundle)
        yield Robot(machine, bundle)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without plans."""
    return Machine.of(VERSIONS[1], tmp_path, monkeypatch)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return copied_bundle(tmp_path / "bundle")


def scans_of(bundle: Bundle, count: int, seed: int = 1) -> HeldOutScans:
    return HeldOutScans.draw(bundle, count, np.random.default_rng(seed))


def sampled(engine: Networks, scans: HeldOutScans) -> np.ndarray:
    return engine.sample_poses(
        scans.ranges_m, scans.states, scans.priors, scans.spreads, scans.latents
    )


def test_single_precision_answers_as_onnx_runtime_does(robot: Robot) -> None:
    bundle = robot.bundle
    engine = tensorrt_networks(bundle)
    assert engine.name.endswith(f"fp32 on {robot.machine.gpu.name}")
    reference = open_onnx(bundle)
    for count in (1, 3, 70):
        scans = scans_of(bundle, count)
        np.testing.assert_allclose(sampled(engine, scans), sampled(reference, scans), atol=2e-4)
        expected = engine.expected_ranges(scans.poses)
        np.testing.assert_allclose(expected, reference.expected_ranges(scans.poses), atol=2e-3)


def test_half_precision_is_computed_and_comes_first(robot: Robot, tmp_path: Path) -> None:
    bundle = copied_bundle(tmp_path / "bundle")
    shutil.copytree(robot.bundle.path / "engine", bundle.path / "engine")
    figures = exported(bundle, Precision.FP16).figures
    engine = tensorrt_networks(bundle)
    assert " fp16 on " in engine.name
    again = compare(engine, open_onnx(bundle), scans_of(bundle, 50))
    # Halves differ from singles, and by far less than the network is off.
    assert 1e-5 < again.position_p99_m < 5e-3
    assert 1e-5 < figures["position_p99_m"] < 5e-3


def test_batches_larger_than_a_profile_are_run_in_parts(robot: Robot) -> None:
    bundle = robot.bundle
    engine, reference = tensorrt_networks(bundle), open_onnx(bundle)
    many = scans_of(bundle, 1030)
    many_draws = np.random.default_rng(2).normal(size=(1100, 6)).astype(np.float32)
    one = (many.ranges_m[:1], many.states[:1], many.priors[:1], many.spreads[:1], many_draws)
    np.testing.assert_allclose(engine.sample_poses(*one), reference.sample_poses(*one), atol=2e-4)
    np.testing.assert_allclose(
        engine.expected_ranges(many.poses), reference.expected_ranges(many.poses), atol=2e-3
    )
    rows = slice(70)
    given = (many.ranges_m[rows], many.states[rows], many.priors[rows], many.spreads[rows])
    few = (*given, many_draws[:33])
    np.testing.assert_allclose(engine.sample_poses(*few), reference.sample_poses(*few), atol=2e-4)


def test_a_single_scan_is_launched_as_a_graph(robot: Robot) -> None:
    bundle = robot.bundle
    engine, reference = tensorrt_networks(bundle), open_onnx(bundle)
    before = len(robot.machine.gpu.graphs)
    for seed in range(4):
        scans = scans_of(bundle, 1, seed)
        np.testing.assert_allclose(sampled(engine, scans), sampled(reference, scans), atol=2e-4)
    (graph,) = robot.machine.gpu.graphs[before:]
    assert graph.launches == 3
    # Larger batches in between change nothing of it.
    sampled(engine, scans_of(bundle, 5))
    np.testing.assert_allclose(sampled(engine, scans), sampled(reference, scans), atol=2e-4)
    assert graph.launches == 4


def test_graphs_are_kept_for_few_sizes_alone(robot: Robot) -> None:
    bundle = robot.bundle
    engine, reference = tensorrt_networks(bundle), open_onnx(bundle)
    before = len(robot.machine.gpu.graphs)
    scans = scans_of(bundle, 1)
    for count in range(2, 20):
        given = (scans.ranges_m, scans.states, scans.priors, scans.spreads, scans.latents[:count])
        np.testing.assert_allclose(
            engine.sample_poses(*given), reference.sample_poses(*given), atol=2e-4
        )
    # Two were made when the engine was tried.
    assert len(robot.machine.gpu.graphs) - before == 6


def test_without_graphs_it_runs_all_the_same(machine: Machine, bundle: Bundle) -> None:
    machine.gpu.graph_error = 801
    exported(bundle)
    engine, reference = tensorrt_networks(bundle), open_onnx(bundle)
    assert machine.gpu.graphs == []
    for seed in range(3):
        scans = scans_of(bundle, 1, seed)
        np.testing.assert_allclose(sampled(engine, scans), sampled(reference, scans), atol=2e-4)


def test_threads_share_an_engine(robot: Robot) -> None:
    bundle = robot.bundle
    engine, reference = tensorrt_networks(bundle), open_onnx(bundle)
    wrong: list[str] = []

    def search(seed: int, count: int) -> None:
        for turn in range(5):
            scans = scans_of(bundle, count, seed + turn)
            off = np.abs(sampled(engine, scans) - sampled(reference, scans)).max()
            if off > 2e-4:
                wrong.append(f"{count} scans: {off}")

    threads = [threading.Thread(target=search, args=(k, count)) for k, count in ((0, 1), (9, 40))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
        assert not thread.is_alive()
    assert wrong == []


def test_one_thread_at_a_time_uses_the_gpu(robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tensorrt_networks(robot.bundle)
    scans = scans_of(robot.bundle, 5)
    inside, met = 0, threading.Event()
    honest = CudaDevice.wait

    def watched(device: CudaDevice) -> None:
        nonlocal inside
        inside += 1
        if inside > 1:
            met.set()
        # Time for the other to come in, which it must not.
        met.wait(0.2)
        honest(device)
        inside -= 1

    monkeypatch.setattr(CudaDevice, "wait", watched)
    threads = [threading.Thread(target=sampled, args=(engine, scans)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
        assert not thread.is_alive()
    assert not met.is_set()


def test_single_precision_has_all_its_bits(robot: Robot) -> None:
    for folder in (robot.bundle.path / "engine").iterdir():
        header = (folder / "encoder.plan").read_bytes().partition(b"\0")[0]
        assert json.loads(header)["tf32"] is False


def test_the_gpu_is_given_back_after_every_call(robot: Robot) -> None:
    bundle = robot.bundle
    engine = tensorrt_networks(bundle)
    engine.expected_ranges(np.zeros((3, 3), dtype=np.float32))
    assert robot.machine.gpu.stack() == []


def test_answers_that_are_off_are_refused_with_figures(
    machine: Machine, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = TensorRtEngine.run

    def off(
        engine: TensorRtEngine, graphs: tuple[str, ...], given: Tensors
    ) -> dict[str, np.ndarray]:
        answers = honest(engine, graphs, given)
        if "poses" in answers:
            answers["poses"] = answers["poses"] + np.float32(0.01)
        return answers

    monkeypatch.setattr(TensorRtEngine, "run", off)
    with pytest.raises(EngineError, match=r"position_p99_m 0\.0141.* \(at most 0\.001\)"):
        exported(bundle)
    assert not (bundle.path / "engine").exists()


def test_answers_that_are_no_numbers_are_refused(
    machine: Machine, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = TensorRtEngine.run

    def nothing(
        engine: TensorRtEngine, graphs: tuple[str, ...], given: Tensors
    ) -> dict[str, np.ndarray]:
        answers = honest(engine, graphs, given)
        return {name: np.full_like(answer, np.nan) for name, answer in answers.items()}

    monkeypatch.setattr(TensorRtEngine, "run", nothing)
    with pytest.raises(EngineError, match="not a number"):
        exported(bundle)


def test_the_check_sees_what_it_should() -> None:
    scans_off = Agreement(1e-4, 1e-4, 0.001, 0.001, 1e-3, 1e-3)
    refuse_if_off(scans_off, "an engine", half=False)
    yaw_off = Agreement(1e-4, 1e-4, 0.04, 0.04, 1e-3, 1e-3)
    refuse_if_off(yaw_off, "an engine", half=True)
    with pytest.raises(EngineError, match=r"an engine answers other .* yaw_p99_deg 0\.04"):
        refuse_if_off(yaw_off, "an engine", half=False)


def test_a_network_that_tensorrt_cannot_read_is_named(machine: Machine, bundle: Bundle) -> None:
    bundle.graphs.graphs["inverse"].path.write_bytes(b"no network")
    with pytest.raises(
        EngineError, match=r"cannot read the inverse network: .*not an ONNX network"
    ) as told:
        exported(bundle)
    assert "\n" not in str(told.value)


def test_a_full_gpu_is_said_to_be_full(machine: Machine, bundle: Bundle) -> None:
    exported(bundle)
    machine.gpu.free_bytes = 100
    with pytest.raises(EngineError, match="the GPU failed: cuMemAlloc failed: out of memory"):
        tensorrt_networks(bundle)
    assert machine.gpu.stack() == []


def test_progress_is_told_for_every_step(machine: Machine, bundle: Bundle) -> None:
    told: list[str] = []
    export_plans(bundle.graphs, Precision.FP32, partial(check, bundle), told.append)
    assert told == [
        "building encoder (fp32)",
        "building inverse (fp32)",
        "building forward (fp32)",
        "checking its answers (fp32)",
    ]
