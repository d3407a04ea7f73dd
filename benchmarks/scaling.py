# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a larger map costs: size, training time, time of a call and errors against the map's area.

Maps are made of 1, 10, 100 floors of one kind (see scaling_maps.py), and one bundle is trained on
each, all with the same number of steps. Bundles are kept, and used again where their map and their
settings are those asked for.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from map_bundles import ROOT, SENSOR
from scaling_maps import FLOOR_M2, joined_floors

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import say
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.errors import BundleError, LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.sensing import LaserSpec, load_laser_spec
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.network import LocalInn
from local_inn_ros.systems.local_inn_2d.networks import open_networks
from local_inn_ros.systems.local_inn_2d.presets import PRESETS, TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import MapSource
from local_inn_ros.systems.local_inn_2d.system import SYSTEM
from local_inn_ros.systems.local_inn_2d.train import LocalInn2dTraining
from local_inn_ros.systems.protocol import TrainingInputs
from local_inn_ros.training.train import train_run
from local_inn_ros.world import FreeSpace, OccupancyGrid, grid_hash

BUILD = ROOT / "build" / "bench"
AREAS_M2 = (150.0, 1_500.0, 15_000.0)
SHORT_STEPS = 300
_WARM_UP, _CALLS = 20, 200
_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What a map of one size costs, and how well it is held.

    Attributes:
        floors: floors that the map is made of.
        area_m2: free area, less the clearance that training keeps.
        width_m: extent of that area along x.
        height_m: the same along y.
        parameters: numbers that training has to find.
        networks_mb: the bundle's three networks, in 10^6 bytes.
        steps: gradient steps.
        training_s: seconds they took.
        inverse_ms: median time of an inverse pass of one scan (encoder, then 20 samples).
        forward_ms: the same of a forward pass of one pose.
        inn_position_mean_m: error of the network alone, two passes from priors 0.2 m, 0.2 m and
            15 degrees off, on scans that training has not seen.
        inn_position_median_m: its median.
        inn_yaw_mean_deg: the same for heading.
        inn_yaw_median_deg: its median.
        forward_median_m: median absolute range error of the forward pass.
    """

    floors: int
    area_m2: float
    width_m: float
    height_m: float
    parameters: int
    networks_mb: float
    steps: int
    training_s: float
    inverse_ms: float
    forward_ms: float
    inn_position_mean_m: float
    inn_position_median_m: float
    inn_yaw_mean_deg: float
    inn_yaw_median_deg: float
    forward_median_m: float


def kept(
    grid: OccupancyGrid, sensor: LaserSpec, settings: TrainingSettings, seed: int, folder: Path
) -> Bundle | None:
    """Return the bundle in a folder where it is the one asked for."""
    try:
        bundle = Bundle.load(folder)
    except BundleError:
        return None
    return bundle if is_of(bundle, grid, sensor, settings, seed) else None


def trained(
    grid: OccupancyGrid, sensor: LaserSpec, settings: TrainingSettings, seed: int, folder: Path
) -> Bundle:
    """Train a bundle in a folder.

    Raises:
        LocalInnError: it cannot be trained, or was interrupted.
    """
    say(f"training {folder}")
    run = LocalInn2dTraining.of(TrainingInputs(grid, {"laser": sensor}), settings, seed)
    with training_bar() as show:
        train_run(SYSTEM, run, seed, folder, show)
    bundle = Bundle.load(folder)
    if bundle.description.training["steps"] != settings.steps:
        raise LocalInnError(f"the training of {folder} was interrupted; nothing was measured")
    return bundle


def is_of(
    bundle: Bundle,
    grid: OccupancyGrid,
    sensor: LaserSpec,
    settings: TrainingSettings,
    seed: int,
) -> bool:
    """Tell whether a bundle was trained on this map for this sensor in this way."""
    description = bundle.description
    # As JSON, a list and a tuple are the same.
    wanted = json.loads(json.dumps({**asdict(settings), "seed": seed}))
    deviation = {"prior_deviation": config_of(bundle).prior.deviation}
    found = json.loads(json.dumps({**description.training, **deviation}))
    same = all(name in found and found[name] == value for name, value in wanted.items())
    return same and description.laser == sensor and bundle.map_sha256 == grid_hash(grid)


def measure(bundle: Bundle, floors: int, settings: TrainingSettings) -> Row:
    """Weigh a bundle, time its calls and read what its training measured."""
    sensor, record = bundle.description.laser, bundle.description
    space = FreeSpace(bundle.grid, settings.clearance_m)
    model = LocalInn(sensor, space.bounds, settings.prior_deviation, settings.network)
    sizes = [graph.path.stat().st_size for graph in bundle.graphs]
    inverse_ms, forward_ms = time_calls(bundle, settings)
    return Row(
        floors=floors,
        area_m2=round(space.area_m2, 1),
        width_m=round(space.bounds.width_m, 1),
        height_m=round(space.bounds.height_m, 1),
        parameters=sum(each.numel() for each in model.parameters() if each.requires_grad),
        networks_mb=round(sum(sizes) / 1e6, 2),
        steps=settings.steps,
        training_s=float(str(record.training["seconds"])),
        inverse_ms=inverse_ms,
        forward_ms=forward_ms,
        **{name: record.measured[name] for name in Row.__slots__ if name in record.measured},
    )


def time_calls(bundle: Bundle, settings: TrainingSettings) -> tuple[float, float]:
    """Return the median times, in ms, of an inverse and of a forward pass, on one thread."""
    networks = open_networks(bundle)
    rng = np.random.default_rng(0)
    scans = MapSource(
        bundle.grid, bundle.description.laser, settings.clearance_m, blocked_share=0.0
    ).draw(rng, _WARM_UP + _CALLS)
    poses, spreads = scans.poses.astype(np.float32), np.ones(len(scans.poses), dtype=np.float32)
    latents = rng.normal(size=(_SAMPLES, config_of(bundle).latent_size)).astype(np.float32)

    def inverse(row: slice) -> None:
        given = (scans.ranges_m[row], scans.states[row], poses[row], spreads[row])
        networks.sample_poses(*given, latents)

    def forward(row: slice) -> None:
        networks.expected_ranges(poses[row])

    return _median_ms(inverse), _median_ms(forward)


def _median_ms(call: Callable[[slice], None]) -> float:
    """Time calls for one row after another, each somewhere else on the map."""
    seconds = []
    for index in range(_WARM_UP + _CALLS):
        started = time.perf_counter()
        call(slice(index, index + 1))
        seconds.append(time.perf_counter() - started)
    return 1e3 * float(np.median(seconds[_WARM_UP:]))


def markdown(rows: Sequence[Row]) -> str:
    """Return the figures as a Markdown table, and in a line what grew by how much."""
    lines = [
        "| free area | bounds | parameters | networks | training | inverse | forward "
        "| position mean, median | yaw mean, median | forward median |",
        "| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        position = (100.0 * row.inn_position_mean_m, 100.0 * row.inn_position_median_m)
        cells = [
            f"{row.area_m2:,.0f} m2",
            f"{row.width_m:.0f} x {row.height_m:.0f} m",
            f"{row.parameters / 1e6:.2f} M",
            f"{row.networks_mb:.1f} MB",
            f"{row.training_s:,.0f} s",
            f"{row.inverse_ms:.2f} ms",
            f"{row.forward_ms:.2f} ms",
            f"{position[0]:.2f}, {position[1]:.2f} cm",
            f"{row.inn_yaw_mean_deg:.3f}, {row.inn_yaw_median_deg:.3f} deg",
            f"{100.0 * row.forward_median_m:.2f} cm",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if len(rows) > 1:
        lines += ["", growth(rows[0], rows[-1])]
    return "\n".join(lines)


def growth(small: Row, large: Row) -> str:
    """Say by how much costs grow from one map to another, beside their areas."""
    names = {
        "parameters": "parameters",
        "networks_mb": "networks",
        "training_s": "training",
        "inverse_ms": "inverse pass",
        "forward_ms": "forward pass",
    }
    times = [
        f"{label} {getattr(large, name) / getattr(small, name):.1f}"
        for name, label in names.items()
    ]
    area = large.area_m2 / small.area_m2
    return f"From the first map to the last, area grows {area:.1f} times; {', '.join(times)} times."


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    standard = PRESETS["standard"].steps
    add("--short", action="store_true", help=f"{SHORT_STEPS} steps, bundles kept apart")
    add("--areas", type=float, nargs="+", default=list(AREAS_M2), help="m2 [150 1500 15000]")
    add("--steps", type=int, help=f"gradient steps of each training [{standard}]")
    add("--seed", type=int, default=0, help="of maps and trainings [0]")
    add("--again", action="store_true", help="train anew what is there already")
    add("--bundles", type=Path, help="where bundles are kept [build/bench/scaling]")
    add("--out", type=Path, default=BUILD / "scaling.json", help="the figures, as JSON")
    given = parser.parse_args()
    if not all(0.0 < area < math.inf for area in given.areas):
        parser.error("--areas must be above 0 m2")
    if given.steps is not None and given.steps < 1:
        parser.error(f"--steps must be at least 1, not {given.steps}")
    if given.steps is None:
        given.steps = SHORT_STEPS if given.short else standard
    given.bundles = given.bundles or BUILD / ("scaling_short" if given.short else "scaling")
    return given


def main() -> None:
    """Make the maps, train, measure, print and write."""
    given = options()
    settings = replace(PRESETS["standard"], steps=given.steps)
    sensor = load_laser_spec(SENSOR)
    rows = []
    for area_m2 in given.areas:
        floors = max(1, round(area_m2 / FLOOR_M2))
        folder = given.bundles / f"floors_{floors}"
        grid = joined_floors(np.random.default_rng(given.seed), floors)
        asked = (grid, sensor, settings, given.seed, folder)
        bundle = None if given.again else kept(*asked)
        rows.append(measure(bundle or trained(*asked), floors, settings))
        write_json(given.out, {"seed": given.seed, "rows": [asdict(row) for row in rows]})
    print(markdown(rows))
    print(f"\nwritten: {given.out}, bundles in {given.bundles}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the same command goes on from here")
