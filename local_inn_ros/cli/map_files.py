# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn map`: look at maps, and make them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from local_inn_ros.cli.map_parts import InsideOption, choice_figures, parse_inside, tell_choice
from local_inn_ros.cli.options import JsonOption, SeedOption, tried_file

app = typer.Typer(help="Look at maps, and make them.", no_args_is_help=True)


class World(str, Enum):
    """What can be made."""

    TRACK = "track"
    FLOOR = "floor"


@app.command("info", epilog="Example: local-inn map info maps/lab.yaml --picture lab.png")
def info(
    map_file: Annotated[Path, typer.Argument(metavar="MAP", help="The map's YAML file.")],
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            help="Draw the map, and what was taken of it, to this PNG.",
            callback=tried_file,
            readable=False,
        ),
    ] = None,
    json: JsonOption = None,
    inside: InsideOption = None,
) -> None:
    """Show what a map means: size, areas, which part of it is the robot's, what looks wrong."""
    import warnings

    from local_inn_ros.cli.kept_inputs import keep_inputs
    from local_inn_ros.cli.output import console, facts_table, say
    from local_inn_ros.evaluation.json_file import write_json
    from local_inn_ros.world import (
        OCCUPIED,
        UNKNOWN,
        FreeParts,
        MapWarning,
        choose_parts,
        grid_hash,
        load_map,
    )
    from local_inn_ros.world.map_file import read_map_description

    for written in (picture, json):
        keep_inputs(written, (map_file, read_map_description(map_file).image_path))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MapWarning)
        grid = load_map(map_file)
    doubts = [str(warning.message) for warning in caught]
    choice = choose_parts(FreeParts.of(grid), parse_inside(inside))
    figures = {
        "rows": grid.rows,
        "cols": grid.cols,
        "resolution_m": grid.resolution_m,
        "width_m": grid.bounds.width_m,
        "height_m": grid.bounds.height_m,
        "origin": grid.origin.to_array().tolist(),
        "free_m2": grid.free_area_m2,
        "drivable_m2": choice.area_m2,
        "occupied_m2": grid.area_m2(OCCUPIED),
        "unknown_m2": grid.area_m2(UNKNOWN),
        "free_space": choice_figures(choice),
        "sha256": grid_hash(grid),
        "warnings": doubts,
    }
    origin = grid.origin
    facts = {
        "size": f"{grid.bounds.width_m:.2f} m x {grid.bounds.height_m:.2f} m "
        f"({grid.cols} x {grid.rows} cells of {grid.resolution_m:g} m)",
        "origin": f"({origin.x:g} m, {origin.y:g} m, {origin.yaw:g} rad)",
        "free": f"{figures['free_m2']:.1f} m2",
        "the robot's": f"{choice.area_m2:.1f} m2, {choice.share:.0%} of all that is free",
        "occupied": f"{figures['occupied_m2']:.1f} m2",
        "unknown": f"{figures['unknown_m2']:.1f} m2",
        "SHA-256": str(figures["sha256"]),
    }
    console.print(facts_table(str(map_file), facts))
    tell_choice(choice)
    for doubt in doubts:
        say(f"warning: {doubt}", style="yellow")
    if picture is not None:
        from local_inn_ros.evaluation.parts_picture import draw_parts

        draw_parts(choice, picture, str(map_file))
    if json is not None:
        write_json(json, figures)


@app.command("generate", epilog="Example: local-inn map generate track --seed 3 --out maps/t.yaml")
def generate(
    world: Annotated[World, typer.Argument(help="A race track, or the floor of a building.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The map's YAML file; a PGM comes beside it.", callback=tried_file
        ),
    ],
    seed: SeedOption = 0,
) -> None:
    """Make a map by chance: the same seed gives the same map."""
    import numpy as np

    from local_inn_ros.cli.output import say
    from local_inn_ros.errors import MapError
    from local_inn_ros.simulation.worlds import generate_floor, generate_race_track
    from local_inn_ros.world import save_map

    if out.suffix not in (".yaml", ".yml"):
        raise MapError(f"a map's file ends in .yaml, got {out}")
    make = generate_race_track if world is World.TRACK else generate_floor
    grid = make(np.random.default_rng(seed)).grid
    save_map(grid, out)
    say(
        f"{out}: {grid.bounds.width_m:.1f} m x {grid.bounds.height_m:.1f} m, "
        f"{grid.free_area_m2:.0f} m2 free"
    )
