# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of every estimator by map, speed and disturbance: a simulated robot drives laps.

The robot drives between walls without stairs, past furniture that was moved since its map was made,
and its laser measures one beam after the other; beside that stand drives in the map's own cells,
and with a laser that takes no time over a scan. Every estimator (see
``local_inn_ros.benchmarking.estimators``) hears the same readings from the
same start, and is compared with the truth at every scan, unaligned. Runs that are done are kept, so
that an interrupted benchmark goes on where it was; a run is done anew when its bundle, its settings
or the code that makes its figures have changed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from map_bundles import ROOT, map_bundles, shipped_bundle

from local_inn_ros.benchmarking.accuracy_job import RANGE_NOISE_M, AccuracyJob
from local_inn_ros.benchmarking.accuracy_table import Comparison, compare, markdown
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS, SLIP
from local_inn_ros.benchmarking.job_pool import run_jobs
from local_inn_ros.benchmarking.simulated_drive import RUN_UP_S
from local_inn_ros.benchmarking.worlds import ScanKind
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import progress_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.simulation.worlds import WorldKind

BUILD = ROOT / "build" / "bench"
SPEEDS_MPS = (1.0, 5.0, 8.0)
SHORT_SPEED_MPS = 5.0
# Beside the world as it is: what comes of it where walls have the map's stairs, and where a laser
# measures all beams at once. Without disturbances, which change nothing of that.
COMPARED = (
    (WorldKind.OWN, ScanKind.IN_TURN),
    (WorldKind.SMOOTH, ScanKind.INSTANT),
    (WorldKind.OWN, ScanKind.INSTANT),
)


def all_jobs(given: argparse.Namespace, bundles: Sequence[Path]) -> list[AccuracyJob]:
    """Return every run of every bundle at every speed under every condition.

    Raises:
        LocalInnError: a bundle cannot be used.
    """
    # A damaged bundle is better found now than in an hour.
    loaded = [Bundle.load(bundle) for bundle in bundles]
    variants = [(condition, WorldKind.SMOOTH, ScanKind.IN_TURN) for condition in given.conditions]
    if not given.no_comparison:
        variants += [(given.conditions[0], world, scan) for world, scan in COMPARED]
    return [
        AccuracyJob(
            bundle=bundle.path,
            map=bundle.path.resolve().name,
            condition=condition,
            speed_mps=speed_mps,
            duration_s=given.duration,
            seed=seed,
            world=world,
            scan=scan,
        )
        for condition, world, scan in variants
        for bundle in loaded
        for speed_mps in given.speeds
        for seed in range(given.seeds)
    ]


def run(jobs: Sequence[AccuracyJob], given: argparse.Namespace) -> list[Comparison]:
    """Run what has not been run before, and take seeds together.

    Raises:
        LocalInnError: a run failed; the others are kept.
    """
    with progress_bar() as bar:
        task = bar.add_task("runs", total=len(jobs))
        results = run_jobs(jobs, given.runs, given.jobs, lambda: bar.advance(task))
    return compare(jobs, results)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help="the shipped bundle, 5 m/s, clean: a run of each kind")
    add(
        "--bundle",
        type=Path,
        action="append",
        help="measure this bundle; may be given again [the shipped one and those of --bundles]",
    )
    add(
        "--bundles",
        type=Path,
        default=BUILD / "bundles",
        help="holds a bundle for each map of ../shared/data/maps; what is missing is trained "
        "[build/bench/bundles]",
    )
    add("--speeds", type=float, nargs="+", default=list(SPEEDS_MPS), help="m/s [1 5 8]")
    add(
        "--conditions",
        nargs="+",
        choices=list(CONDITIONS),
        default=list(CONDITIONS),
        help="disturbances [all]",
    )
    add(
        "--no-comparison",
        action="store_true",
        help="leave out the map's own stairs and the laser that measures all beams at once",
    )
    add("--seeds", type=int, default=5, help="runs, each drawn anew on another part of a lap [5]")
    add("--duration", type=float, default=10.0, help="seconds of a run [10]")
    add("--jobs", type=int, default=2, help="runs at a time, each in a process of one thread [2]")
    add(
        "--runs",
        type=Path,
        default=BUILD / "accuracy_runs",
        help="where runs are kept, to go on after an interruption [build/bench/accuracy_runs]",
    )
    add("--out", type=Path, default=BUILD / "accuracy.json", help="the figures, as JSON")
    add("--markdown", type=Path, help="write the tables to this file too")
    given = parser.parse_args()
    for name in ("seeds", "jobs"):
        if getattr(given, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(given, name)}")
    if not all(0.0 < speed < math.inf for speed in given.speeds):
        parser.error("--speeds must be above 0")
    if not 0.1 <= given.duration < math.inf:
        parser.error(f"--duration must be at least 0.1 s, not {given.duration}")
    if given.short:
        given.speeds, given.conditions, given.seeds = [SHORT_SPEED_MPS], ["clean"], 1
        given.bundle = given.bundle or [shipped_bundle()]
    return given


def write(given: argparse.Namespace, found: Sequence[Comparison]) -> None:
    """Write the figures, print the tables."""
    settings = {
        "seeds": given.seeds,
        "duration_s": given.duration,
        "run_up_s": RUN_UP_S,
        "range_noise_m": RANGE_NOISE_M,
        "slip": SLIP,
        "conditions": [asdict(CONDITIONS[name]) for name in given.conditions],
    }
    rows = [row for comparison in found for row in comparison.rows()]
    write_json(given.out, {"settings": settings, "rows": rows})
    tables = markdown(found)
    print(tables)
    print(f"written: {given.out}")
    if given.markdown is not None:
        write_text(given.markdown, tables)
        print(f"written: {given.markdown}")


def write_text(path: Path, text: str) -> None:
    """Write a file; it appears whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise LocalInnError(f"cannot write {path}: {error.strerror}") from error


def main() -> None:
    """Find the bundles, drive, estimate, print and write."""
    given = options()
    bundles = given.bundle or map_bundles(given.bundles)
    write(given, run(all_jobs(given, bundles), given))


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the same command goes on from here")
