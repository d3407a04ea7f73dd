# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs of the accuracy benchmark, spread over processes of one thread each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.accuracy_job import AccuracyJob, JobResult, code_hash, run_job
from local_inn_ros.evaluation.job_cache import read_result, write_result

# Read by the libraries when a process begins.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run_jobs(
    jobs: Sequence[AccuracyJob],
    folder: Path,
    processes: int,
    on_done: Callable[[], None] = lambda: None,
) -> list[JobResult]:
    """Run what has not been run before.

    Each result is kept as soon as it is there, whatever becomes of the others, and all are read
    from where they are kept, so that they are the same whether or not the work was interrupted.

    Args:
        jobs: what to run.
        folder: where results are kept.
        processes: how many at a time; 1 runs in this process.
        on_done: called for each job that is done, now or before.

    Returns:
        The results, in the order of the jobs.

    Raises:
        LocalInnError: a job cannot be run, or its result not be kept.
    """
    code = code_hash()
    files = [folder / job.file_name(code) for job in jobs]
    open_jobs = [pair for pair in zip(jobs, files, strict=True) if read_result(pair[1]) is None]
    for _ in range(len(jobs) - len(open_jobs)):
        on_done()
    if processes == 1:
        for job, file in open_jobs:
            _run_and_keep(job, file)
            on_done()
    elif open_jobs:
        _spread(open_jobs, processes, on_done)
    return [_kept(file) for file in files]


def _spread(
    jobs: Sequence[tuple[AccuracyJob, Path]], processes: int, on_done: Callable[[], None]
) -> None:
    # Spawned, since a forked process could inherit a lock that another thread of this one holds.
    context = multiprocessing.get_context("spawn")
    with _environment(_ONE_THREAD), ProcessPoolExecutor(processes, context) as pool:
        try:
            for done in as_completed([pool.submit(_run_and_keep, *job) for job in jobs]):
                done.result()
                on_done()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _run_and_keep(job: AccuracyJob, file: Path) -> None:
    write_result(file, run_job(job))


def _kept(file: Path) -> JobResult:
    result = read_result(file)
    if result is None:
        raise LocalInnError(f"{file} was removed or damaged while the benchmark ran; run it again")
    return result


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """Change environment variables for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
