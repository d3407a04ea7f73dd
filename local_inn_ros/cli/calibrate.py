# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn calibrate`: make covariances tell the truth, of a bundle and of the odometry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import (
    BundleArgument,
    MapFrameOption,
    MountOption,
    OdomTopicOption,
    ReferenceOption,
    ScanTopicOption,
    SeedOption,
    open_bag,
    scans_to_learn_from,
    tried_file,
)
from local_inn_ros.errors import BagError

if TYPE_CHECKING:
    import numpy as np

    from local_inn_ros.bundles.bundle import Bundle
    from local_inn_ros.bundles.description import Calibration, CovarianceModel
    from local_inn_ros.recordings.bag_reader import Recording
    from local_inn_ros.recordings.trajectory import Trajectory
    from local_inn_ros.systems.protocol import System

EXAMPLE = (
    "Example: local-inn calibrate models/lab --bag bags/lap1 --reference /ground_truth "
    "--params-out odometry.yaml"
)

_AXES = ("ahead", "aside", "yaw", "each 10 % unexplained")


def calibrate(
    bundle: BundleArgument,
    bag: Annotated[
        Path | None,
        typer.Option(
            "--bag",
            help="Calibrate on the scans of this recording; with --reference "
            "on its true poses, without on how well the bundle's own fixes agree.",
        ),
    ] = None,
    reference: ReferenceOption = None,
    params_out: Annotated[
        Path | None,
        typer.Option(
            "--params-out",
            help="Write the odometry's noise, found out from the recording, to this file of "
            "parameters. Without --reference that is all that is done, and the bundle's own fixes "
            "are the reference.",
            callback=tried_file,
            readable=False,
        ),
    ] = None,
    scan_topic: ScanTopicOption = "/scan",
    odom_topic: OdomTopicOption = "/odom",
    mount: MountOption = None,
    map_frame: MapFrameOption = "map",
    scans: Annotated[
        int, typer.Option("--scans", min=100, help="Scans that are used at most.")
    ] = 1500,
    seed: SeedOption = 0,
) -> None:
    """Fit a bundle to what a robot's scans have wrong: covariances, surfaces, range bias.

    Without a recording the scans are ray-cast in the bundle's map. A real robot's errors are
    larger: with a recording and its true poses, other than the one that is evaluated on, they are
    measured. A recording without true poses is driven by the bundle itself, and its fixes are
    compared with each other and with the map's walls. The networks stay as they are. A recording
    also tells how wrong the odometry is, how long a scan takes where its messages do not say it,
    and how late its stamps are.
    """
    from dataclasses import replace

    import numpy as np

    from local_inn_ros.cli.kept_inputs import files_of_bag, files_of_bundle, keep_inputs
    from local_inn_ros.cli.timing_report import told_scan_timing
    from local_inn_ros.places import check_file
    from local_inn_ros.systems.registry import load_bundle, system_named

    loaded = load_bundle(bundle)
    system = system_named(loaded.description.system)
    description = bundle / "bundle.yaml"
    rng = np.random.default_rng(seed)
    if bag is None:
        if params_out is not None:
            raise typer.BadParameter(
                "the odometry's noise is found out from a recording: name it with --bag",
                param_hint="--params-out",
            )
        check_file(description)
        found = system.calibration(loaded, scans, None, rng)
        told = loaded.description.model_copy(update={"calibration": found})
        _put_in_place(system, loaded, replace(loaded, description=told), rng)
        return
    laser = loaded.description.laser
    keep_inputs(params_out, (*files_of_bundle(loaded), *files_of_bag(bag)))
    recording = open_bag(bag, scan_topic, odom_topic, reference, mount, laser, map_frame)
    if recording.reference is not None or params_out is None:
        check_file(description)
        loaded, recording = told_scan_timing(loaded, recording, scans)
        learned = _learned(system, loaded, recording, scans, rng)
        _put_in_place(system, loaded, learned, rng)
    _tell_odometry_noise(bundle, recording, params_out)


def _learned(
    system: System, bundle: Bundle, recording: Recording, scans: int, rng: np.random.Generator
) -> Bundle:
    """Return the bundle with what a recording tells, its reference or the robot's own drive."""
    from dataclasses import replace

    from local_inn_ros.cli.output import progress_bar
    from local_inn_ros.evaluation.own_drive import MOST_ROUNDS, learned_by_driving
    from local_inn_ros.systems.protocol import LearnsFromDrives

    if recording.reference is None and isinstance(system, LearnsFromDrives):
        with progress_bar() as progress:
            task = progress.add_task("driving", total=MOST_ROUNDS * recording.scan_count)
            return learned_by_driving(
                system, bundle, recording, scans, rng, lambda: progress.advance(task)
            )
    posed = scans_to_learn_from(recording)
    if isinstance(system, LearnsFromDrives):
        bundle = system.with_surfaces(bundle, posed)
    calibration = system.calibration(bundle, scans, posed, rng)
    described = bundle.description.model_copy(update={"calibration": calibration})
    return replace(bundle, description=described)


def _put_in_place(
    system: System, bundle: Bundle, learned: Bundle, rng: np.random.Generator
) -> None:
    """Measure what was learned, write it, and tell of it."""
    from dataclasses import replace

    from local_inn_ros.bundles.recalibration import rewrite_learned
    from local_inn_ros.cli.bundle_notes import tell_doubts, tell_surfaces
    from local_inn_ros.systems.protocol import MeasuresItself

    described = learned.description
    if isinstance(system, MeasuresItself):
        measured = {**described.measured, **system.figures(learned, rng)}
        described = described.model_copy(update={"measured": measured})
    rewrite_learned(bundle, replace(learned, description=described))
    tell_surfaces(bundle.description, described)
    _print_calibration(bundle.path, described.calibration)
    tell_doubts(system, described)


def _print_calibration(bundle: Path, found: Calibration) -> None:
    from rich.table import Table

    from local_inn_ros.cli.output import console, say

    models = {"network": found.samples, **found.aligned}
    table = Table("deviations of", *models)
    cells = [_cells(model) for model in models.values()]
    for axis, row in zip(_AXES, zip(*cells, strict=True), strict=True):
        table.add_row(axis, *row)
    console.print(table)
    say(f"written: {bundle / 'bundle.yaml'}")


def _tell_odometry_noise(bundle: Path, recording: Recording, params_out: Path | None) -> None:
    """Estimate the odometry's noise, print it, and write it where that is asked for."""
    from local_inn_ros.cli.odometry_report import print_odometry_fit, write_noise_parameters
    from local_inn_ros.cli.output import say
    from local_inn_ros.filtering.odometry_fit import fit_odometry_noise
    from local_inn_ros.recordings.posed_odometry import posed_odometry

    reference = recording.reference
    try:
        known = _fixes(bundle, recording) if reference is None else reference
        fit = fit_odometry_noise(posed_odometry(recording.odometry, known))
    except BagError as error:
        if params_out is not None:
            raise
        say(f"{error}")
        return
    print_odometry_fit(fit)
    if params_out is not None:
        write_noise_parameters(params_out, fit.noise, str(recording.path))
        say(f"written: {params_out} (ros2 launch ... params_file:={params_out})")


def _fixes(bundle: Path, recording: Recording) -> Trajectory:
    """Return where the bundle by itself saw the robot: fixes, which no odometry has smoothed."""
    from local_inn_ros.bundles.bundle import Bundle
    from local_inn_ros.cli.output import progress_bar
    from local_inn_ros.evaluation.evaluation import EvaluationSettings, evaluate
    from local_inn_ros.recordings.trajectory import Trajectory

    with progress_bar() as progress:
        task = progress.add_task("localizing", total=recording.scan_count)
        run = evaluate(
            Bundle.load(bundle), recording, EvaluationSettings(), lambda: progress.advance(task)
        ).run
    if not run.accepted.any():
        raise BagError("the filter took none of the bundle's fixes: name true poses (--reference)")
    return Trajectory.from_unordered(run.stamps_s[run.accepted], run.measured[run.accepted])


def _cells(model: CovarianceModel) -> list[str]:
    """Say what a model does to deviations: a factor and a floor for each axis."""
    import math

    floors = (
        *(f"{100.0 * floor_m:.2f} cm" for floor_m in model.floor[:2]),
        f"{math.degrees(model.floor[2]):.3f} deg",
    )
    factors = [f"x {scale:.2f}, {floor}" for scale, floor in zip(model.scale, floors, strict=True)]
    return [*factors, f"x {math.exp(0.05 * model.unexplained_gain):.2f}"]
