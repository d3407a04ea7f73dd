# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a scan costs: from array to fix by number of samples, beside the particle filter.

A simulated robot drives on the bundle's map; localizer and particle filter follow the same scans,
of which the latter uses as many beams as the networks do. All in one run and one thread, so that
ratios hold on a machine that is busy with other things; the times themselves do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from map_bundles import ROOT, shipped_bundle
from numpy.typing import NDArray

from local_inn_ros.engines import Bundle, OnnxEngine
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.accuracy_job import MOUNT, AccuracyJob
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.replay import replay, replay_baseline
from local_inn_ros.evaluation.simulated_drive import Drive
from local_inn_ros.localization.ekf import PoseFilter
from local_inn_ros.localization.from_bundle import build_localizer
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.refiner_choice import RefinerChoice

SAMPLES = (2, 20, 100, 1000)
PARTICLES = 2000
SPEED_MPS = 5.0
# The first scans fill caches.
_SETTLING = 20

Figures = dict[str, float]


def locating_s(bundle: Bundle, drive: Drive, samples: int) -> dict[str, NDArray[np.float64]]:
    """Return the seconds that each stage took for each scan, and all of them together."""
    localizer = build_localizer(bundle, OnnxEngine(bundle), MOUNT, RefinerChoice.FIELD, samples)
    pipeline = LocalizationPipeline(localizer, PoseFilter())
    stages = replay(pipeline, drive.readings(), drive.truth).stages
    taken = {name: np.array([each[name] for each in stages]) for name in stages[0]}
    return {**taken, "locate": np.sum(list(taken.values()), axis=0)}


def particles_s(bundle: Bundle, drive: Drive) -> NDArray[np.float64]:
    """Return the seconds that the particle filter took for each scan."""
    beams = bundle.description.sensor.network_beams
    settings = MonteCarloSettings(particles=PARTICLES, max_beams=beams)
    localizer = MonteCarloLocalizer(bundle.grid, MOUNT, settings, np.random.default_rng(0))
    return replay_baseline(localizer, drive.readings(), drive.truth).seconds


def first_fix(bundle: Path) -> Figures:
    """Return how long a process takes to its first fix, and the memory that it holds then.

    From the start of Python on, where numba has compiled everything once before.
    """
    command = [sys.executable, str(Path(__file__).with_name("first_fix.py")), str(bundle)]
    for _ in range(2):
        started_s = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        seconds = time.perf_counter() - started_s
    return {"import_to_first_fix_s": seconds, "rss_mb": float(done.stdout)}


def percentiles_ms(seconds: NDArray[np.float64]) -> Figures:
    """Return the median and the tail of times, in milliseconds."""
    p50, p95, p99 = (1e3 * np.percentile(seconds[_SETTLING:], [50.0, 95.0, 99.0])).tolist()
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def markdown(stages: dict[str, Figures], samples: dict[str, Figures], mcl: Figures) -> str:
    """Return the figures as a table."""
    rows = [
        *((f"{name}, 20 samples", each) for name, each in stages.items()),
        *((f"array to fix, {count} samples", each) for count, each in samples.items()),
        (f"particle filter, {PARTICLES} particles", mcl),
    ]
    lines = ["| what | p50 ms | p95 ms | p99 ms |", "| --- | --- | --- | --- |"]
    for name, each in rows:
        lines.append(
            f"| {name} | {each['p50_ms']:.2f} | {each['p95_ms']:.2f} | {each['p99_ms']:.2f} |"
        )
    return "\n".join(lines)


def options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bundle", type=Path, default=shipped_bundle(), help="the trained model")
    parser.add_argument("--duration", type=float, default=10.0, help="seconds that are driven [10]")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "latency.json")
    given = parser.parse_args(words)
    if not given.duration >= 1.0:
        parser.error(f"--duration must be at least 1 s, not {given.duration}")
    return given


def measure(given: argparse.Namespace) -> str:
    """Drive, follow, write the figures and return them as a table.

    Raises:
        LocalInnError: the bundle cannot be used.
    """
    bundle = Bundle.load(given.bundle)
    name = given.bundle.resolve().name
    drive = AccuracyJob(given.bundle, name, "clean", SPEED_MPS, given.duration, 0).drive(bundle)
    taken = {count: locating_s(bundle, drive, count) for count in SAMPLES}
    samples = {str(count): percentiles_ms(each["locate"]) for count, each in taken.items()}
    stages = {stage: percentiles_ms(each) for stage, each in taken[20].items()}
    mcl = percentiles_ms(particles_s(bundle, drive))
    write_json(
        given.out,
        {
            "bundle": name,
            "scans": len(drive.scans),
            "load_average": os.getloadavg()[0],
            "engines": {"onnxruntime": samples},
            "stages": stages,
            # The nodes' own share, with messages in and out, is what `make bench-soak` measures.
            "node_p50_ms": None,
            "mcl_2000_p50_ms": mcl["p50_ms"],
            "mcl_2000_to_locate": mcl["p50_ms"] / samples["20"]["p50_ms"],
            **first_fix(given.bundle.resolve()),
        },
    )
    return markdown(stages, samples, mcl)


if __name__ == "__main__":
    try:
        arguments = options()
        print(measure(arguments))
        print(f"written: {arguments.out}")
    except LocalInnError as error:
        sys.exit(f"error: {error}")
