# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The runs that the accuracy benchmark is made of: how they are kept, spread and put in tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.benchmarking import job_pool
from local_inn_ros.benchmarking.accuracy import EstimatorRun
from local_inn_ros.benchmarking.accuracy_job import AccuracyJob, JobResult, code_hash
from local_inn_ros.benchmarking.accuracy_table import compare, markdown
from local_inn_ros.benchmarking.cramer_rao import PoseBounds
from local_inn_ros.benchmarking.job_cache import read_result, write_result
from local_inn_ros.benchmarking.job_pool import run_jobs
from local_inn_ros.errors import LocalInnError, MapError
from local_inn_ros.resources import resource_directory


def made_up(seed: int, error_m: float = 0.02, bound_m: float = 0.01) -> JobResult:
    """A result of two scans; `fused` has covariances, `inn` has none."""
    stamps, truth = np.array([1.0, 2.0]), np.tile([1.0, 2.0, 3.1], (2, 1))
    estimates = truth + np.array([error_m, 0.0, 0.0])
    covariances = np.tile(1e-4 * np.eye(3), (2, 1, 1))
    return JobResult(
        estimators={
            "inn": EstimatorRun(seed, stamps, estimates, truth),
            "fused": EstimatorRun(
                seed, stamps, estimates, truth, covariances, np.array([0.001, 0.003])
            ),
        },
        bounds=PoseBounds(np.full(2, bound_m), np.full(2, 1e-4)),
        face_bounds=PoseBounds(np.full(2, 0.5 * bound_m), np.full(2, 1e-4)),
        driven_m=4.0,
        driven_s=1.0,
    )


@pytest.fixture
def job(tmp_path: Path) -> AccuracyJob:
    """A job whose bundle is a mere file."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "bundle.yaml").write_text("anything")
    return AccuracyJob(tmp_path / "bundle", "hall", "clean", 5.0, 1.0, 0)


def same(one: JobResult, other: JobResult) -> bool:
    """Whether two results agree in all but the time that they took."""
    return list(one.estimators) == list(other.estimators) and all(
        np.array_equal(run.estimates, other.estimators[name].estimates)
        and np.array_equal(run.truth, other.estimators[name].truth)
        for name, run in one.estimators.items()
    )


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = made_up(3)
    write_result(tmp_path / "deep" / "a.npz", result)
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["a.npz"]
    found = read_result(tmp_path / "deep" / "a.npz")
    assert found is not None
    assert same(found, result)
    assert found.estimators["inn"].covariances is None
    assert found.estimators["inn"].seconds is None
    fused = found.estimators["fused"]
    assert fused.seed == 3
    assert fused.covariances is not None
    assert fused.seconds is not None
    np.testing.assert_array_equal(fused.covariances, result.estimators["fused"].covariances)
    np.testing.assert_array_equal(fused.seconds, [0.001, 0.003])
    np.testing.assert_array_equal(found.bounds.position_m, result.bounds.position_m)
    np.testing.assert_array_equal(found.face_bounds.position_m, result.face_bounds.position_m)
    assert (found.driven_m, found.driven_s) == (4.0, 1.0)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut off", b"nothing of the sort"])
def test_a_result_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.npz").write_bytes(content)
    assert read_result(tmp_path / "a.npz") is None


def test_a_kept_result_belongs_to_one_bundle_one_setting_and_one_code(job: AccuracyJob) -> None:
    names = [
        job.file_name("a"),
        job.file_name("b"),
        replace(job, seed=1).file_name("a"),
        replace(job, duration_s=2.0).file_name("a"),
        replace(job, condition="both").file_name("a"),
        replace(job, speed_mps=5.0001).file_name("a"),
    ]
    (job.bundle / "bundle.yaml").write_text("another")
    names.append(job.file_name("a"))
    assert len(set(names)) == len(names)
    (job.bundle / "bundle.yaml").write_text("anything")
    assert job.file_name("a") == names[0]
    assert code_hash() == code_hash()


def test_interrupted_work_goes_on_where_it_was(
    job: AccuracyJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [replace(job, seed=seed) for seed in range(3)]
    asked: list[int] = []
    broken = {1}

    def run_job(one: AccuracyJob) -> JobResult:
        asked.append(one.seed)
        if one.seed in broken:
            raise MapError("no lap")
        return made_up(one.seed, error_m=0.01 * one.seed)

    monkeypatch.setattr(job_pool, "run_job", run_job)
    with pytest.raises(MapError, match="no lap"):
        run_jobs(jobs, tmp_path / "runs", processes=1)
    broken.clear()
    done: list[None] = []
    results = run_jobs(jobs, tmp_path / "runs", 1, lambda: done.append(None))
    assert asked == [0, 1, 1, 2]
    assert len(done) == 3
    assert [one.estimators["inn"].seed for one in results] == [0, 1, 2]
    # What is damaged is run again.
    next((tmp_path / "runs").glob("hall-5-clean-2-*.npz")).write_bytes(b"cut off")
    run_jobs(jobs, tmp_path / "runs", processes=1)
    assert asked == [0, 1, 1, 2, 2]


def test_processes_answer_as_one_does(tmp_path: Path) -> None:
    bundle = resource_directory("models") / "generated_track"
    if not (bundle / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {bundle}")
    jobs = [AccuracyJob(bundle, "track", "both", 5.0, 0.2, seed) for seed in range(2)]
    done: list[None] = []
    spread = run_jobs(jobs, tmp_path / "spread", 2, lambda: done.append(None))
    alone = run_jobs(jobs, tmp_path / "alone", 1)
    assert len(done) == 2
    assert all(map(same, spread, alone))
    assert not same(alone[0], alone[1])


def test_what_a_process_cannot_do_is_told(job: AccuracyJob, tmp_path: Path) -> None:
    with pytest.raises(LocalInnError, match=r"bundle\.yaml"):
        run_jobs([job], tmp_path / "runs", processes=2)


def test_seeds_are_taken_together_and_conditions_are_tables_of_their_own(job: AccuracyJob) -> None:
    jobs = [
        replace(job, condition=condition, seed=seed)
        for condition in ("clean", "both")
        for seed in (0, 1)
    ]
    results = [made_up(0, 0.01), made_up(1, 0.03), made_up(0, 0.9), made_up(1, 0.02, np.inf)]
    clean, both = compare(jobs, results)
    assert (clean.map, clean.condition, clean.speed_mps) == ("hall", "clean", 5.0)
    assert clean.driven_mps == 4.0
    rows = clean.rows()
    assert [row["estimator"] for row in rows] == ["inn", "fused"]
    assert rows[1]["mean_m"] == pytest.approx(0.02)
    assert rows[1]["crlb_m"] == pytest.approx(0.01)
    assert rows[1]["crlb_faces_m"] == pytest.approx(0.005)
    assert rows[1]["crlb_ratio"] == pytest.approx(2.0)
    assert rows[1]["ms_per_scan"] == pytest.approx(2.0)
    assert rows[0]["ms_per_scan"] is None
    assert [row["crlb_m"] for row in both.rows()] == [None, None]
    assert [row["crlb_ratio"] for row in both.rows()] == [None, None]
    text = markdown([clean, both])
    assert text.index("### clean") < text.index("### both")
    assert "| hall | 5 | 2.00, 0.000 | 2.00, 0.000 | 1.00 to 3.00 | 10.00, 0.0057 | 2.0 |" in text
    # Only what tracks can be lost.
    assert "| hall | 5 | 46.00, 0.000 | 46.00, 0.000 (1) | 2.00 to 90.00 | open |  |" in text
