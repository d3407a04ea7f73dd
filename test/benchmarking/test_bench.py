# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a bench measures: its figures, and short runs of the real thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench_fixtures import NODES, report, spread

from local_inn_ros.benchmarking.accuracy_job import MOUNT, noisy_sensor
from local_inn_ros.benchmarking.cpu_share import cpu_share
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.first_fix import time_first_fix
from local_inn_ros.benchmarking.machine_engines import ENGINES, open_engines, open_on
from local_inn_ros.benchmarking.search_time import SEARCHES, time_searches
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.benchmarking.time_spread import TimeSpread
from local_inn_ros.benchmarking.timed_runs import (
    SETTLING_SCANS,
    NetworkRun,
    ParticleRun,
    time_by_turns,
    turns,
)
from local_inn_ros.benchmarking.worlds import drive_lap_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BagError, EngineError, SensorError
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.systems.protocol import RunSettings


class Scripted:
    """Answers with the scan's number as its seconds; some scans it cannot use."""

    def __init__(self, name: str, log: list[str], unusable: range = range(0)) -> None:
        self.begun_s = -1.0
        self._name = name
        self._log = log
        self._unusable = unusable
        self._count = 0

    def begin(self, pose: GaussianPose2, stamp_s: float) -> None:
        self.begun_s = stamp_s

    def add_odometry(self, odometry: Odometry) -> None:
        pass

    def locate(self, scan: Scan) -> Mapping[str, float] | None:
        self._log.append(self._name)
        self._count += 1
        if self._count in self._unusable:
            raise SensorError("unusable")
        return {"whole": float(self._count)}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(resource_directory("models") / "generated_track")


@pytest.fixture(scope="module")
def drive(bundle: Bundle) -> Drive:
    """A second and a half at 5 m/s: 60 scans."""
    return drive_lap_of(bundle, noisy_sensor(bundle), MOUNT, CONDITIONS["clean"], 5.0, 1.5, 0)


def test_times_are_summed_up_in_milliseconds() -> None:
    found = TimeSpread.of(np.linspace(0.0, 0.1, 101))
    assert found.to_json() == pytest.approx(
        {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "jitter_ms": 1.0}
    )


def test_jitter_heeds_the_order_that_percentiles_do_not() -> None:
    calm, restless = TimeSpread.of([1.0, 1.0, 2.0, 2.0]), TimeSpread.of([1.0, 2.0, 1.0, 2.0])
    assert calm.p95_ms == restless.p95_ms
    assert (calm.jitter_ms, restless.jitter_ms) == pytest.approx((1000.0 / 3.0, 1000.0))
    assert TimeSpread.of([0.5]).jitter_ms == 0.0


def test_no_times_are_no_spread() -> None:
    with pytest.raises(ValueError, match="no times"):
        TimeSpread.of([])


def test_localizers_take_turns_and_the_first_scans_do_not_count(drive: Drive) -> None:
    log: list[str] = []
    runs = {"a": Scripted("a", log), "b": Scripted("b", log)}
    done: list[None] = []
    taken = time_by_turns(runs, drive, lambda: done.append(None))
    assert log == ["a"] * 40 + ["b"] * 40 + ["a"] * 20 + ["b"] * 20
    assert len(done) == 2 * turns(drive)
    for name, run in runs.items():
        assert run.begun_s == drive.scans[0].stamp_s
        np.testing.assert_array_equal(taken[name]["whole"], np.arange(SETTLING_SCANS + 1.0, 61.0))


def test_scans_that_cannot_be_used_have_no_time(drive: Drive) -> None:
    taken = time_by_turns({"a": Scripted("a", [], range(31, 34))}, drive, lambda: None)
    assert taken["a"]["whole"].tolist() == [*range(21, 31), *range(34, 61)]
    with pytest.raises(BagError, match="a answered no more than the first 20 scans"):
        time_by_turns({"a": Scripted("a", [], range(15, 61))}, drive, lambda: None)


def test_network_and_particles_tell_their_stages(bundle: Bundle, drive: Drive) -> None:
    model = open_on(bundle, EngineChoice.ONNX)
    runs = {
        "inn": NetworkRun(model, RunSettings(samples=2)),
        "plain": NetworkRun(model, RunSettings(RefinerChoice.NONE, 2)),
        "mcl": ParticleRun(bundle, 50, np.random.default_rng(0)),
    }
    taken = time_by_turns(runs, drive, lambda: None)
    stages = {"beams", "inverse", "forward"}
    sums = {"locate", "ekf", "whole"}
    assert set(taken["inn"]) == stages | sums | {"refiner"}
    assert set(taken["plain"]) == stages | sums | {"statistics"}
    assert set(taken["mcl"]) == {"whole"}
    inn = taken["inn"]
    parts = sum(inn[stage] for stage in (*stages, "refiner"))
    np.testing.assert_allclose(inn["locate"], parts)
    np.testing.assert_allclose(inn["whole"], inn["locate"] + inn["ekf"])
    for one in taken.values():
        assert all(np.all(seconds > 0.0) for seconds in one.values())


def test_searches_are_timed_with_all_their_places(bundle: Bundle, drive: Drive) -> None:
    done: list[None] = []
    found = time_searches(open_on(bundle, EngineChoice.ONNX), drive, lambda: done.append(None))
    assert len(done) == SEARCHES + 1
    assert 100 < found.places <= 384
    assert found.search.p50_ms > found.inverse.p50_ms > 0.0
    assert found.to_json()["inverse_passes_per_s"] == pytest.approx(
        found.places / (1e-3 * found.inverse.p50_ms)
    )


def test_a_robot_that_is_watched_takes_some_of_a_core(bundle: Bundle) -> None:
    share = cpu_share(open_on(bundle, EngineChoice.ONNX), 2, 10.0, 5.0, 0.6, 0)
    assert 0.0 < share < 2.0


def test_every_engine_is_opened_or_missing_for_a_reason(bundle: Bundle) -> None:
    older = bundle.description.model_copy(update={"files": {}})
    found = open_engines(replace(bundle, description=older))
    assert "onnxruntime" in found.opened
    assert found.opened["onnxruntime"].engine_name.startswith("onnxruntime ")
    assert "names no weights to compile" in found.missing["compiled"]
    assert set(found.opened) | set(found.missing) == set(ENGINES)


def test_a_process_that_makes_no_fix_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"could not make a fix with onnxruntime: .*no bundle at"):
        time_first_fix(tmp_path / "none", "onnxruntime")


def test_the_figures_have_their_names() -> None:
    found = report(NODES).to_json()
    engines = found["engines"]
    assert isinstance(engines, dict)
    assert set(engines) == {"onnxruntime"}
    assert list(engines["onnxruntime"]) == ["2", "20", "100", "1000", "places"]
    assert engines["onnxruntime"]["20"] == spread(0.5).to_json()
    assert engines["onnxruntime"]["places"] == spread(24.0).to_json()
    assert found["node_p50_ms"] == 1.2
    assert found["mcl_2000_p50_ms"] == 2.0
    assert found["mcl_2000_to_locate"] == pytest.approx(4.0)
    assert found["import_to_first_fix_s"] == 1.5
    assert found["rss_mb"] == 120.0
    assert found["cpu_share"] == {"onnxruntime": {"10": 0.01, "40": 0.04, "100": 0.1}}
    assert found["missing_engines"] == {"tensorrt": "TensorRT is missing"}


def test_without_ros_the_nodes_figures_are_null() -> None:
    found = report().to_json()
    assert found["node_p50_ms"] is None
    assert found["node"] is None
    assert not any("nodes" in row.what for row in report().rows())
    assert any("nodes" in row.what for row in report(NODES).rows())
