# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors against speed: a simulated robot drives laps on the maps of trained bundles.

Every estimator (see ``local_inn_ros.evaluation.estimators``) hears the same readings from the same
start, and is compared with the truth at every scan, unaligned.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from local_inn_ros.cli.output import progress_bar
from local_inn_ros.engines import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.accuracy import Accuracy, EstimatorRun, accuracy
from local_inn_ros.evaluation.cramer_rao import fisher_information, pose_bounds
from local_inn_ros.evaluation.estimators import REPLAYS, estimator_runs
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.simulated_drive import Drive, events_over, record
from local_inn_ros.geometry import Pose2
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.world import ClosedPath, RayCaster, plan_lap

ROOT = Path(__file__).resolve().parents[1]
RANGE_NOISE_M = 0.01
# From rest to speed; what happens until then is not measured.
RUN_UP_S = 2.0
# The laser sits on the base's origin.
MOUNT = Pose2.identity()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the robot meets.

    Attributes:
        seeds: how many runs, each drawn with a seed of its own.
        duration_s: how long a run is; a lap where left out.
        slip: standard deviation of the odometry's scale.
        blocked_share: share of the beams stopped by things that are not on the map.
    """

    seeds: int
    duration_s: float | None
    slip: float
    blocked_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All estimators on one map at one speed.

    Attributes:
        map: name of the bundle.
        speed_mps: the speed wanted.
        driven_mps: the mean speed driven.
        crlb_m: median over the scans of the Cramer-Rao bound on position; not finite where most
            scans leave a direction open.
        crlb_yaw_deg: the same for heading.
        estimators: by name.
    """

    map: str
    speed_mps: float
    driven_mps: float
    crlb_m: float
    crlb_yaw_deg: float
    estimators: dict[str, Accuracy]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each estimator."""
        shared = {"map": self.map, "speed_mps": self.speed_mps}
        bounds = {
            "crlb_m": _finite(self.crlb_m),
            "crlb_yaw_deg": _finite(self.crlb_yaw_deg),
            "driven_mps": self.driven_mps,
        }
        return [
            {**shared, "estimator": name, **found.to_json(), **bounds}
            for name, found in self.estimators.items()
        ]


def compare(
    bundle: Bundle, speed_mps: float, conditions: Conditions, on_scan: Callable[[], None]
) -> Comparison:
    """Drive as often as there are seeds, and run every estimator on each drive."""
    sensor = bundle.description.sensor.model_copy(update={"noise_std_m": RANGE_NOISE_M})
    caster = RayCaster(bundle.grid)
    runs: dict[str, list[EstimatorRun]] = {}
    positions, yaws, lengths_m, durations_s = [], [], [], []
    for seed in range(conditions.seeds):
        drive_rng, particle_rng = np.random.default_rng(seed).spawn(2)
        drive = _drive(bundle, sensor, speed_mps, conditions, drive_rng)
        answered = estimator_runs(bundle, drive, MOUNT, seed, particle_rng, on_scan)
        for name, run in answered.items():
            runs.setdefault(name, []).append(run)
        truth = drive.truth.at([scan.stamp_s for scan in drive.scans])
        bounds = pose_bounds(fisher_information(caster, truth, sensor))
        positions.append(bounds.position_m)
        yaws.append(bounds.yaw_rad)
        lengths_m.append(drive.truth.path_m())
        durations_s.append(float(np.ptp(drive.truth.stamps_s)))
    return Comparison(
        map=bundle.path.resolve().name,
        speed_mps=speed_mps,
        driven_mps=sum(lengths_m) / sum(durations_s),
        crlb_m=float(np.median(np.concatenate(positions))),
        crlb_yaw_deg=float(np.degrees(np.median(np.concatenate(yaws)))),
        estimators={name: accuracy(each) for name, each in runs.items()},
    )


def _drive(
    bundle: Bundle,
    sensor: SensorSpec,
    speed_mps: float,
    conditions: Conditions,
    rng: np.random.Generator,
) -> Drive:
    route = plan_lap(bundle.grid)
    simulator = Simulator(
        bundle.grid,
        route,
        LaserModel(sensor, blocked_share=conditions.blocked_share, base_from_laser=MOUNT),
        OdometryModel(slip=conditions.slip, turn_slip=conditions.slip),
        speed_mps,
        rng,
    )
    simulator.advance_to(RUN_UP_S)
    if conditions.duration_s is not None:
        return record(simulator.events(conditions.duration_s))
    return record(events_over(simulator, ClosedPath.through(route).length_m, speed_mps))


def markdown(found: Comparison) -> str:
    """Return the figures as a Markdown table."""
    seeds = len(next(iter(found.estimators.values())).runs)
    lines = [
        f"| {found.map}, {found.speed_mps:g} m/s, {seeds} seed{'s' * (seeds > 1)} "
        "| mean [cm] | 95 % | median | p95 | max | yaw mean [deg] | 95 % | p95 | ANEES | lost |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for name, one in found.estimators.items():
        far, turned = one.mean_interval_m, one.yaw_mean_interval_deg
        pooled, calibration = one.pooled, one.calibration
        lengths = (pooled.ape_median_m, pooled.ape_p95_m, pooled.ape_max_m)
        cells = [
            f"{100 * one.mean_m:.2f}",
            "" if far is None else f"{100 * far.low:.2f} to {100 * far.high:.2f}",
            *(f"{100 * length:.2f}" for length in lengths),
            f"{one.yaw_mean_deg:.3f}",
            "" if turned is None else f"{turned.low:.3f} to {turned.high:.3f}",
            f"{pooled.yaw_p95_deg:.3f}",
            "" if calibration is None else f"{calibration.anees:.2f}",
            str(one.lost.episodes),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append(
        f"\nDriven at {found.driven_mps:.2f} m/s on average. Cramer-Rao bound of one unobstructed "
        f"scan, median: {1e3 * found.crlb_m:.2f} mm, {found.crlb_yaw_deg:.4f} deg."
    )
    return "\n".join(lines)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _progress_total(bundle: Bundle, speed_mps: float, conditions: Conditions) -> int:
    """Return about how many scans will be answered."""
    duration_s = conditions.duration_s
    if duration_s is None:
        duration_s = ClosedPath.through(plan_lap(bundle.grid)).length_m / speed_mps
    return int(duration_s * bundle.description.sensor.rate_hz) * REPLAYS * conditions.seeds


def run(
    folders: Sequence[Path], speeds_mps: Sequence[float], conditions: Conditions
) -> list[Comparison]:
    """Compare the estimators on every map at every speed.

    Raises:
        LocalInnError: a bundle cannot be used, or its map has no lap.
    """
    bundles = [Bundle.load(folder) for folder in folders]
    found = []
    with progress_bar() as bar:
        for bundle in bundles:
            for speed_mps in speeds_mps:
                task = bar.add_task(
                    f"{bundle.path.resolve().name}, {speed_mps:g} m/s",
                    total=_progress_total(bundle, speed_mps, conditions),
                )
                found.append(compare(bundle, speed_mps, conditions, partial(bar.advance, task)))
                bar.remove_task(task)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bundle",
        type=Path,
        action="append",
        help="a bundle; may be given again [generated_track]",
    )
    parser.add_argument("--seeds", type=int, default=5, help="runs, each drawn anew [5]")
    parser.add_argument("--speeds", type=float, nargs="+", default=[5.0], help="m/s [5]")
    parser.add_argument("--duration", type=float, help="seconds of a run, in place of a lap")
    parser.add_argument("--slip", type=float, default=0.1, help="of the odometry [0.1]")
    parser.add_argument(
        "--blocked-share", type=float, default=0.0, help="of the beams, by passers-by [0]"
    )
    parser.add_argument("--short", action="store_true", help="one seed, and the first speed only")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "accuracy.json")
    given = parser.parse_args()
    if given.seeds < 1:
        parser.error(f"--seeds must be at least 1, not {given.seeds}")
    if not all(0.0 < speed < math.inf for speed in given.speeds):
        parser.error("--speeds must be above 0")
    if given.duration is not None and not 0.1 <= given.duration < math.inf:
        parser.error(f"--duration must be at least 0.1 s, not {given.duration}")
    if not 0.0 <= given.slip < 1.0:
        parser.error(f"--slip lies between 0 and 1, not {given.slip}")
    if not 0.0 <= given.blocked_share < 1.0:
        parser.error(f"--blocked-share lies between 0 and 1, not {given.blocked_share}")
    return given


def main() -> None:
    """Drive, estimate, print and write."""
    given = _options()
    folders = given.bundle or [resource_directory("models") / "generated_track"]
    speeds = given.speeds[:1] if given.short else given.speeds
    conditions = Conditions(
        seeds=1 if given.short else given.seeds,
        duration_s=given.duration,
        slip=given.slip,
        blocked_share=given.blocked_share,
    )
    found = run(folders, speeds, conditions)
    settings = {**asdict(conditions), "range_noise_m": RANGE_NOISE_M, "run_up_s": RUN_UP_S}
    rows = [row for comparison in found for row in comparison.rows()]
    write_json(given.out, {"settings": settings, "rows": rows})
    for comparison in found:
        print(markdown(comparison), end="\n\n")
    print(f"written: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
