# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results of the accuracy benchmark's runs, kept on disk so that an interrupted one goes on."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from local_inn_ros.benchmarking.accuracy import EstimatorRun
from local_inn_ros.benchmarking.accuracy_job import JobResult
from local_inn_ros.benchmarking.cramer_rao import PoseBounds
from local_inn_ros.places import new_file

_FIELDS = ("stamps_s", "estimates", "truth", "covariances", "seconds")


def write_result(path: Path, result: JobResult) -> None:
    """Write a result; the file appears whole or not at all, its folder is made where needed.

    Raises:
        PlaceError: it cannot be written.
    """
    arrays: dict[str, Any] = {
        "driven": np.array([result.driven_m, result.driven_s]),
        "bounds": np.stack([result.bounds.position_m, result.bounds.yaw_rad]),
        "face_bounds": np.stack([result.face_bounds.position_m, result.face_bounds.yaw_rad]),
    }
    for name, run in result.estimators.items():
        arrays[f"{name}:seed"] = np.array(run.seed)
        for field in _FIELDS:
            values = getattr(run, field)
            if values is not None:
                arrays[f"{name}:{field}"] = values
    with new_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_result(path: Path) -> JobResult | None:
    """Read a result; None where there is none, or none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        names = [key.split(":")[0] for key in arrays if key.endswith(":seed")]
        driven_m, driven_s = arrays["driven"].tolist()
        return JobResult(
            estimators={name: _run(arrays, name) for name in names},
            bounds=PoseBounds(*arrays["bounds"]),
            face_bounds=PoseBounds(*arrays["face_bounds"]),
            driven_m=driven_m,
            driven_s=driven_s,
        )
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return None


def _run(arrays: Mapping[str, Any], name: str) -> EstimatorRun:
    return EstimatorRun(
        seed=int(arrays[f"{name}:seed"]),
        stamps_s=arrays[f"{name}:stamps_s"],
        estimates=arrays[f"{name}:estimates"],
        truth=arrays[f"{name}:truth"],
        covariances=arrays.get(f"{name}:covariances"),
        seconds=arrays.get(f"{name}:seconds"),
    )
