# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs of benchmarks, spread over processes of one thread each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from local_inn_ros.benchmarking.accuracy_job import AccuracyJob, JobResult, code_hash, run_job
from local_inn_ros.benchmarking.job_cache import read_result, write_result
from local_inn_ros.errors import LocalInnError

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")
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
            _run_and_keep((job, file))
            on_done()
    elif open_jobs:
        in_processes(_run_and_keep, open_jobs, processes, on_done)
    return [_kept(file) for file in files]


def in_processes(
    work: Callable[[_Job], _Result],
    jobs: Sequence[_Job],
    processes: int,
    on_done: Callable[[], None] = lambda: None,
) -> list[_Result]:
    """Do work on each of many jobs, in processes of one thread each.

    Args:
        work: a function of a module, so that another process can find it.
        jobs: what it is done on.
        processes: how many at a time.
        on_done: called for each job that is done.

    Returns:
        What each gave, in the order of the jobs.

    Raises:
        LocalInnError: whatever the work raises; jobs that have not begun are given up.
    """
    # Spawned, since a forked process could inherit a lock that another thread of this one holds.
    context = multiprocessing.get_context("spawn")
    with _environment(_ONE_THREAD), ProcessPoolExecutor(processes, context) as pool:
        pending = [pool.submit(work, job) for job in jobs]
        try:
            for done in as_completed(pending):
                done.result()
                on_done()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [one.result() for one in pending]


def _run_and_keep(todo: tuple[AccuracyJob, Path]) -> None:
    job, file = todo
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
