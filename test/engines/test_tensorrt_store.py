# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plans are loaded where this machine made them for what it is now, and nowhere else."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from engine_fixtures import Machine, copied_bundle, exported
from fake_tensorrt import VERSIONS

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.tensorrt import store
from local_inn_ros.engines.tensorrt.cuda_device import CudaIdentity
from local_inn_ros.engines.tensorrt.loading import open_tensorrt_engine
from local_inn_ros.engines.tensorrt.profiles import PROFILES, BatchProfile, Precision, Span
from local_inn_ros.engines.tensorrt.seal import is_sealed, key_file, seal
from local_inn_ros.engines.tensorrt.store import load_plans, plan_key, store_plans
from local_inn_ros.errors import EngineError

IDENTITY = CudaIdentity("Orin (nvgpu)", "8.7", "CUDA 12060; some driver")
PLANS = {"encoder": b"first", "inverse": b"second", "forward": b"third"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine.of(VERSIONS[1], tmp_path, monkeypatch)


@pytest.fixture
def bundle(machine: Machine, tmp_path: Path) -> Bundle:
    return copied_bundle(tmp_path / "bundle")


def stored(bundle: Bundle) -> Path:
    key = plan_key(bundle.graphs, IDENTITY, "10.3.0", Precision.FP16)
    return store_plans(bundle.graphs, key, PLANS, {"position_p99_m": 1e-3})


def loaded(bundle: Bundle) -> dict[str, bytes]:
    return load_plans(
        bundle.graphs, [plan_key(bundle.graphs, IDENTITY, "10.3.0", Precision.FP16)]
    ).plans


def test_what_was_stored_is_loaded(bundle: Bundle) -> None:
    folder = stored(bundle)
    assert folder.parent == bundle.path / "engine"
    assert folder.name.startswith("Orin-nvgpu_tensorrt-10.3.0_fp16_")
    assert loaded(bundle) == PLANS
    record = json.loads((folder / "record.json").read_text())
    assert record["key"]["gpu"] == IDENTITY.gpu
    assert record["figures"] == {"position_p99_m": 1e-3}


def flip_a_bit(folder: Path) -> None:
    plan = folder / "inverse.plan"
    content = bytearray(plan.read_bytes())
    content[0] ^= 1
    plan.write_bytes(content)


def swap_two(folder: Path) -> None:
    (folder / "encoder.plan").write_bytes(PLANS["forward"])
    (folder / "forward.plan").write_bytes(PLANS["encoder"])


def move_the_border(folder: Path) -> None:
    (folder / "encoder.plan").write_bytes(b"firsts")
    (folder / "inverse.plan").write_bytes(b"econd")


def change_the_record(folder: Path) -> None:
    record = folder / "record.json"
    record.write_text(record.read_text().replace("0.001", "0.000"))


def write_another_seal(folder: Path) -> None:
    (folder / "seal").write_text("ab" * 32)


def write_no_ascii(folder: Path) -> None:
    (folder / "seal").write_bytes("sÄgel".encode())


def remove_a_plan(folder: Path) -> None:
    (folder / "forward.plan").unlink()


def remove_the_seal(folder: Path) -> None:
    (folder / "seal").unlink()


def forget_the_key(folder: Path) -> None:
    key_file().unlink()


def draw_another_key(folder: Path) -> None:
    key_file().unlink()
    seal([b"anything"])


@pytest.mark.parametrize(
    "change",
    [
        flip_a_bit, swap_two, move_the_border, change_the_record, write_another_seal,
        write_no_ascii, remove_a_plan, remove_the_seal, forget_the_key, draw_another_key,
    ],
)  # fmt: skip
def test_plans_of_others_are_refused(bundle: Bundle, change: Callable[[Path], None]) -> None:
    folder = stored(bundle)
    change(folder)
    with pytest.raises(EngineError, match=r"not made by this machine|incomplete") as refused:
        loaded(bundle)
    assert f"build them with `local-inn export {bundle.path} --engine tensorrt`" in str(
        refused.value
    )
    # Built again, they are this machine's.
    stored(bundle)
    assert loaded(bundle) == PLANS


def test_plans_sealed_for_another_key_are_refused_in_its_place(bundle: Bundle) -> None:
    key = plan_key(bundle.graphs, IDENTITY, "10.3.0", Precision.FP16)
    other = replace(key, driver="CUDA 12040; older")
    folder = store_plans(bundle.graphs, other, PLANS, {})
    folder.rename(folder.with_name(key.folder))
    with pytest.raises(EngineError, match="made for something else"):
        loaded(bundle)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gpu", "Xavier"),
        ("compute_capability", "7.2"),
        ("driver", "CUDA 13000; newer"),
        ("tensorrt", "10.4.0"),
        ("model", "another"),
    ],
)
def test_plans_for_another_machine_are_not_used_and_named(
    bundle: Bundle, name: str, value: str
) -> None:
    stored(bundle)
    key = plan_key(bundle.graphs, IDENTITY, "10.3.0", Precision.FP16)
    with pytest.raises(EngineError, match=f"are for another {name}\\)"):
        load_plans(bundle.graphs, [replace(key, **{name: value})])


def test_no_plans_at_all_are_said_to_be_missing(bundle: Bundle) -> None:
    with pytest.raises(EngineError, match="bundle has no plans for this machine; build them with"):
        loaded(bundle)


def test_other_networks_or_sizes_are_another_model(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = plan_key(bundle.graphs, IDENTITY, "10.3.0", Precision.FP16)
    graphs = dict(bundle.graphs.graphs)
    graphs["inverse"] = replace(graphs["inverse"], sha256="0" * 64)
    other = replace(bundle.graphs, graphs=graphs)
    assert plan_key(other, IDENTITY, "10.3.0", Precision.FP16).model != key.model
    larger = BatchProfile("larger", Span(1, 1, 2048), Span(1, 1, 1))
    monkeypatch.setattr(store, "PROFILES", (*PROFILES, larger))
    assert plan_key(bundle.graphs, IDENTITY, "10.3.0", Precision.FP16).model != key.model


def test_a_bundle_that_cannot_be_written_has_its_plans_in_the_cache(
    bundle: Bundle, machine: Machine
) -> None:
    # As a file in its place does for root too, whom no mode holds back.
    (bundle.path / "engine").write_text("")
    folder = stored(bundle)
    assert folder.is_relative_to(machine.home / "cache" / "local_inn_ros")
    assert loaded(bundle) == PLANS


def test_plans_of_others_in_a_read_only_bundle_do_not_stand_in_the_way(
    bundle: Bundle,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    flip_a_bit(stored(bundle))
    honest = Path.write_bytes

    def read_only(path: Path, content: bytes) -> int:
        if path.is_relative_to(bundle.path):
            raise OSError(30, "Read-only file system")
        return honest(path, content)

    monkeypatch.setattr(Path, "write_bytes", read_only)
    assert stored(bundle).is_relative_to(machine.home / "cache")
    with caplog.at_level(logging.WARNING):
        assert loaded(bundle) == PLANS
    assert "not made by this machine" in caplog.text


def test_nowhere_to_write_is_named(bundle: Bundle, machine: Machine) -> None:
    (bundle.path / "engine").write_text("")
    (machine.home / "cache").write_text("")
    with pytest.raises(EngineError, match=r"cannot be kept: .*(Not a directory|File exists)"):
        stored(bundle)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_nothing_half_written(
    bundle: Bundle,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    interruption: type[BaseException],
) -> None:
    stored(bundle)
    written: list[Path] = []
    honest = Path.write_bytes

    def interrupted(path: Path, content: bytes) -> int:
        written.append(path)
        if path.name == "forward.plan":
            raise interruption(28, "No space left on device")
        return honest(path, content)

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises((KeyboardInterrupt, EngineError)):
        stored(bundle)
    monkeypatch.undo()
    monkeypatch.setenv("ROS_HOME", str(machine.home / "ros"))
    assert written
    assert [path for path in written if path.exists()] == []
    assert list((bundle.path / "engine").glob(".partial*")) == []
    assert loaded(bundle) == PLANS


def test_the_key_is_readable_by_its_user_alone(bundle: Bundle) -> None:
    stored(bundle)
    assert key_file().stat().st_mode & 0o777 == 0o600
    assert key_file().parent.parent.name == "ros"
    assert not key_file().is_relative_to(bundle.path)
    assert [path.name for path in key_file().parent.iterdir()] == ["plan_key"]


def test_a_key_that_others_can_read_is_of_no_use(bundle: Bundle) -> None:
    stored(bundle)
    key_file().chmod(0o640)
    with pytest.raises(EngineError, match="others than its user can read or change the key"):
        loaded(bundle)
    with pytest.raises(EngineError, match="others than its user"):
        seal([b"anything"])


def test_a_damaged_key_is_named(bundle: Bundle) -> None:
    seal([b"anything"])
    key_file().write_bytes(b"short")
    with pytest.raises(EngineError, match="is damaged"):
        is_sealed([b"anything"], "")


def test_the_key_is_drawn_once(bundle: Bundle) -> None:
    first = seal([b"a"])
    assert seal([b"a"]) == first
    assert is_sealed([b"a"], first)
    assert not is_sealed([b"b"], first)
    assert not is_sealed([b"a", b""], first)


def test_a_driver_that_was_updated_needs_new_plans(bundle: Bundle, machine: Machine) -> None:
    exported(bundle)
    open_tensorrt_engine(bundle.graphs)
    machine.gpu.driver = 12080
    with pytest.raises(EngineError, match="for another driver"):
        open_tensorrt_engine(bundle.graphs)


def test_another_gpu_or_tensorrt_needs_new_plans(bundle: Bundle, machine: Machine) -> None:
    exported(bundle)
    machine.install_tensorrt(VERSIONS[2])
    with pytest.raises(EngineError, match="for another tensorrt"):
        open_tensorrt_engine(bundle.graphs)
    machine.install_tensorrt(VERSIONS[1])
    machine.gpu.name, machine.gpu.capability = "Thor", (11, 0)
    with pytest.raises(EngineError, match="for another compute_capability, gpu"):
        open_tensorrt_engine(bundle.graphs)


def test_a_bundle_copied_from_another_robot_brings_no_code(
    bundle: Bundle, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(bundle)
    second = tmp_path / "second"
    shutil.copytree(bundle.path, second)
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "another_home"))
    with pytest.raises(EngineError, match="not made by this machine"):
        open_tensorrt_engine(Bundle.load(second).graphs)


def test_half_precision_that_was_changed_leaves_single_precision(
    bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    exported(bundle)
    flip_a_bit(exported(bundle, Precision.FP16).folder)
    with caplog.at_level(logging.WARNING):
        assert " fp32 on " in open_tensorrt_engine(bundle.graphs).name
    assert "not made by this machine" in caplog.text
