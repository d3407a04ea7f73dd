# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn calibrate`: make a bundle's covariances tell the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import (
    BundleArgument,
    MountOption,
    OdomTopicOption,
    ReferenceOption,
    ScanTopicOption,
    SeedOption,
    open_bag,
)

if TYPE_CHECKING:
    from local_inn_ros.bundles.description import CovarianceModel

EXAMPLE = "Example: local-inn calibrate models/lab --bag bags/lap1 --reference /ground_truth"

_AXES = ("ahead", "aside", "yaw", "each 10 % unexplained")


def calibrate(
    bundle: BundleArgument,
    bag: Annotated[
        Path | None,
        typer.Option("--bag", help="Calibrate on the scans of this recording; see --reference."),
    ] = None,
    reference: ReferenceOption = None,
    scan_topic: ScanTopicOption = "/scan",
    odom_topic: OdomTopicOption = "/odom",
    mount: MountOption = None,
    scans: Annotated[
        int, typer.Option("--scans", min=100, help="Scans that are used at most.")
    ] = 1500,
    seed: SeedOption = 0,
) -> None:
    """Fit a bundle's covariances to errors on scans whose poses are known.

    Without a recording the scans are ray-cast in the bundle's map. A real robot's errors are
    larger: with a recording and its true poses, other than the one that is evaluated on, they are
    measured. The networks stay as they are.
    """
    import numpy as np
    from rich.table import Table

    from local_inn_ros.bundles.recalibration import rewrite_calibration
    from local_inn_ros.cli.output import console, say
    from local_inn_ros.recordings.posed_scans import posed_scans
    from local_inn_ros.systems.registry import load_bundle, system_named

    loaded = load_bundle(bundle)
    posed = None
    if bag is not None:
        posed = posed_scans(open_bag(bag, scan_topic, odom_topic, reference, mount))
    system = system_named(loaded.description.system)
    found = system.calibration(loaded, scans, posed, np.random.default_rng(seed))
    rewrite_calibration(loaded, found)
    models = {"network": found.samples, **found.aligned}
    table = Table("deviations of", *models)
    cells = [_cells(model) for model in models.values()]
    for axis, row in zip(_AXES, zip(*cells, strict=True), strict=True):
        table.add_row(axis, *row)
    console.print(table)
    say(f"written: {bundle / 'bundle.yaml'}")


def _cells(model: CovarianceModel) -> list[str]:
    """Say what a model does to deviations: a factor and a floor for each axis."""
    import math

    floors = (
        *(f"{100.0 * floor_m:.2f} cm" for floor_m in model.floor[:2]),
        f"{math.degrees(model.floor[2]):.3f} deg",
    )
    factors = [f"x {scale:.2f}, {floor}" for scale, floor in zip(model.scale, floors, strict=True)]
    return [*factors, f"x {math.exp(0.05 * model.unexplained_gain):.2f}"]
