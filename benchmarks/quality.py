# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the quality of a fix is worth, and the monitor that watches it.

Scans with up to 40 % of their beams stopped by people are set beside right and wrong poses, and so
are scans with up to 70 %, the crowds that quality was fitted on. Then robots drive: with 30 %
blocked at the laser's rate, with slipping wheels, and through crowds that stop 65 %; an alarm is
false where the fused pose is less than 0.5 m and 10 degrees off. At last robots are carried
elsewhere while they drive, and the time until the monitor notices is taken. In the Intel lab scans
and odometry are real, and being carried is a cut in the recording.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from map_bundles import NAMES, ROOT, map_bundles, shipped_bundle

from local_inn_ros.benchmarking.job_pool import in_processes
from local_inn_ros.benchmarking.quality_jobs import DriveJob, Place, TeleportJob, TrialJob
from local_inn_ros.benchmarking.quality_table import CROWDED, MOST_BLOCKED, QualityReport
from local_inn_ros.benchmarking.worlds import floor
from local_inn_ros.cli.output import progress_bar, say
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.simulation.worlds import WorldKind

BUILD = ROOT / "build" / "bench"
RECORDING = ROOT.parent / "shared" / "data" / "intel_lab" / "lap2_test_rosbag2"
SPEED_MPS, LASER_HZ = 3.0, 40.0
# Slip and crowds are the same at any rate; slower lasers do more of them in the same time.
SLOW_HZ = 10.0
TELEPORT_HZ = (40.0, 10.0, 5.0)
CROWD_S, STRETCH_S = 10.0, 60.0
FLOOR = "generated_floor"

Job: TypeAlias = TrialJob | DriveJob | TeleportJob


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured, all places together unless it says for each."""

    scans: int
    blocked_s: float
    slip_s: float
    crowds: int
    teleports: int


FULL = Amount(scans=1000, blocked_s=3600.0, slip_s=3600.0, crowds=180, teleports=360)
SHORT = Amount(scans=200, blocked_s=900.0, slip_s=600.0, crowds=24, teleports=90)


def places(given: argparse.Namespace) -> list[Place]:
    """Return where to measure: what is there, or for the full measurement all that can be.

    Raises:
        LocalInnError: a bundle is missing and cannot be trained.
    """
    if given.short:
        names = (shipped_bundle(), *(given.bundles / name for name in NAMES))
        folders = [folder for folder in names if folder.is_dir()]
    else:
        folders = map_bundles(given.bundles)
    world = WorldKind(given.world)
    found = [Place(folder.resolve().name, folder, world=world) for folder in folders]
    if (given.bundles / FLOOR).is_dir():
        found.append(Place(FLOOR, given.bundles / FLOOR, floor().route, world=world))
    if given.intel.is_dir() and RECORDING.exists():
        found.append(Place("intel_lab", given.intel, recording=RECORDING))
    else:
        say(f"left out: the Intel lab, for which {given.intel} and {RECORDING} are needed")
    return found


def jobs(where: Sequence[Place], amount: Amount, seed: int) -> list[Job]:
    """Return all there is to do; no two drives are drawn alike."""
    simulated = [place for place in where if place.recording is None]
    recorded = [place for place in where if place.recording is not None]
    found: list[Job] = [
        TrialJob(place, amount.scans, most_blocked, seed)
        for most_blocked in (MOST_BLOCKED, CROWDED)
        for place in where
    ]
    found += _drives(simulated, "blocked", LASER_HZ, amount.blocked_s, STRETCH_S, seed)
    for condition in ("slip", "both"):
        found += _drives(simulated, condition, SLOW_HZ, 0.5 * amount.slip_s, STRETCH_S, seed)
    found += _drives(simulated, "crowd", SLOW_HZ, CROWD_S * amount.crowds, CROWD_S, seed)
    found += [DriveJob(place, "recorded", 5.0, 0.0, 0.0, seed) for place in recorded]
    share = math.ceil(amount.teleports / len(TELEPORT_HZ) / len(where))
    for rate_hz in TELEPORT_HZ:
        for place in simulated:
            found.append(
                TeleportJob(DriveJob(place, "blocked", rate_hz, SPEED_MPS, 0.0, seed), share)
            )
    for place in recorded:
        drive = DriveJob(place, "recorded", 5.0, 0.0, 0.0, seed)
        found.append(TeleportJob(drive, share * len(TELEPORT_HZ)))
    return found


def _drives(
    where: Sequence[Place],
    condition: str,
    rate_hz: float,
    total_s: float,
    stretch_s: float,
    seed: int,
) -> list[DriveJob]:
    """Share a time out to places, in stretches that each start on another part of the lap."""
    each = math.ceil(total_s / stretch_s / len(where))
    return [
        DriveJob(place, condition, rate_hz, SPEED_MPS, stretch_s, seed + 1 + number)
        for place in where
        for number in range(each)
    ]


def run(todo: Sequence[Job], processes: int) -> list[Any]:
    """Return what each job gave, in their order.

    Raises:
        LocalInnError: a job cannot be run.
    """
    with progress_bar() as bar:
        task = bar.add_task("measuring", total=len(todo))
        return in_processes(_run, todo, processes, lambda: bar.advance(task))


def _run(job: Job) -> Any:
    return job.run()


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help="a few minutes, on the bundles that are there")
    add(
        "--bundles",
        type=Path,
        default=BUILD / "bundles",
        help="holds a bundle for each map of ../shared/data/maps; what is missing is trained, "
        "or left out where it is to be short [build/bench/bundles]",
    )
    add("--intel", type=Path, default=BUILD / "intel_lab_bundle", help="the Intel lab's bundle")
    add(
        "--world",
        choices=[kind.value for kind in WorldKind],
        default=WorldKind.SMOOTH.value,
        help="where simulated robots are: between smooth walls, or in the map's own cells [smooth]",
    )
    add("--seed", type=int, default=1000, help="of all chance; the fit used 7 [1000]")
    add("--jobs", type=int, default=2, help="processes of one thread each [2]")
    add("--out", type=Path, default=BUILD / "quality.json", help="the figures, as JSON")
    given = parser.parse_args()
    if given.jobs < 1:
        parser.error(f"--jobs must be at least 1, not {given.jobs}")
    return given


def main() -> None:
    """Find the bundles, measure, print and write."""
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    given = options()
    amount = SHORT if given.short else FULL
    todo = jobs(places(given), amount, given.seed)
    report = QualityReport.of(todo, run(todo, given.jobs))
    settings = {
        "short": given.short,
        "seed": given.seed,
        "world": given.world,
        **asdict(amount),
    }
    write_json(given.out, {**report.to_json(), "settings": settings})
    print(report.markdown())
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
