# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import logging

import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="training needs torch")
from local_inn_bundles import train_small  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tiny_training import SENSOR, SETTINGS, room, source, steps, task_of, untrained  # noqa: E402

from local_inn_ros.bundles.bundle import Bundle  # noqa: E402
from local_inn_ros.errors import BundleError, DeviceError  # noqa: E402
from local_inn_ros.geometry import Pose2  # noqa: E402
from local_inn_ros.systems.local_inn_2d.config import config_of  # noqa: E402
from local_inn_ros.systems.local_inn_2d.measure import measure  # noqa: E402
from local_inn_ros.systems.local_inn_2d.network import torch_engine_of  # noqa: E402
from local_inn_ros.systems.local_inn_2d.networks import GraphNetworks, open_onnx  # noqa: E402
from local_inn_ros.systems.local_inn_2d.objective import energy_score, with_priors  # noqa: E402
from local_inn_ros.training.fit import TrainingProgress, fit  # noqa: E402


def nothing(_: TrainingProgress) -> None:
    """Show no progress."""


@pytest.fixture
def bundle(trained_room):
    """A bundle of a short training."""
    return trained_room


def copied(bundle, tmp_path):
    """A copy of the bundle's folder that may be spoiled."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in bundle.path.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_training_brings_the_error_down():
    model = untrained()
    seen: list[TrainingProgress] = []
    fit(task_of(model, source(), steps(300)), np.random.default_rng(0), seen.append)
    assert seen[-1].step == 300
    assert seen[-1].position_error_m < 0.7 * seen[0].position_error_m
    assert seen[-1].yaw_error_deg < 0.7 * seen[0].yaw_error_deg


def test_the_same_seed_gives_the_same_networks():
    weights = []
    for _ in range(2):
        model = untrained(seed=4)
        fit(task_of(model, source(0.3), steps(8)), np.random.default_rng(4), nothing)
        weights.append(torch.cat([weight.flatten() for weight in model.parameters()]))
    assert torch.equal(*weights)
    assert not torch.equal(weights[0], torch.cat([w.flatten() for w in untrained(4).parameters()]))


def test_building_a_model_leaves_the_global_generator_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    untrained(seed=5)
    assert torch.equal(torch.rand(3), expected)


def test_an_interrupt_leaves_a_bundle_that_works_in_place_of_the_old(bundle, tmp_path, caplog):
    def interrupt(report: TrainingProgress) -> None:
        raise KeyboardInterrupt

    folder = copied(bundle, tmp_path)
    (folder / "leftover.txt").write_text("old")
    with caplog.at_level(logging.WARNING):
        train_small(room(), SENSOR, steps(5000), 1, folder, interrupt)
    assert "interrupted at step 25 of 5000" in caplog.text
    loaded = Bundle.load(folder)
    assert loaded.description.training["steps"] == 25
    assert loaded.description.training["seed"] == 1
    assert open_onnx(loaded).expected_ranges(np.zeros((1, 3), dtype=np.float32)).shape == (1, 32)
    assert [entry.name for entry in tmp_path.iterdir()] == [folder.name]
    assert not (folder / "leftover.txt").exists()


def trained(bundle):
    """The networks of the bundle, in torch."""
    model = untrained()
    model.load_state_dict(load_file(bundle.path / "weights.safetensors"))
    return model.eval()


def test_trained_couplings_invert(bundle):
    model = trained(bundle)
    scans = source().draw(np.random.default_rng(0), 200)
    batch = with_priors(scans, SETTINGS, 1.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        code = model.pose_code.encode(batch.poses, batch.priors, batch.spreads)
        condition = model.condition(batch.priors, batch.spreads)
        back = model.flow.backward(model.flow(code, condition), condition)
    assert float((back - code).abs().max()) < 1e-4


def test_onnx_gives_what_torch_gives(bundle):
    model = trained(bundle)
    in_torch = GraphNetworks(torch_engine_of(model, SETTINGS.narrowest_spread))
    in_onnx = open_onnx(bundle)
    rng = np.random.default_rng(0)
    batch = with_priors(source().draw(rng, 40), SETTINGS, 1.0, torch.Generator().manual_seed(0))
    given = [tensor.numpy() for tensor in (batch.ranges, batch.states, batch.priors, batch.spreads)]
    for draws in (1, 20):
        latents = rng.normal(size=(draws, config_of(bundle).latent_size)).astype(np.float32)
        poses = in_onnx.sample_poses(*given, latents)
        assert poses.shape == (40, draws, 3)
        np.testing.assert_allclose(poses, in_torch.sample_poses(*given, latents), atol=1e-4)
    ranges = in_onnx.expected_ranges(batch.poses.numpy())
    np.testing.assert_allclose(ranges, in_torch.expected_ranges(batch.poses.numpy()), atol=1e-3)


def test_large_batches_are_the_same_as_small_ones(bundle):
    engine = open_onnx(bundle)
    drawn = source().draw(np.random.default_rng(0), 2500)
    latents = np.zeros((1, config_of(bundle).latent_size), dtype=np.float32)
    priors, spreads = drawn.poses.astype(np.float32), np.ones(2500, dtype=np.float32)
    whole = engine.sample_poses(drawn.ranges_m, drawn.states, priors, spreads, latents)
    last = slice(2400, 2500)
    part = engine.sample_poses(
        drawn.ranges_m[last], drawn.states[last], priors[last], spreads[last], latents
    )
    np.testing.assert_allclose(whole[last], part, atol=1e-5)


def test_the_bundle_says_what_it_is(bundle):
    description = bundle.description
    assert description.system == "local_inn_2d"
    assert description.laser == SENSOR
    assert description.training["steps"] == SETTINGS.steps
    assert description.measured["inn_position_mean_m"] > 0.0
    bundle.check_map(room())


def test_another_map_is_refused(bundle):
    other = dataclasses.replace(room(), origin=Pose2(0.0, 0.0, 0.0))
    with pytest.raises(BundleError, match="made from another map"):
        bundle.check_map(other)


@pytest.mark.parametrize("name", ["encoder.onnx", "inverse.onnx", "forward.onnx"])
def test_a_truncated_network_is_refused(bundle, tmp_path, name):
    folder = copied(bundle, tmp_path)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match=f"{name} is truncated or was changed"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["encoder.onnx", "map.yaml", "bundle.yaml"])
def test_a_bundle_that_lacks_a_file_is_refused(bundle, tmp_path, name):
    folder = copied(bundle, tmp_path)
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.load(folder)


def test_another_schema_is_refused(bundle, tmp_path):
    folder = copied(bundle, tmp_path)
    content = yaml.safe_load((folder / "bundle.yaml").read_text())
    content["schema_name"] = "local_inn_ros/bundle/99"
    (folder / "bundle.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(BundleError, match="bundle/99"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    "spoiled", ["[1, 2", "- a list", "", "schema_name: local_inn_ros/bundle/1"]
)
def test_a_spoiled_description_is_refused(bundle, tmp_path, spoiled):
    folder = copied(bundle, tmp_path)
    (folder / "bundle.yaml").write_text(spoiled)
    with pytest.raises(BundleError):
        Bundle.load(folder)


def test_a_changed_map_is_refused(bundle, tmp_path):
    folder = copied(bundle, tmp_path)
    content = yaml.safe_load((folder / "map.yaml").read_text())
    content["resolution"] = 0.06
    (folder / "map.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(BundleError, match="not the one that the bundle was trained on"):
        Bundle.load(folder)


def test_training_does_not_overwrite_what_is_no_bundle(tmp_path):
    precious = tmp_path / "photos"
    precious.mkdir()
    (precious / "one.jpg").write_bytes(b"x")
    with pytest.raises(BundleError, match="holds other files"):
        train_small(room(), SENSOR, SETTINGS, 0, precious, nothing)
    assert (precious / "one.jpg").read_bytes() == b"x"


def test_measuring_finds_errors_that_are_there():
    class Off:
        """Answers with the truth, 3 cm and 1 degree off, with samples spread too narrowly."""

        name = "off"

        def __init__(self, truth: np.ndarray) -> None:
            self.truth = truth.astype(np.float32)

        def sample_poses(self, ranges_m, states, priors, spreads, latents):
            rng = np.random.default_rng(0)
            error = rng.normal(0.0, [0.03, 0.03, 0.02], (len(priors), 1, 3))
            spread = rng.normal(0.0, [0.015, 0.03, 0.02], (len(priors), len(latents), 3))
            spread -= spread.mean(axis=1, keepdims=True)
            return (self.truth[: len(priors), None] + error + spread).astype(np.float32)

        def expected_ranges(self, poses):
            return drawn.expected_m[: len(poses)] + np.float32(0.05)

    class Fixed:
        def draw(self, rng, count):
            parts = (getattr(drawn, part.name)[:count] for part in dataclasses.fields(drawn))
            return type(drawn)(*parts)

    drawn = source().draw(np.random.default_rng(2), 4096)
    found = measure(Off(drawn.poses), Fixed(), SETTINGS, np.random.default_rng(0))
    assert found.figures["inn_position_mean_m"] == pytest.approx(
        0.03 * np.sqrt(np.pi / 2), rel=0.05
    )
    assert found.figures["forward_median_m"] == pytest.approx(0.05, rel=0.01)


def test_the_energy_score_is_least_for_samples_like_the_truth():
    generator = torch.Generator().manual_seed(0)
    truth = torch.randn(20_000, 1, 3, generator=generator)
    scores = {
        scale: float(energy_score(scale * torch.randn(20_000, 2, 3, generator=generator), truth))
        for scale in (0.3, 0.7, 1.0, 1.4, 3.0)
    }
    assert min(scores, key=scores.__getitem__) == 1.0


def test_a_device_that_is_not_there_is_refused_before_training(tmp_path):
    with pytest.raises(DeviceError, match="cannot train on 'nonsense'"):
        train_small(room(), SENSOR, SETTINGS, 0, tmp_path / "out", nothing, device="nonsense")
    assert not (tmp_path / "out").exists()


def test_priors_that_are_far_off_are_drawn_more_often_than_by_chance():
    scans = source().draw(np.random.default_rng(0), 4000)
    batch = with_priors(scans, SETTINGS, 0.0, torch.Generator().manual_seed(0))
    spreads = batch.spreads[:, None] * torch.tensor(SETTINGS.prior_deviation)
    deviations = ((batch.priors - batch.poses) / spreads).abs()
    assert float(deviations.max()) <= 4.0 + 1e-3
    # A normal draw has 1.2 % there; 30 % of even draws over four deviations have 37.5 % of theirs.
    expected = 0.7 * 0.0124 + 0.3 * 0.375
    assert float((deviations > 2.5).float().mean()) == pytest.approx(expected, rel=0.1)
