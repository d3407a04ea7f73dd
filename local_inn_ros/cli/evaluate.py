# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn evaluate`: how good a bundle is on a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from local_inn_ros.cli.options import (
    BagOption,
    BundleArgument,
    JsonOption,
    MapFrameOption,
    MountOption,
    OdomTopicOption,
    ReferenceOption,
    ScanTopicOption,
    SeedOption,
    open_bag,
    tried_folder,
)
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice

EXAMPLE = (
    "Example: local-inn evaluate models/lab --bag bags/lap2 --reference /ground_truth "
    "--out build/lap2 --mcl 2000"
)


def evaluate(
    bundle: BundleArgument,
    bag: BagOption,
    reference: ReferenceOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for the report, trajectories and pictures.",
            callback=tried_folder,
            readable=False,
        ),
    ] = None,
    json: JsonOption = None,
    refiner: Annotated[
        RefinerChoice, typer.Option("--refiner", help="What each fix is aligned with.")
    ] = RefinerChoice.FIELD,
    mcl: Annotated[
        int, typer.Option("--mcl", min=0, help="Particles of a Monte-Carlo baseline; 0: none.")
    ] = 0,
    self_calibrate: Annotated[
        bool,
        typer.Option(
            "--self-calibrate/--no-self-calibrate",
            help="Learn on the way, as the node does, what the ranges have wrong.",
        ),
    ] = True,
    scan_topic: ScanTopicOption = "/scan",
    odom_topic: OdomTopicOption = "/odom",
    mount: MountOption = None,
    map_frame: MapFrameOption = "map",
    seed: SeedOption = 0,
) -> None:
    """Replay a recording, with no ROS needed, and compare the result with the truth.

    Errors are absolute in the map frame. The robot starts at the reference's first pose; without
    a reference it searches the whole map for itself.

    It ends with what is wrong, by how much, and what to do. The exit code is 3 where the result
    cannot be trusted, and 2 where there is none.
    """
    from local_inn_ros.cli.kept_inputs import files_of_bag, files_of_bundle, keep_inputs
    from local_inn_ros.systems.registry import load_bundle

    loaded = load_bundle(bundle)
    laser = loaded.description.laser
    keep_inputs(json, (*files_of_bundle(loaded), *files_of_bag(bag)))
    recording = open_bag(bag, scan_topic, odom_topic, reference, mount, laser, map_frame)
    from local_inn_ros.cli.output import progress_bar, say
    from local_inn_ros.cli.score_table import print_score
    from local_inn_ros.cli.verdict_lines import NOT_TRUSTED, print_verdict
    from local_inn_ros.evaluation.evaluation import EvaluationSettings, write_results
    from local_inn_ros.evaluation.evaluation import evaluate as run
    from local_inn_ros.evaluation.json_file import write_json

    settings = EvaluationSettings(
        refiner=refiner, mcl_particles=mcl, seed=seed, self_calibrate=self_calibrate
    )
    with progress_bar() as progress:
        rounds = 1 + (mcl > 0 and recording.reference is not None)
        task = progress.add_task("localizing", total=rounds * recording.scan_count)
        result = run(loaded, recording, settings, lambda: progress.advance(task))
    print_score(str(bag), result)
    if json is not None:
        write_json(json, result.to_json())
    if out is not None:
        write_results(out, result, recording.reference, loaded.grid)
        say(f"written to {out}: {', '.join(sorted(path.name for path in out.iterdir()))}")
    print_verdict(result.verdict)
    if not result.verdict.trusted:
        raise typer.Exit(NOT_TRUSTED)
