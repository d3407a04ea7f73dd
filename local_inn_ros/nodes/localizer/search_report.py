# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The answer of a global search in words, and as JSON for programs."""

from __future__ import annotations

import json
import math
from typing import Any

from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.search.hypotheses import SearchResult


def search_report(result: SearchResult) -> str:
    """Return one readable line and, on a second line, the same and more as JSON."""
    return f"{_sentence(result)}\n{json.dumps(_to_json(result))}"


def _sentence(result: SearchResult) -> str:
    if not result.found or result.pose is None:
        return f"not found after {result.seconds:.2f} s: {result.reason}"
    mean = result.pose.mean
    x_m, y_m, yaw_rad = result.pose.deviations().tolist()
    return (
        f"found at x {mean.x:.2f} m, y {mean.y:.2f} m, yaw {math.degrees(mean.yaw):.1f} deg "
        f"(deviations {x_m:.3f} m, {y_m:.3f} m, {math.degrees(yaw_rad):.2f} deg) "
        f"in {result.seconds:.2f} s"
    )


def _to_json(result: SearchResult) -> dict[str, Any]:
    return {
        "found": result.found,
        "pose": None if result.pose is None else _pose_json(result.pose),
        "hypotheses": [
            {
                **_pose_json(one.pose),
                "score": round(one.score, 4),
                "weight": round(one.weight, 4),
            }
            for one in result.hypotheses
        ],
        "reason": result.reason,
        "seconds": round(result.seconds, 4),
    }


def _pose_json(pose: GaussianPose2) -> dict[str, Any]:
    names = ("x_m", "y_m", "yaw_rad")
    mean, deviations = pose.mean.to_array(), pose.deviations()
    return {
        **{name: round(float(value), 4) for name, value in zip(names, mean, strict=True)},
        "deviations": {
            name: round(float(value), 5) for name, value in zip(names, deviations, strict=True)
        },
    }
