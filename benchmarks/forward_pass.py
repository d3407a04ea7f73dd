# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The map that a network holds: range errors of the forward pass alone, and a picture of it.

At free poses that training never saw, the ranges that the forward pass expects are compared with
ray casting in the true map, without noise. The picture is drawn from forward passes alone, beside
the true map.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from map_bundles import ROOT, shipped_bundle

from local_inn_ros.benchmarking.forward_pass import ForwardPasses, forward_passes
from local_inn_ros.benchmarking.map_picture import draw_held_map
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import progress_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.systems.local_inn_2d.networks import open_networks
from local_inn_ros.world import FreeSpace

BUILD = ROOT / "build" / "bench"
# Bundles are trained with small seeds; what a bundle says of its own is looked at all the same.
SEED = 705_919
CLEARANCE_M = 0.15
# Passes that a picture is drawn from, for each square metre: so many that every wall is met often.
_DRAWN_PER_M2 = 30.0
MOST_DRAWN = 40_000


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of a bundle.

    Attributes:
        bundle: its folder's name.
        area_m2: free area that poses were drawn from.
        poses: how many.
        beams: ranges at each.
        mean_m: mean absolute range error.
        median_m: its median.
        p90_m: 90 percent of the errors are smaller.
    """

    bundle: str
    area_m2: float
    poses: int
    beams: int
    mean_m: float
    median_m: float
    p90_m: float


def measure(folder: Path, given: argparse.Namespace) -> Row:
    """Measure a bundle, and draw what it holds.

    Raises:
        LocalInnError: the bundle cannot be used, or training drew from the same seed.
    """
    bundle = Bundle.load(folder)
    if bundle.description.training.get("seed") == given.seed:
        raise LocalInnError(
            f"{folder} was trained with the seed {given.seed}, which would give poses that "
            "training has seen: name another with --seed"
        )
    networks, sensor = open_networks(bundle), bundle.description.laser
    space = FreeSpace(bundle.grid, CLEARANCE_M)
    rng = np.random.default_rng(given.seed)
    poses = space.sample(rng, given.poses)
    measured = forward_passes(networks, bundle.grid, sensor, poses)
    name = folder.resolve().name
    row = Row(
        name,
        round(space.area_m2, 1),
        len(poses),
        len(measured.angles_rad),
        **measured.figures(),
    )
    count = int(np.clip(_DRAWN_PER_M2 * space.area_m2, len(poses), MOST_DRAWN))
    more = forward_passes(networks, bundle.grid, sensor, space.sample(rng, count))
    draw(bundle, space, measured, more, given.pictures / f"{name}.png")
    return row


def draw(
    bundle: Bundle, space: FreeSpace, measured: ForwardPasses, drawn: ForwardPasses, path: Path
) -> None:
    """Draw the map in a bundle.

    Raises:
        LocalInnError: the picture cannot be written.
    """
    title = f"{path.stem}: {space.area_m2:,.0f} m2, {bundle.grid.resolution_m:g} m cells"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_held_map(bundle.grid, space.bounds, measured, drawn, path, title)
    except OSError as error:
        raise LocalInnError(f"cannot write {path}: {error.strerror}") from error


def markdown(rows: Sequence[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| forward pass alone, no noise | free area | poses x beams | mean | median | 90 % below |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        lengths = (f"{100.0 * each:.2f} cm" for each in (row.mean_m, row.median_m, row.p90_m))
        cells = [row.bundle, f"{row.area_m2:,.0f} m2", f"{row.poses:,} x {row.beams}", *lengths]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--bundle", type=Path, action="append", help="may be given again [the shipped one]")
    add("--poses", type=int, default=4096, help="poses that errors are measured at [4096]")
    add("--seed", type=int, default=SEED, help=f"of the poses; not one of a training [{SEED}]")
    add("--out", type=Path, default=BUILD / "forward.json", help="the figures, as JSON")
    add(
        "--pictures",
        type=Path,
        default=BUILD / "forward",
        help="where to draw a PNG for each bundle [build/bench/forward]",
    )
    given = parser.parse_args()
    if given.poses < 1:
        parser.error(f"--poses must be at least 1, not {given.poses}")
    if given.seed < 0:
        parser.error(f"--seed must not be negative, as {given.seed} is")
    given.bundle = given.bundle or [shipped_bundle()]
    names = [folder.resolve().name for folder in given.bundle]
    if len(set(names)) < len(names):
        parser.error("two bundles' folders are called the same, and so would be their pictures")
    return given


def main() -> None:
    """Measure and draw each bundle, print and write."""
    given = options()
    rows = []
    with progress_bar() as bar:
        task = bar.add_task("bundles", total=len(given.bundle))
        for folder in given.bundle:
            rows.append(measure(folder, given))
            bar.advance(task)
    settings = {"seed": given.seed, "clearance_m": CLEARANCE_M, "range_noise_m": 0.0}
    write_json(given.out, {"settings": settings, "rows": [asdict(row) for row in rows]})
    print(markdown(rows))
    print(f"\nwritten: {given.out}, and pictures in {given.pictures}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
