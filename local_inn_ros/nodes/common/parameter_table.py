# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/parameters.md from the descriptions that the nodes declare their parameters with.

``python -m local_inn_ros.nodes.common.parameter_table > docs/parameters.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import Field, fields
from typing import Any

from local_inn_ros.filtering.amcl_alphas import UPDATE_M, UPDATE_RAD
from local_inn_ros.nodes.common.amcl_parity import WITHOUT_EQUIVALENT
from local_inn_ros.nodes.common.noise_parameters import NoiseParameters
from local_inn_ros.nodes.common.parameters import (
    Numbers,
    ParameterInfo,
    parameter_info,
    parameter_name,
)
from local_inn_ros.nodes.demo.simulator import SimulatorParameters
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.localizer.localizer_parameters import CameraParameters, LidarParameters

_NODES: dict[str, type[Any]] = {
    "lidar_localizer": LidarParameters,
    "camera_localizer": CameraParameters,
    "ekf": EkfParameters,
    "simulator": SimulatorParameters,
}
_TYPES: dict[type, str] = {
    bool: "bool",
    int: "integer",
    float: "double",
    str: "string",
    tuple: "string array",
    Numbers: "double array",
}
_INTRODUCTION = """\
# Parameters

Made by `python -m local_inn_ros.nodes.common.parameter_table` from what the nodes declare; a test
keeps it in step. `ros2 param describe` says the same.

With a bundle and the usual names of topics and frames none has to be set. A value of another type
or out of its range is refused with a sentence that names the parameter: at the start the node then
does not start. A parameter that a node does not know is warned of at the start, with the name that
is spelled most alike. Parameters marked "live" can change at any time, the others while the node is
not configured. Of the simulator's, none can change while it runs.

Beside these, each topic has `qos_overrides.TOPIC.publisher.NAME` or
`qos_overrides.TOPIC.subscription.NAME`, with `history`, `depth`, `reliability` and `durability` for
NAME and the topic's full name for TOPIC, as in `qos_overrides./odom.subscription.reliability:
reliable`.
"""
_NOISE = f"""
## The odometry's noise: `lidar_localizer`, `camera_localizer` and `ekf`

These nodes have these parameters, and all should be told the same: under `/**` in a file of
parameters, or by `local-inn calibrate --params-out`, which finds them out from a recording. The
first seven are random walks: after four metres the error is twice that after one. `distance_scale`
and `turn_scale` are errors that last, by which share they are typically off.

AMCL's `alpha1` to `alpha5` are understood as well. AMCL draws an error for each update of its
particles, whose deviation is a share of the update's way or turn; the two models are matched where
AMCL updates by default, after {UPDATE_M} m or {UPDATE_RAD} rad (`update_min_d`, `update_min_a`):
there a pose is as uncertain by the one as by the other. The scales come on top: AMCL has none.
Where an alpha and the figure that it stands for are both told, the figure counts, and a warning
says so. A figure that has its default counts as not told. All of this can change at run time: the
new noise counts for the way from the newest reading on.

"""


def parameter_page() -> str:
    """Return the page as Markdown."""
    parts = [_INTRODUCTION]
    shared = fields(NoiseParameters)
    names = {one.name for one in shared}
    for node, kind in _NODES.items():
        own = [one for one in fields(kind) if one.name not in names]
        parts.append(f"\n## `{node}`\n\n" + "\n".join(_table(own)) + "\n")
    parts.append(_NOISE + "\n".join(_table(shared)) + "\n")
    parts.append("\n" + "\n".join(_amcl_table()) + "\n")
    return "".join(parts)


def _table(parameters: Sequence[Field[Any]]) -> Iterator[str]:
    yield "| parameter | type | default | range | unit | live | meaning | in AMCL |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for described in parameters:
        info = parameter_info(described)
        cells = [
            f"`{parameter_name(described)}`",
            _TYPES[type(described.default)],
            _default(described.default),
            _range(info, described),
            info.unit,
            "live" if info.live else "",
            info.description,
            f"`{info.amcl}`" if info.amcl else "",
        ]
        yield f"| {' | '.join(cells)} |"


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    return f"{value}"


def _range(info: ParameterInfo, described: Field[Any]) -> str:
    if info.choices:
        return ", ".join(f"`{one}`" for one in info.choices)
    if info.low is None or info.high is None:
        return ""
    step = f", in steps of {info.step}" if info.step != 1 else ""
    if isinstance(described.default, int):
        return f"{int(info.low)} to {int(info.high)}{step}"
    return f"{info.low:.6g} to {info.high:.6g}"


def _amcl_table() -> Iterator[str]:
    """Return AMCL's parameters, each with what it is here."""
    yield "## AMCL's parameters\n"
    yield "What those who come from Nav2's AMCL find here, by AMCL's names.\n"
    yield "| AMCL | here |"
    yield "| --- | --- |"
    here = dict(WITHOUT_EQUIVALENT)
    for name, owners in _equivalents().items():
        here[name] = ", ".join(owners)
    for name in sorted(here):
        yield f"| `{name}` | {here[name]} |"


def _equivalents() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node, kind in _NODES.items():
        for described in fields(kind):
            if amcl := parameter_info(described).amcl:
                found.setdefault(amcl, []).append(f"`{parameter_name(described)}` of `{node}`")
    return found


if __name__ == "__main__":
    sys.stdout.write(parameter_page())
