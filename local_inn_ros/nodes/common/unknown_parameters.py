# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that somebody has told a node and that it does not know: typing errors, above all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from difflib import get_close_matches

from rclpy.node import Node

from local_inn_ros.nodes.common.amcl_parity import WITHOUT_EQUIVALENT
from local_inn_ros.nodes.common.parameters import parameter_name, told_from_outside
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.localizer.localizer_parameters import CameraParameters, LidarParameters

# ROS's own, declared as topics come up.
_OVERRIDES = "qos_overrides."
_ALIKE = 0.7


def warn_of_unknown(node: Node) -> None:
    """Say which of the parameters that a node was told are not heeded, and what may be meant."""
    # What is told to all nodes of a file, or of a process, may be for the other one.
    known = {
        parameter_name(one)
        for kind in (LidarParameters, CameraParameters, EkfParameters)
        for one in fields(kind)
    }
    unknown = [
        name
        for name in told_from_outside(node)
        if not (node.has_parameter(name) or name in known or name.startswith(_OVERRIDES))
    ]
    own = [name for name in known if node.has_parameter(name)]
    for sentence in sentences_about(unknown, own, known):
        node.get_logger().warning(sentence)


def sentences_about(
    unknown: Iterable[str], own: Iterable[str], known: Iterable[str]
) -> Iterator[str]:
    """Say of each unknown parameter what may be meant by it.

    Args:
        unknown: names.
        own: names that the node knows.
        known: names that any node of the package knows.
    """
    others: list[str] = []
    for name in unknown:
        near = nearest(name, own) or nearest(name, known)
        if name in WITHOUT_EQUIVALENT:
            here = WITHOUT_EQUIVALENT[name].replace("`", "'")
            yield f"parameter '{name}' is AMCL's and not heeded; here: {here}"
        elif near:
            yield f"parameter '{name}' is not known and not heeded: is '{near}' meant?"
        else:
            others.append(f"'{name}'")
    if others:
        yield (
            f"not known and not heeded: {', '.join(others)}; `ros2 param list` names the parameters"
        )


def nearest(name: str, own: Iterable[str]) -> str:
    """Return the known name that is spelled most alike; empty where none is."""
    found = get_close_matches(name, sorted(own), n=1, cutoff=_ALIKE)
    return found[0] if found else ""
