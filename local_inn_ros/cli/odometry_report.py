# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is told of an odometry's noise: a table, and a file of parameters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from local_inn_ros.places import new_file

if TYPE_CHECKING:
    from local_inn_ros.filtering.odometry_fit import OdometryFit
    from local_inn_ros.filtering.odometry_noise import OdometryNoise

# Half as much again as it should be.
_TOO_LARGE = 4.5
_NODES = ("/**/lidar_localizer", "/**/ekf")


def print_odometry_fit(fit: OdometryFit) -> None:
    """Print the figures, how well each is known, and what the drive was."""
    from rich.table import Table

    from local_inn_ros.cli.output import console, say
    from local_inn_ros.filtering.odometry_fit import LEAST_SHARE
    from local_inn_ros.filtering.odometry_noise import OdometryNoise

    table = Table("odometry_noise", "default", "found", "known to a factor of")
    defaults = OdometryNoise().figures()
    for name, value in fit.noise.figures().items():
        known = f"{fit.factors[name]:.2f}" if name in fit.factors else "not told: default kept"
        least = name != "scale_time" and value < 1.01 * LEAST_SHARE * defaults[name]
        told = f"{value:.3g}{' or less' * least}"
        table.add_row(name, f"{defaults[name]:.3g}", told, known)
    console.print(table)
    say(
        f"from {fit.windows} stretches of {fit.metres:.0f} m and {fit.radians:.0f} rad in "
        f"{fit.seconds:.0f} s; the reference's own poses are off by "
        f"{100.0 * fit.reference['reference_position']:.2g} cm and "
        f"{math.degrees(fit.reference['reference_yaw']):.2g} deg"
    )
    if fit.kept:
        say(
            f"not told by this drive: {', '.join(fit.kept)}; one that is longer, turns, and stands "
            "now and then may tell more"
        )
    errors = Table("stretches of", "squared errors by the defaults", "by what was found (3: right)")
    for length_s, (default, found) in fit.squared_errors.items():
        errors.add_row(f"{length_s:g} s", f"{default:.2f}", f"{found:.2f}")
    console.print(errors)
    if max(found for _, found in fit.squared_errors.values()) > _TOO_LARGE:
        say(
            "over some stretches the errors are larger than any such noise makes them: something "
            "is wrong all the time, such as the size of a wheel; mend that, or tell more noise"
        )


def write_noise_parameters(path: Path, noise: OdometryNoise, origin: str) -> None:
    """Write a file of parameters for both nodes; it appears whole or not at all.

    Args:
        path: the file; its folder is made where needed.
        noise: what it says.
        origin: what the noise was found out from.

    Raises:
        PlaceError: it cannot be written.
    """
    import yaml

    figures = {name: float(f"{value:.4g}") for name, value in noise.figures().items()}
    content = {node: {"ros__parameters": {"odometry_noise": dict(figures)}} for node in _NODES}
    told = " ".join(origin.split())
    text = (
        f"# The odometry's noise, from {told} (local-inn calibrate).\n"
        f"{yaml.safe_dump(content, sort_keys=False)}"
    )
    with new_file(path) as file:
        file.write_text(text, encoding="utf-8")
