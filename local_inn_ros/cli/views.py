# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn views`: views that nobody took, from a radiance field of posed pictures."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import SeedOption, tried_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy import uint8
    from numpy.typing import NDArray

    from local_inn_ros.views.train_views import Device

app = typer.Typer(
    help="Learn a place from posed pictures, and render views that nobody took.",
    no_args_is_help=True,
)
DeviceOption = Annotated[
    str,
    typer.Option("--device", help="cpu, cuda, or auto: a GPU where torch finds one."),
]
FieldArgument = Annotated[
    Path, typer.Argument(metavar="FIELD", help="The folder that `local-inn views train` made.")
]


@app.command("train", epilog="Example: local-inn views train pictures/lab fields/lab")
def train(
    pictures: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Pictures with poses (sequence.json, transforms.json or TUM), with depth or not.",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the field to make.")],
    steps: Annotated[int, typer.Option("--steps", min=20, help="Gradient steps.")] = 4000,
    width: Annotated[
        int, typer.Option("--width", min=16, help="Columns that pictures are shrunk to.")
    ] = 160,
    voxel_m: Annotated[
        float, typer.Option("--voxel", min=0.002, max=1.0, help="Edge of the finest voxels, in m.")
    ] = 0.03,
    reach_m: Annotated[
        float,
        typer.Option(
            "--reach", min=0.1, max=100.0, help="Without depth: how far cameras see, in m."
        ),
    ] = 5.0,
    hold_out: Annotated[
        int, typer.Option("--hold-out", min=0, help="Every so many-th block; 0 for none.")
    ] = 10,
    block: Annotated[int, typer.Option("--block", min=1, help="Pictures in a block.")] = 1,
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
) -> None:
    """Fit a radiance field to pictures with known poses, and measure it on some held out.

    The same seed gives the same field.
    """
    from local_inn_ros.cli.output import progress_bar, say
    from local_inn_ros.recordings.picture_folder import read_picture_folder

    torch_device = _device(device)
    from local_inn_ros.views.fit import FitProgress
    from local_inn_ros.views.fitted_field import check_field_place, save_field
    from local_inn_ros.views.settings import FieldSettings
    from local_inn_ros.views.train_views import fitted_field

    check_field_place(out)
    posed = read_picture_folder(pictures)
    learned, held_out = posed.held_out(block, hold_out) if hold_out else (posed, posed.at(()))
    settings = FieldSettings(steps=steps, width=width, voxel_m=voxel_m, reach_m=reach_m, seed=seed)
    depth = "with depth" if posed.have_depth else "without depth"
    say(f"{len(learned)} pictures {depth}, {len(held_out)} held out, on {torch_device}")
    with progress_bar() as bar:
        task = bar.add_task("training", total=steps)

        def advance(report: FitProgress) -> None:
            bar.update(
                task, completed=report.step, description=f"training, {report.psnr_db:.1f} dB"
            )

        fitted = fitted_field(learned, held_out, settings, torch_device, advance)
    save_field(fitted, out)
    for line in figures_in_words(fitted.measured):
        say(line)
    say(f"written: {out}")


@app.command(
    "render", epilog="Example: local-inn views render fields/lab --count 500 --out pictures/views"
)
def render(
    field: FieldArgument,
    count: Annotated[int, typer.Option("--count", min=1, help="How many views.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the views to make.")],
    within_m: Annotated[
        float, typer.Option("--within", min=0.0, max=10.0, help="Of a driven place, in m.")
    ] = 0.3,
    turn_deg: Annotated[
        float, typer.Option("--turn", min=0.0, max=180.0, help="Of a driven heading, in degrees.")
    ] = 10.0,
    nearest_m: Annotated[
        float, typer.Option("--nearest", min=0.0, help="Drop views of what is nearer, in m.")
    ] = 0.3,
    width: Annotated[
        int | None, typer.Option("--width", min=16, help="Columns; as the pictures by default.")
    ] = None,
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
) -> None:
    """Render views round the driven poses, into a folder with a transforms.json and depths.

    Bad ones are dropped and others drawn in their place. A sheet shows what came out.
    """
    import math

    import numpy as np

    from local_inn_ros.cli.output import progress_bar, say
    from local_inn_ros.places import new_folder
    from local_inn_ros.recordings.view_writer import check_views_place, write_views

    torch_device = _device(device)
    from local_inn_ros.views.fitted_field import load_field
    from local_inn_ros.views.good_views import DroppedViews, ViewLimits, good_views
    from local_inn_ros.views.rays import shrunk
    from local_inn_ros.views.sheets import draw_contact_sheet, noting_some

    check_views_place(out)
    fitted = load_field(field, torch_device)
    camera = fitted.camera if width is None else shrunk(fitted.camera, width)
    limits = ViewLimits(within_m, math.radians(turn_deg), nearest_m)
    dropped = DroppedViews()
    rng = np.random.default_rng(seed)
    shown: list[NDArray[uint8]] = []
    with progress_bar() as bar, new_folder(out) as folder:
        drawn = good_views(fitted, camera, count, limits, rng, dropped)
        views = bar.track(drawn, total=count, description="rendering")
        write_views(folder, camera, noting_some(views, shown))
        draw_contact_sheet(shown, folder / "contact_sheet.png")
    say(f"{count} views; dropped: {dropped.in_words()}")
    say(f"written: {out}")


@app.command("show", epilog="Example: local-inn views show fields/lab --picture lab.png")
def show(
    field: FieldArgument,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            help="The PNG to write; held_out.png in the field's folder by default.",
            callback=tried_file,
            readable=False,
        ),
    ] = None,
    device: DeviceOption = "auto",
) -> None:
    """Draw pictures that were held out, rendered views and depths; and say the figures."""
    from local_inn_ros.cli.output import say

    torch_device = _device(device)
    from local_inn_ros.views.fitted_field import load_field
    from local_inn_ros.views.sheets import draw_held_out

    fitted = load_field(field, torch_device)
    drawn = field / "held_out.png" if picture is None else picture
    draw_held_out(fitted, drawn)
    for line in figures_in_words(fitted.measured):
        say(line)
    say(f"written: {drawn}")


def figures_in_words(measured: Mapping[str, float]) -> list[str]:
    """Say how good views are, a line each; nothing where nothing was held out."""
    if not measured:
        return []
    return [
        f"{measured['pictures']:.0f} pictures held out: PSNR {measured['psnr_db']:.2f} dB, SSIM "
        f"{measured['ssim']:.3f}, {measured['opaque']:.1%} of the light is of what was learned",
        "with the exposure fitted to the left half, on the right one: "
        f"{measured['exposed_half_psnr_db']:.2f} dB, {measured['exposed_half_ssim']:.3f}",
        f"for comparison: the picture taken nearest {measured['nearest_picture_psnr_db']:.2f} dB, "
        f"the mean picture {measured['mean_picture_psnr_db']:.2f} dB",
    ]


def _device(name: str) -> Device:
    """Return a device of torch by its name.

    Raises:
        LocalInnError: torch is not installed.
        DeviceError: there is no such device.
    """
    from local_inn_ros.errors import LocalInnError

    if importlib.util.find_spec("torch") is None:
        raise LocalInnError(
            "views need torch, which a robot does not: install it with "
            "`pip install 'local_inn_ros[train,camera]'`"
        )
    from local_inn_ros.views.train_views import torch_device

    return torch_device(name)
