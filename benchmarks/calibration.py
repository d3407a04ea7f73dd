# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether covariances tell the truth: ANEES and coverage over drives, and on real scans.

For (x, y, yaw) a right filter has an ANEES near 3 and holds 0.199, 0.739 and 0.971 of the truths
within 1, 2 and 3 sigma. The bundles' covariances are calibrated on scans at random places, not on
these drives; that of the Intel lab on lap 1, not on laps 2 and 3.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from map_bundles import map_bundles, shipped_bundle

from local_inn_ros.benchmarking.accuracy_job import AccuracyJob
from local_inn_ros.benchmarking.calibration_job import Promises, run_calibration_job
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.job_pool import in_processes
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import progress_bar, say
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.metrics import Calibration
from local_inn_ros.evaluation.reliability import draw_reliability
from local_inn_ros.evaluation.replay import replay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.simulation.worlds import WorldKind
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import open_model

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"
INTEL = ROOT.parent / "shared" / "data" / "intel_lab" / "lap2_test_rosbag2"
INTEL_NAME = "Intel lab, laps 2 and 3"
SPEEDS_MPS = (1.0, 5.0, 8.0)
SHORT_SPEEDS_MPS = (5.0,)
# What is asked of the fused pose.
LEAST_ANEES, MOST_ANEES = 2.4, 3.6
COVERAGE = tuple(metrics.expected_coverage(sigma) for sigma in (1.0, 2.0, 3.0))
TOLERANCES = (0.05, 0.06, 0.03)


def within(found: Calibration) -> bool:
    """Tell whether a calibration is as asked."""
    shares = (found.coverage_1s, found.coverage_2s, found.coverage_3s)
    near = (
        abs(share - right) <= most
        for share, right, most in zip(shares, COVERAGE, TOLERANCES, strict=True)
    )
    return LEAST_ANEES <= found.anees <= MOST_ANEES and all(near)


def drives(bundles: Sequence[Path], given: argparse.Namespace) -> list[AccuracyJob]:
    """Return a run for each seed of each sequence; the smooth world's come first."""
    return [
        AccuracyJob(
            bundle, bundle.resolve().name, condition, speed_mps, given.duration, seed, world
        )
        for world, bundle, condition, speed_mps, seed in product(
            WorldKind, bundles, CONDITIONS, given.speeds, range(given.seeds)
        )
        # What the map's own stairs are worth shows without disturbances.
        if world is WorldKind.SMOOTH or condition == "clean"
    ]


def run(jobs: Sequence[AccuracyJob], processes: int) -> dict[str, Promises]:
    """Run the drives in processes of one thread, and join the runs of each sequence.

    Raises:
        LocalInnError: a run failed.
    """
    with progress_bar() as bar:
        task = bar.add_task("drives", total=len(jobs))
        results = in_processes(run_calibration_job, jobs, processes, lambda: bar.advance(task))
    found: dict[str, list[Promises]] = {}
    for job, promises in zip(jobs, results, strict=True):
        found.setdefault(job.sequence, []).append(promises)
    return {name: Promises.joined(parts) for name, parts in found.items()}


def intel(bundle: Bundle, on_scan: Callable[[], None]) -> Promises:
    """Localize the robot of the Intel lab on laps 2 and 3."""
    recording = open_recording(INTEL, BagTopics(reference="/ground_truth"))
    assert recording.reference is not None
    localizer = fix_producer_of(open_model(bundle), Mount.level(recording.mount), RunSettings())
    pipeline = LocalizationPipeline(localizer, PoseFilter(), mount=recording.mount)
    return Promises.of(
        replay(pipeline, recording.readings(), recording.reference, on_scan), recording.reference
    )


def to_row(sequence: str, promises: Promises) -> dict[str, Any]:
    """Return a sequence's figures, as they are written."""
    fused = metrics.calibration_of(promises.fused)
    network = metrics.calibration_of(promises.network)
    return {
        "sequence": sequence,
        "world": _world_of(sequence),
        "scans": len(promises.fused),
        "anees": fused.anees,
        "coverage": [fused.coverage_1s, fused.coverage_2s, fused.coverage_3s],
        "within": within(fused),
        "network_anees": network.anees,
        "network_coverage": [network.coverage_1s, network.coverage_2s, network.coverage_3s],
    }


def _world_of(sequence: str) -> str:
    """Return what a sequence was driven in."""
    if sequence == INTEL_NAME:
        return "real"
    own = sequence.endswith(f"{WorldKind.OWN.value} world")
    return (WorldKind.OWN if own else WorldKind.SMOOTH).value


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| sequence | scans | ANEES | within 1, 2, 3 sigma | as asked | network alone: ANEES "
        "| within 1, 2, 3 sigma |",
        "| --- | --: | --: | --: | --- | --: | --: |",
    ]
    for row in rows:
        shares, alone = (
            ", ".join(f"{share:.2f}" for share in row[key])
            for key in ("coverage", "network_coverage")
        )
        lines.append(
            f"| {row['sequence']} | {row['scans']:,} | {row['anees']:.2f} | {shares} "
            f"| {'yes' if row['within'] else 'no'} | {row['network_anees']:.2f} | {alone} |"
        )
    count = sum(row["within"] for row in rows)
    lines.append(f"\n{count} of {len(rows)} sequences as asked.")
    return "\n".join(lines)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help="the shipped bundle at 5 m/s, and the Intel lab")
    add("--bundles", type=Path, default=BUILD / "bundles", help="holds a bundle for each map")
    add("--intel", type=Path, default=BUILD / "intel_lab_bundle", help="bundle of the Intel lab")
    add("--speeds", type=float, nargs="+", default=list(SPEEDS_MPS), help="m/s [1 5 8]")
    add("--seeds", type=int, default=5, help="runs of each sequence [5]")
    add("--duration", type=float, default=6.0, help="seconds of a run [6]")
    add("--jobs", type=int, default=2, help="runs at a time [2]")
    add("--out", type=Path, default=BUILD / "calibration.json", help="the figures, as JSON")
    add("--picture", type=Path, default=BUILD / "reliability.png", help="the reliability plot")
    given = parser.parse_args()
    if given.short:
        given.speeds = list(SHORT_SPEEDS_MPS)
    return given


def pictured(found: dict[str, Promises]) -> dict[str, Any]:
    """Return the squared distances of each map's drives together, and of the real robot.

    Drives in the map's own cells are left out.
    """
    by_map: dict[str, list[Any]] = {}
    for sequence, promises in found.items():
        if _world_of(sequence) == WorldKind.OWN.value:
            continue
        name = sequence if sequence == INTEL_NAME else sequence.split(",")[0]
        by_map.setdefault(name, []).append(promises.fused)
    return {name: np.concatenate(parts) for name, parts in by_map.items()}


def main() -> None:
    """Drive, compare, print and write."""
    given = options()
    bundles = [shipped_bundle()] if given.short else map_bundles(given.bundles)
    found = run(drives(bundles, given), given.jobs)
    if INTEL.exists() and given.intel.is_dir():
        found[INTEL_NAME] = intel(Bundle.load(given.intel), lambda: None)
    else:
        say(f"left out: the Intel lab; it needs {INTEL} and a bundle at {given.intel}")
    rows = [to_row(sequence, promises) for sequence, promises in found.items()]
    settings = {"seeds": given.seeds, "duration_s": given.duration}
    write_json(given.out, {"settings": settings, "rows": rows})
    draw_reliability(pictured(found), given.picture, "fused poses")
    print(markdown(rows))
    print(f"\nwritten: {given.out} and {given.picture}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")
