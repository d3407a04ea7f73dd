# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Laps of a long circuit between smooth walls: errors along the track against the least possible.

The robot knows the grid of a generated circuit (343 m) and drives between its smooth walls, beams
measured in turn, with odometry that tells every distance too short or too long. The bounds are
those of the whole drive, odometry included: for an estimator that knows every wall exactly, which
no map of cells does, and for one for whom the wall of each cell is off by as much as the map's are.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path

from map_bundles import ROOT, SENSOR, circuit_world

from local_inn_ros.benchmarking.circuit_run import (
    AlongTrack,
    CircuitCase,
    along_track,
    bounds_of,
    drive_circuit,
)
from local_inn_ros.benchmarking.grid_fixes import GridFixes
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.replay import replay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.protocols import FixProducer
from local_inn_ros.sensing import Scan, load_laser_spec
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.simulation.worlds import WorldKind, driven_world
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import open_model
from local_inn_ros.world import LikelihoodField

_LAP_M = 343.0
_SHORT_S = 8.0
# The short form leaves out what takes longest.
_SHORT_CASES = [(5.0, 40.0, 30.0, 0.8), (5.0, 10.0, 10.0, 0.8), (8.0, 10.0, 30.0, 1.2)]
_MOUNT = Pose2.identity()


def cases(given: argparse.Namespace) -> list[tuple[CircuitCase, float]]:
    """Return what is driven, and for how long."""
    if given.short:
        return [(CircuitCase(*case, given.seed), _SHORT_S) for case in _SHORT_CASES]
    all_of = product(given.speeds, given.rates, given.reaches, given.scales)
    return [
        (CircuitCase(*case, given.seed), given.duration or 1.1 * _LAP_M / case[0])
        for case in all_of
    ]


def measure(given: argparse.Namespace) -> list[dict[str, object]]:
    """Drive, estimate and compare.

    Raises:
        LocalInnError: the bundle cannot be used.
    """
    circuit, sensor = circuit_world(), load_laser_spec(SENSOR)
    world = driven_world(WorldKind.SMOOTH, circuit.grid, circuit.route, None)
    field = LikelihoodField(circuit.grid)
    model = None if given.bundle is None else open_model(Bundle.load(given.bundle))
    rows: list[dict[str, object]] = []
    for case, duration_s in cases(given):
        drive = drive_circuit(world, circuit.route, sensor, case, duration_s)
        seen_by = case.sensor(sensor)
        bounds = bounds_of(world, field, seen_by, drive)
        by_stamp = {scan.stamp_s: k for k, scan in enumerate(drive.scans)}
        makers: dict[str, FixProducer[Scan]] = {"no_network": GridFixes(field, seen_by)}
        if model is not None:
            makers["fused"] = fix_producer_of(model, Mount.level(_MOUNT), RunSettings())
        for name, maker in makers.items():
            pipeline = LocalizationPipeline(maker, PoseFilter(), mount=_MOUNT)
            told = replay(pipeline, drive.readings(), drive.truth)
            least = bounds.at([by_stamp[stamp] for stamp in told.stamps_s.tolist()])
            found = along_track(drive, told.stamps_s, told.fused, told.covariances, least)
            rows.append(
                {
                    "estimator": name,
                    **asdict(case),
                    "scans": len(told.stamps_s),
                    **asdict(found),
                    "ratio": found.ratio,
                    "map_ratio": found.map_ratio,
                }
            )
            print(line(name, case, found), flush=True)
    return rows


HEADER = (
    "| estimator | m/s | Hz | reach [m] | odometry | along, rms [cm] | largest | bound | ratio "
    "| of the map | ratio | aside | ANEES | lost |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def line(name: str, case: CircuitCase, found: AlongTrack) -> str:
    """Return a row of the table."""
    numbers = (
        f"{100.0 * found.along_rms_m:.2f}",
        f"{100.0 * found.along_max_m:.1f}",
        f"{100.0 * found.bound_rms_m:.2f}",
        f"{found.ratio:.1f}",
        f"{100.0 * found.map_bound_rms_m:.2f}",
        f"{found.map_ratio:.1f}",
        f"{100.0 * found.aside_rms_m:.2f}",
        f"{found.anees:.2f}",
        f"{100.0 * found.lost_share:.1f} %",
    )
    told = (name, f"{case.speed_mps:g}", f"{case.rate_hz:g}", f"{case.reach_m:g}")
    return f"| {' | '.join((*told, f'{case.scale:g}', *numbers))} |"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help="three pieces of a lap instead of whole laps")
    add("--bundle", type=Path, help="a bundle of the circuit, for a row with the network as well")
    add("--speeds", type=float, nargs="+", default=[1.0, 5.0, 8.0])
    add("--rates", type=float, nargs="+", default=[10.0, 40.0])
    add("--reaches", type=float, nargs="+", default=[10.0, 30.0])
    add("--scales", type=float, nargs="+", default=[0.8, 1.0, 1.2])
    add("--duration", type=float, help="seconds of each drive [a lap]")
    add("--seed", type=int, default=0)
    add("--out", type=Path, default=ROOT / "build" / "bench" / "circuit.json")
    return parser.parse_args()


def main() -> None:
    """Drive, print and write."""
    given = options()
    print(HEADER)
    rows = measure(given)
    write_json(given.out, {"rows": rows})
    print(f"written: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
