# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The compiled engine answers what ONNX Runtime answers, and says why where it cannot."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from local_inn_bundles import with_block
from safetensors.numpy import load_file, save_file

from local_inn_ros.bundles.bundle import Bundle, file_sha256
from local_inn_ros.bundles.description import FileReference
from local_inn_ros.errors import BundleError, EngineError
from local_inn_ros.resources import resource_directory
from local_inn_ros.systems.local_inn_2d.agreement import Agreement, HeldOutScans, compare
from local_inn_ros.systems.local_inn_2d.compiled.network_shapes import check_shapes
from local_inn_ros.systems.local_inn_2d.compiled.network_weights import pack_weights
from local_inn_ros.systems.local_inn_2d.compiled.networks import CompiledNetworks
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.networks import open_onnx


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return Bundle.load(resource_directory("models") / "generated_track")


def differences(bundle: Bundle) -> Agreement:
    scans = HeldOutScans.draw(bundle, 48, np.random.default_rng(0))
    return compare(CompiledNetworks(bundle), open_onnx(bundle), scans)


def assert_single_precision(found: Agreement) -> None:
    assert found.position_max_m < 1e-4
    assert found.yaw_max_deg < 1e-3
    assert found.range_p99_m < 1e-4
    # At an edge a beam may see this wall or that one.
    assert found.range_max_m < 0.05


def test_it_answers_what_onnx_runtime_answers(shipped: Bundle) -> None:
    assert_single_precision(differences(shipped))


def test_so_it_does_with_a_network_of_another_size(trained_room: Bundle) -> None:
    assert_single_precision(differences(trained_room))


def test_large_batches_and_many_samples_are_the_same_as_small_ones(shipped: Bundle) -> None:
    engine, rng = CompiledNetworks(shipped), np.random.default_rng(1)
    scans = HeldOutScans.draw(shipped, 3, rng)
    latents = rng.normal(size=(1000, config_of(shipped).latent_size)).astype(np.float32)
    given = (scans.ranges_m, scans.states, scans.priors, scans.spreads)
    together = engine.sample_poses(*given, latents)
    assert together.shape == (3, 1000, 3)
    parts = [
        engine.sample_poses(*(each[row : row + 1] for each in given), latents[draws])[0]
        for row in range(3)
        for draws in (slice(0, 1), slice(1, 500), slice(500, 1000))
    ]
    np.testing.assert_allclose(together.reshape(-1, 3), np.concatenate(parts), atol=1e-5)


@pytest.mark.parametrize("state", [0.0, -1.0])
def test_scans_without_a_distance_are_answered_alike(shipped: Bundle, state: float) -> None:
    beams, latent = shipped.description.laser.network_beams, config_of(shipped).latent_size
    given = (
        np.zeros((1, beams), np.float32),
        np.full((1, beams), state, np.float32),
        np.array([[1.0, 2.0, 0.5]], np.float32),
        np.array([0.3], np.float32),
        np.random.default_rng(2).normal(size=(5, latent)).astype(np.float32),
    )
    ours, theirs = (
        one.sample_poses(*given) for one in (CompiledNetworks(shipped), open_onnx(shipped))
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_points_and_poses_beyond_the_map_are_answered_alike(shipped: Bundle) -> None:
    poses = np.array([[500.0, -300.0, 2.0], [-40.0, 0.0, -3.0]], np.float32)
    ours, theirs = (
        one.expected_ranges(poses) for one in (CompiledNetworks(shipped), open_onnx(shipped))
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-2)


def copied(bundle: Bundle, folder: Path) -> Bundle:
    shutil.copytree(bundle.path, folder)
    return dataclasses.replace(bundle, path=folder)


def test_a_bundle_without_weights_is_refused(shipped: Bundle, tmp_path: Path) -> None:
    older = shipped.description.model_copy(update={"files": {}})
    with pytest.raises(EngineError, match="names no weights to compile"):
        CompiledNetworks(dataclasses.replace(shipped, description=older))


def test_weights_that_were_changed_are_refused(shipped: Bundle, tmp_path: Path) -> None:
    copy = copied(shipped, tmp_path / "copy")
    weights = copy.path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(BundleError, match=r"weights\.safetensors is truncated or was changed"):
        Bundle.load(copy.path)
    weights.unlink()
    with pytest.raises(BundleError, match=r"lacks weights\.safetensors"):
        Bundle.load(copy.path)


Arrays = dict[str, np.ndarray]


def without_one(arrays: Arrays) -> None:
    del arrays["encoder._scan.2.bias"]


def of_other_beams(arrays: Arrays) -> None:
    arrays["encoder._angles"] = arrays["encoder._angles"][:-1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (without_one, r"does not fit the bundle: 'encoder\._scan\.2\.bias'"),
        (of_other_beams, "does not fit the bundle: it is for other beams"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    shipped: Bundle, tmp_path: Path, changed: Callable[[Arrays], None], said: str
) -> None:
    copy = copied(shipped, tmp_path / "copy")
    weights = copy.path / "weights.safetensors"
    arrays = load_file(weights)
    changed(arrays)
    save_file(arrays, weights)
    reference = FileReference(file=weights.name, sha256=file_sha256(weights))
    description = copy.description.model_copy(update={"files": {"weights": reference}})
    with pytest.raises(EngineError, match=said):
        CompiledNetworks(dataclasses.replace(copy, description=description))


# What the compiled networks do not read: it follows from the rest, or from bundle.yaml.
UNREAD = ("pose_code.", "flow._restored")


@pytest.fixture(scope="module")
def arrays(shipped: Bundle) -> Arrays:
    return dict(load_file(shipped.path / "weights.safetensors"))


def fitting(shipped: Bundle, arrays: Arrays) -> None:
    sensor = shipped.description.laser
    weights = pack_weights(arrays, 2, sensor.range_max_m)
    check_shapes(weights, sensor.network_beams, config_of(shipped).latent_size)


def test_no_array_may_be_of_another_size(shipped: Bundle, arrays: Arrays) -> None:
    fitting(shipped, arrays)
    seen = 0
    for name, whole in arrays.items():
        if name.startswith(UNREAD) or name.endswith(".perm"):
            continue
        # A grid may have any number of nodes, but the features of all are as many.
        axes = (1,) if ".grids." in name else range(whole.ndim)
        for axis in axes:
            shorter = np.ascontiguousarray(np.delete(whole, 0, axis=axis))
            with pytest.raises((ValueError, IndexError)):
                fitting(shipped, {**arrays, name: shorter})
            seen += 1
    assert seen > 100


def test_elements_that_there_are_not_are_not_moved(shipped: Bundle, arrays: Arrays) -> None:
    with pytest.raises(ValueError, match="permutations are none"):
        fitting(shipped, {**arrays, "flow._order": arrays["flow._order"] + 1})


def test_numbers_that_are_none_lead_nowhere_but_to_numbers_that_are_none(
    shipped: Bundle, tmp_path: Path, arrays: Arrays
) -> None:
    copy = copied(shipped, tmp_path / "copy")
    spoilt = {
        name: np.full_like(array, np.nan)
        for name, array in arrays.items()
        if array.dtype == np.float32
    }
    weights = copy.path / "weights.safetensors"
    save_file({**arrays, **spoilt}, weights)
    engine = CompiledNetworks(copy)
    scans = HeldOutScans.draw(shipped, 2, np.random.default_rng(0))
    given = (scans.ranges_m, scans.states, scans.priors, scans.spreads, scans.latents)
    assert not np.isfinite(engine.sample_poses(*given)).any()
    assert not (engine.expected_ranges(scans.poses) > 0.0).any()


@pytest.mark.parametrize("missing", ["narrowest_spread", "network"])
def test_a_block_that_lacks_something_is_refused(shipped: Bundle, missing: str) -> None:
    block = {k: v for k, v in shipped.description.block.items() if k != missing}
    description = shipped.description.model_copy(update={"block": block})
    with pytest.raises(BundleError, match=rf"block\.{missing}: Field required"):
        CompiledNetworks(dataclasses.replace(shipped, description=description))


@pytest.mark.parametrize(
    ("name", "value"), [("narrowest_spread", 0.0), ("network", {"strides": 1_000_000})]
)
def test_a_block_that_makes_no_sense_is_refused(
    shipped: Bundle, name: str, value: float | dict[str, int]
) -> None:
    description = with_block(shipped, **{name: value})
    with pytest.raises(BundleError, match=rf"block\.{name}.*should be"):
        CompiledNetworks(dataclasses.replace(shipped, description=description))
