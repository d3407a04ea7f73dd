# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles in torch: on the processor here, recorded and in half precision on a GPU."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("FrEIA", reason="training needs FrEIA")
from safetensors.torch import save_file  # noqa: E402
from tiny_training import SETTINGS, untrained  # noqa: E402

from local_inn_ros.bundles.bundle import Bundle  # noqa: E402
from local_inn_ros.engines.choice import EngineChoice  # noqa: E402
from local_inn_ros.engines.torch.cuda_graph import RecordedCalls, TensorCall  # noqa: E402
from local_inn_ros.engines.torch.engine import TorchPrecision  # noqa: E402
from local_inn_ros.errors import BundleError, EngineError  # noqa: E402
from local_inn_ros.systems.local_inn_2d.agreement import HeldOutScans, compare  # noqa: E402
from local_inn_ros.systems.local_inn_2d.network import load_model, torch_engine_of  # noqa: E402
from local_inn_ros.systems.local_inn_2d.networks import (  # noqa: E402
    GraphNetworks,
    open_networks,
    open_onnx,
    open_torch,
)

NO_GPU = "torch sees no GPU here"


@pytest.fixture
def trained(trained_room: Bundle) -> Bundle:
    """A bundle of a short training."""
    return trained_room


@pytest.fixture
def bundle(trained: Bundle, tmp_path: Path) -> Bundle:
    """A copy that may be spoiled."""
    shutil.copytree(trained.path, tmp_path / "copy")
    return Bundle.load(tmp_path / "copy")


def scans_of(bundle: Bundle, count: int = 100) -> HeldOutScans:
    return HeldOutScans.draw(bundle, count, np.random.default_rng(4))


def test_the_bundle_in_torch_answers_as_in_onnx_runtime(trained: Bundle) -> None:
    engine = open_torch(trained)
    assert engine.name.startswith(f"torch {torch.__version__} ")
    off = compare(engine, open_onnx(trained), scans_of(trained))
    assert off.position_max_m < 5e-3
    assert off.range_p99_m < 2e-2


@pytest.mark.parametrize(
    ("precision", "most_m"), [(TorchPrecision.FP16, 5e-3), (TorchPrecision.BF16, 4e-2)]
)
def test_half_precision_is_computed_and_near(
    trained: Bundle, precision: TorchPrecision, most_m: float
) -> None:
    model = load_model(trained)
    engine = GraphNetworks(torch_engine_of(model, SETTINGS.narrowest_spread, "cpu", precision))
    assert f" {precision.value} " in engine.name
    off = compare(engine, open_onnx(trained), scans_of(trained))
    assert 1e-6 < off.position_p99_m < most_m
    # The model that was given stays as it was.
    assert {each.dtype for each in model.parameters() if each.is_floating_point()} == {
        torch.float32
    }


def test_large_batches_are_run_in_parts(trained: Bundle) -> None:
    engine, reference = open_torch(trained), open_onnx(trained)
    poses = scans_of(trained, 1100).poses
    np.testing.assert_allclose(
        engine.expected_ranges(poses), reference.expected_ranges(poses), atol=2e-2
    )


def test_a_bundle_without_weights_falls_back_and_says_so(bundle: Bundle) -> None:
    (bundle.path / "weights.safetensors").unlink()
    warnings: list[str] = []
    engine = open_networks(bundle, EngineChoice.TORCH, warnings.append)
    assert engine.name.startswith("onnxruntime ")
    first, second = warnings
    assert first.startswith(f"runs on {engine.name}: the bundle copy has no weights.safetensors")
    # The compiled engine, which is asked next, reads the same file.
    assert "weights.safetensors does not fit the bundle: " in second
    assert "\n" not in first + second


def test_torch_is_taken_where_it_is_asked_for(trained: Bundle) -> None:
    warnings: list[str] = []
    engine = open_networks(trained, EngineChoice.TORCH, warnings.append)
    assert engine.name.startswith("torch ")
    assert warnings == []


def test_weights_of_another_training_are_refused(bundle: Bundle) -> None:
    save_file(untrained(seed=9).state_dict(), bundle.path / "weights.safetensors")
    with pytest.raises(EngineError, match=r"answers other than ONNX Runtime.*position_p99_m"):
        open_torch(bundle)


def test_damaged_weights_are_named(bundle: Bundle) -> None:
    (bundle.path / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(EngineError, match=r"weights\.safetensors does not fit the bundle") as told:
        load_model(bundle)
    assert "\n" not in str(told.value)


def test_a_block_without_sizes_is_named(bundle: Bundle) -> None:
    text = (bundle.path / "bundle.yaml").read_text()
    (bundle.path / "bundle.yaml").write_text(text.replace("  network:\n", "  networks:\n"))
    with pytest.raises(BundleError, match=r"block\.network: Field required"):
        load_model(Bundle.load(bundle.path))


class Recorder:
    """Stands for CUDA: what it has recorded is called with what is given."""

    def __init__(self) -> None:
        self.recorded: list[tuple[torch.Size, ...]] = []
        self.launches = 0

    def __call__(self, call: TensorCall, given: tuple[torch.Tensor, ...]) -> TensorCall:
        sizes = tuple(tensor.shape for tensor in given)
        self.recorded.append(sizes)

        def launch(*now: torch.Tensor) -> tuple[torch.Tensor, ...]:
            assert tuple(tensor.shape for tensor in now) == sizes
            self.launches += 1
            return call(*now)

        return launch


def test_a_size_is_recorded_when_it_comes_again() -> None:
    record = Recorder()
    calls = RecordedCalls(lambda a, b: (a + b, a - b), record)
    for turn in range(4):
        for size in (2, 3):
            given = torch.full((size,), float(turn))
            added, left = calls(given, given)
            assert torch.equal(added, 2.0 * given) and not left.any()
    assert record.recorded == [(torch.Size([2]),) * 2, (torch.Size([3]),) * 2]
    assert record.launches == 6


def test_not_every_size_is_recorded() -> None:
    record = Recorder()
    calls = RecordedCalls(lambda a: (torch.square(a),), record)
    for _ in range(3):
        for size in range(1, 40):
            given = torch.arange(float(size))
            (squared,) = calls(given)
            assert torch.equal(squared, given * given)
    assert len(record.recorded) == 16
    assert record.launches == 2 * 16


@pytest.mark.skipif(not torch.cuda.is_available(), reason=NO_GPU)
@pytest.mark.parametrize("precision", list(TorchPrecision))
def test_a_gpu_answers_as_the_processor_does(trained: Bundle, precision: TorchPrecision) -> None:
    engine = GraphNetworks(
        torch_engine_of(load_model(trained), SETTINGS.narrowest_spread, "cuda", precision)
    )
    scans, reference = scans_of(trained), open_onnx(trained)
    # Plainly, recorded, and launched.
    for _ in range(3):
        off = compare(engine, reference, scans)
        assert off.position_p99_m < (4e-2 if precision is TorchPrecision.BF16 else 5e-3)
