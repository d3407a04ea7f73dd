# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an engine answers what ONNX Runtime answers, graph by graph.

A bundle holds no pictures: it is asked about patches of any brightness, with noise. Whether two
machines compute the same is asked, not whether that is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine, Float32Array, Tensors
from local_inn_ros.errors import EngineError
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.systems.pose_inn.config import (
    BACKBONE,
    KEYPOINTS,
    LANDMARK_POSTERIOR,
    OUTCOME,
    PLACES,
    POSE,
    POSTERIOR,
    STRIDE,
    VIEW,
    camera_of,
    config_of,
    patches_of,
)

_DRAWS = 20
_MOST_PICTURES = 64
_MOSTLY = 99.0
# Every size of batch has code of its own in a plan.
_SINGLY = 3
# Of the brightness of patches, and of pixels within them.
_CONTRAST, _NOISE = 0.2, 0.05
_FIGURES = {
    "features": "features_p99",
    "places": "places_p99_m",
    "log_deviations": "log_deviations_p99",
    "offsets": "offsets_p99",
    "views": "views_p99",
    "peaks": "peaks_p99",
}

# What 99 of 100 answers may be off: features in their own units, places in metres, deviations as
# logarithms, offsets in deviations of the alignment, views in deviations of brightness, keypoints
# in pixels and in their likelihood. Single precision differs by the order of its sums; half
# precision must stay below what the networks are off by themselves (docs/engines.md has the
# figures).
_MOST_SINGLE = {
    "features_p99": 1e-3,
    "places_p99_m": 1e-3,
    "log_deviations_p99": 1e-3,
    "offsets_p99": 1e-3,
    "views_p99": 1e-3,
    "peaks_p99": 1e-3,
}
_MOST_HALF = {
    "features_p99": 1e-3,
    "places_p99_m": 3e-2,
    "log_deviations_p99": 1e-2,
    "offsets_p99": 1e-2,
    "views_p99": 1e-2,
    "peaks_p99": 1e-3,
}

Asked = Mapping[tuple[str, ...], Tensors]
"""What graphs that run one after the other are given, by their names."""


def asked_of(bundle: Bundle, count: int, rng: np.random.Generator) -> Asked:
    """Return what the graphs of a bundle are asked.

    Args:
        bundle: the trained model.
        count: pictures, alignments, and poses; more than 64 tell nothing new.
        rng: draws them.
    """
    count = min(count, _MOST_PICTURES)
    camera, config = camera_of(bundle), config_of(bundle)
    patches = rng.normal(size=(count, *patches_of(camera)))
    shades = patches.repeat(STRIDE, axis=1).repeat(STRIDE, axis=2)
    noise = rng.normal(size=shades.shape)
    grey = np.clip(0.5 + _CONTRAST * shades + _NOISE * noise, 0.0, 1.0)
    pictures = {"brightness": grey.astype(np.float32)}
    told = {
        "latents": rng.normal(size=(_DRAWS, POSE)).astype(np.float32),
        "outcomes": rng.normal(size=(count, OUTCOME)).astype(np.float32),
    }
    turns = exp_twists(rng.normal(size=(count, POSE)))[:, :3, :3].reshape(count, 9)
    low, high = np.array(config.bounds)
    places = rng.uniform(low, high, (count, 3))
    poses = {"poses": np.concatenate([places, turns], axis=1).astype(np.float32)}
    asked: dict[tuple[str, ...], Tensors] = {
        (BACKBONE,): pictures,
        (BACKBONE, PLACES): pictures,
        (POSTERIOR,): told,
        (VIEW,): poses,
        (KEYPOINTS,): pictures,
        (LANDMARK_POSTERIOR,): told,
    }
    return {names: given for names, given in asked.items() if names[-1] in bundle.graphs.graphs}


def compare(engine: Engine, reference: Engine, asked: Asked) -> dict[str, float]:
    """Compare two that run the networks: all that is asked in one batch, the first also singly.

    Returns:
        What 99 of 100 answers are off by at most, by name.

    Raises:
        EngineError: an answer is not a number.
    """
    off: dict[str, list[NDArray[np.float32]]] = {}
    for names, given in asked.items():
        count = max(map(len, given.values()))
        for rows in (slice(None), *(slice(k, k + 1) for k in range(min(_SINGLY, count)))):
            # Draws are not rows of the batch.
            part = {key: one if key == "latents" else one[rows] for key, one in given.items()}
            answers, others = engine.run(names, part), reference.run(names, part)
            for key, answer in answers.items():
                off.setdefault(key, []).append(_difference(answer, others[key]))
    return {
        _FIGURES[key]: float(np.percentile(np.concatenate(parts), _MOSTLY))
        for key, parts in off.items()
    }


def refuse_if_off(figures: Mapping[str, float], name: str, half: bool) -> None:
    """Refuse an engine whose answers are too far off.

    Args:
        figures: of the comparison with ONNX Runtime.
        name: of the engine.
        half: whether it computes in half precision.

    Raises:
        EngineError: with the figures.
    """
    most = _MOST_HALF if half else _MOST_SINGLE
    if all(off <= most[each] for each, off in figures.items()):
        return
    told = ", ".join(
        f"{each} {figure:.4g} (at most {most[each]:g})" for each, figure in figures.items()
    )
    raise EngineError(f"{name} answers other than ONNX Runtime, so it is not used: {told}")


def _difference(ours: Float32Array, theirs: Float32Array) -> NDArray[np.float32]:
    if not math.isfinite(float(ours.sum())):
        raise EngineError("an engine answers with something that is not a number: not used")
    off: NDArray[np.float32] = np.abs(ours - theirs).ravel()
    return off
