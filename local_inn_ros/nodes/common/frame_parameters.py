# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the frames that a node is told can be those of one transform tree (REP-105)."""

from __future__ import annotations

from local_inn_ros.messages.readings import frame_name
from local_inn_ros.nodes.common.parameters import ParameterError


def check_frames(**frames: str) -> None:
    """See whether frames have names, and different ones: tf2 drops a frame in itself unheard.

    Args:
        frames: the frames, by the parameters that tell them.

    Raises:
        ParameterError: one is empty, or two are the same.
    """
    owners: dict[str, str] = {}
    for parameter, frame in frames.items():
        name = frame_name(frame)
        if not name:
            raise ParameterError(f"parameter {parameter} is '{frame}': it must name a frame")
        if name in owners:
            raise ParameterError(
                f"parameters {owners[name]} and {parameter} are both '{name}': they must name "
                "different frames"
            )
        owners[name] = parameter
