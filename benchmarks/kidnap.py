# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a robot is found again that was put down anywhere, standing or driving on.

Standing, the whole map is searched with one scan from a random pose. Moving, the robot is put down
on a lap and drives on, until the search has decided or three seconds are over; scans that come
while the search works on one are left out, as on a robot. In the Intel lab scans and odometry are
real, from a random moment of laps 2 and 3.

Not all places can be told from one scan, or from a few metres: the two corridors of
levine_slam_dark lie parallel, 9 m apart, and look alike from much of their length. There the right
answer is "ambiguous", and a false confirmation is the fault.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from map_bundles import CIRCUIT, FLOOR, MAPS, ROOT, floor_bundle, map_bundles, shipped_bundle

from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.job_pool import in_processes
from local_inn_ros.benchmarking.kidnap import Attempt, KidnapScore
from local_inn_ros.benchmarking.kidnap_job import (
    MOVING,
    RANGE_NOISE_M,
    SPEED_MPS,
    STANDING,
    KidnapJob,
)
from local_inn_ros.benchmarking.kidnap_table import KidnapRow, markdown
from local_inn_ros.benchmarking.quality_jobs import Place
from local_inn_ros.benchmarking.worlds import DRAWN_FLOOR, floor
from local_inn_ros.cli.output import progress_bar, say
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.localization.search.place_search import PlaceSearchSettings
from local_inn_ros.simulation.worlds import WorldKind

BUILD = ROOT / "build" / "bench"
RECORDING = MAPS.parent / "intel_lab" / "lap2_test_rosbag2"
# Of those that map_bundles trains.
MAPPED = ("levine_slam_dark", "skirk", "berlin", DRAWN_FLOOR, CIRCUIT)
TRIALS, SHORT_TRIALS = 200, 40
# So many at a time, that two processes have as much to do.
CHUNK = 20


def places(given: argparse.Namespace) -> list[Place]:
    """Return where to search: what is there, or for the full benchmark all that can be.

    Raises:
        LocalInnError: a bundle is missing and cannot be trained.
    """
    if given.short:
        folders = [given.bundles / name for name in MAPPED if (given.bundles / name).is_dir()]
        with_floor = (given.bundles / FLOOR).is_dir()
    else:
        folders = [path for path in map_bundles(given.bundles) if path.name in MAPPED]
        with_floor = floor_bundle(given.bundles).is_dir()
    world = WorldKind(given.world)
    found = [Place(path.resolve().name, path, world=world) for path in (shipped_bundle(), *folders)]
    if with_floor:
        found.append(Place(FLOOR, given.bundles / FLOOR, floor().route, world=world))
    if given.intel.is_dir() and RECORDING.exists():
        found.append(Place("intel_lab", given.intel, recording=RECORDING))
    left_out = {*MAPPED, FLOOR, "intel_lab"} - {place.name for place in found}
    if left_out:
        say(f"left out, for lack of a bundle or of the recording: {', '.join(sorted(left_out))}")
    return found


def all_jobs(
    where: Sequence[Place],
    conditions: Sequence[str],
    trials: int,
    seed: int,
    skipped_share: float = 0.0,
) -> list[KidnapJob]:
    """Return all there is to do, in chunks; no two are drawn alike."""
    jobs: list[KidnapJob] = []
    for condition in conditions:
        for place in where:
            # What happens in a recording has happened.
            if place.recording is not None and condition != conditions[0]:
                continue
            for mode in (STANDING, MOVING):
                for start in range(0, trials, CHUNK):
                    count = min(CHUNK, trials - start)
                    number = seed + len(jobs)
                    jobs.append(KidnapJob(place, mode, condition, count, number, skipped_share))
    return jobs


def run(jobs: Sequence[KidnapJob], processes: int) -> list[list[Attempt]]:
    """Return what each job gave, in their order.

    Raises:
        LocalInnError: a job cannot be run.
    """
    with progress_bar() as bar:
        task = bar.add_task("searching", total=len(jobs))
        return in_processes(_run, jobs, processes, lambda: bar.advance(task))


def _run(job: KidnapJob) -> list[Attempt]:
    return job.run()


def rows(jobs: Sequence[KidnapJob], found: Sequence[Sequence[Attempt]]) -> list[KidnapRow]:
    """Take the chunks of each map, mode and condition together."""
    together: dict[tuple[str, str, str], list[Attempt]] = {}
    for job, attempts in zip(jobs, found, strict=True):
        condition = "recorded" if job.place.recording is not None else job.condition
        together.setdefault((job.place.name, job.mode, condition), []).extend(attempts)
    worlds = {job.place.name: job.place.world for job in jobs if job.place.recording is None}
    return [
        KidnapRow(*key, worlds[key[0]].value if key[0] in worlds else "real", KidnapScore.of(found))
        for key, found in together.items()
    ]


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help=f"{SHORT_TRIALS} trials, on the bundles there are")
    add(
        "--bundles",
        type=Path,
        default=BUILD / "bundles",
        help="holds a bundle for each map; what is missing is trained, or left out where it is to "
        "be short [build/bench/bundles]",
    )
    add("--intel", type=Path, default=BUILD / "intel_lab_bundle", help="the Intel lab's bundle")
    add("--trials", type=int, help=f"for each map, mode and condition [{TRIALS}]")
    add(
        "--conditions",
        nargs="+",
        choices=list(CONDITIONS),
        default=["clean"],
        help="what a simulated robot meets [clean]",
    )
    add(
        "--world",
        choices=[kind.value for kind in WorldKind],
        default=WorldKind.SMOOTH.value,
        help="where simulated robots are: between smooth walls, or in the map's own cells [smooth]",
    )
    add("--maps", nargs="+", help="the names of those to search on [all]")
    add(
        "--skipped",
        type=float,
        default=0.0,
        help="share of the scans that a search never sees, drawn by lot [0]",
    )
    add("--seed", type=int, default=50_000, help="of all chance [50000]")
    add("--jobs", type=int, default=2, help="processes of one thread each [2]")
    add("--out", type=Path, default=BUILD / "kidnap.json", help="the figures, as JSON")
    given = parser.parse_args()
    if given.trials is None:
        given.trials = SHORT_TRIALS if given.short else TRIALS
    if not 0.0 <= given.skipped < 1.0:
        parser.error(f"--skipped must be at least 0 and below 1, not {given.skipped}")
    for name in ("trials", "jobs"):
        if getattr(given, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(given, name)}")
    return given


def main() -> None:
    """Find the bundles, search, print and write."""
    given = options()
    where = [place for place in places(given) if given.maps is None or place.name in given.maps]
    jobs = all_jobs(where, given.conditions, given.trials, given.seed, given.skipped)
    found = rows(jobs, run(jobs, given.jobs))
    limits = PlaceSearchSettings()
    settings = {
        "seed": given.seed,
        "skipped_share": given.skipped,
        "world": given.world,
        "range_noise_m": RANGE_NOISE_M,
        "speed_mps": SPEED_MPS,
        "timeout_s": limits.timeout_s,
        "confirm_readings": limits.confirm_readings,
    }
    write_json(given.out, {"settings": settings, "rows": [row.to_json() for row in found]})
    print(markdown(found))
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")
