# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which parts of a map are taken for the robot's, on the command line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from local_inn_ros.world import PartChoice

InsideOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--inside",
        metavar="X,Y",
        help="A point of the map, in m, where the robot drives: its part of the free space is "
        "taken and no other. May be given several times. Without it their shapes decide.",
    ),
]
# A part of this share and less is a strange choice, unless somebody made it.
_SMALL_SHARE = 0.2


def parse_inside(texts: list[str] | None) -> list[tuple[float, float]]:
    """Read the points of ``--inside``.

    Raises:
        typer.BadParameter: one is not two finite numbers.
    """
    points = []
    for text in texts or []:
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != 2 or not all(map(math.isfinite, numbers)):
            raise typer.BadParameter(
                f"{text!r} is not x,y in m, such as 1.5,-2", param_hint="--inside"
            )
        points.append((numbers[0], numbers[1]))
    return points


def tell_choice(choice: PartChoice) -> None:
    """Say what was taken, louder where it is in doubt or strange."""
    from local_inn_ros.cli.output import say

    strange = choice.share < _SMALL_SHARE and "told" not in choice.why.values()
    note = f" (that is {choice.share:.0%} of all that is free)" if strange else ""
    style = "yellow" if strange or not choice.sure else ""
    say(f"the map: {choice.sentence()}{note}", style=style)


def choice_figures(choice: PartChoice) -> dict[str, Any]:
    """Return what was taken as plain values."""
    areas = choice.parts.areas_m2
    return {
        "taken_m2": choice.area_m2,
        "taken_share": choice.share,
        "sure": choice.sure,
        "said": choice.sentence(),
        "parts": [
            {
                "area_m2": float(areas[number]),
                "inside": list(choice.parts.point_in(number)),
                "taken": number in choice.taken,
                "why": why,
            }
            for number, why in sorted(choice.why.items())
        ],
        "specks": len(choice.specks),
        "specks_m2": float(areas[list(choice.specks)].sum()),
    }
