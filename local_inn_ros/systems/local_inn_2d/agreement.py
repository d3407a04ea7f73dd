# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an engine answers what ONNX Runtime answers, on scans that nobody has trained on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Float32Array
from local_inn_ros.errors import EngineError
from local_inn_ros.geometry import wrap_angles
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.networks import Networks

_CLEARANCE_M = 0.15
_DRAWS = 20
# Priors off the truth by at most so many of their deviations, where the networks know them.
_FARTHEST = 3.0
_MOSTLY = 99.0
# Every size of batch has code of its own in a plan.
_FEW, _SINGLY = 32, 8


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far an engine's answers are from those of ONNX Runtime, over all scans.

    Attributes:
        position_p99_m: of samples; 99 of 100 are nearer.
        position_max_m: the farthest.
        yaw_p99_deg: the same of their headings.
        yaw_max_deg: the farthest.
        range_p99_m: of expected ranges.
        range_max_m: the farthest; at an edge a beam may see this wall or that one.
    """

    position_p99_m: float
    position_max_m: float
    yaw_p99_deg: float
    yaw_max_deg: float
    range_p99_m: float
    range_max_m: float

    def figures(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


# What 99 of 100 answers may be off. Single precision differs by the order of its sums; half
# precision must stay below what the network itself is off by (docs/engines.md has the figures).
_MOST_SINGLE = {"position_p99_m": 1e-3, "yaw_p99_deg": 0.02, "range_p99_m": 5e-3}
_MOST_HALF = {"position_p99_m": 3e-3, "yaw_p99_deg": 0.05, "range_p99_m": 2e-2}


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutScans:
    """Scans in a bundle's map, with the priors that they are looked at from.

    Attributes:
        ranges_m: (n, beams), 0 where nothing is within reach.
        states: (n, beams) 1 a distance, -1 nothing within reach.
        priors: (n, 3) poses.
        spreads: (n,) widths of the priors.
        latents: (s, z) draws.
        poses: (n, 3) where they were taken.
    """

    ranges_m: Float32Array
    states: Float32Array
    priors: Float32Array
    spreads: Float32Array
    latents: Float32Array
    poses: Float32Array

    @staticmethod
    def draw(bundle: Bundle, count: int, rng: np.random.Generator) -> HeldOutScans:
        """Cast scans at free poses of the bundle's map; half from wide priors, half from narrow.

        Raises:
            MapError: the map has no room for a sensor.
        """
        config, sensor = config_of(bundle), bundle.description.laser
        prior = config.prior
        poses = bundle.free_space(_CLEARANCE_M).sample(rng, count)
        ranges = bundle.caster.cast(poses, sensor.network_angles_rad(), sensor.range_max_m)
        ranges = ranges + rng.normal(0.0, sensor.noise_std_m, ranges.shape).astype(np.float32)
        returned = (ranges < sensor.range_max_m) & (ranges > sensor.range_min_m)
        spreads = np.where(np.arange(count) % 2 == 0, prior.widest_spread, prior.fine_spread)
        offsets = np.clip(rng.normal(size=(count, 3)), -_FARTHEST, _FARTHEST)
        offsets *= spreads[:, None] * np.array(prior.deviation)
        return HeldOutScans(
            np.where(returned, ranges, 0.0).astype(np.float32),
            np.where(returned, 1.0, -1.0).astype(np.float32),
            (poses + offsets).astype(np.float32),
            spreads.astype(np.float32),
            rng.normal(size=(_DRAWS, config.latent_size)).astype(np.float32),
            poses.astype(np.float32),
        )


def compare(networks: Networks, reference: Networks, scans: HeldOutScans) -> Agreement:
    """Compare two that run the networks: all scans in one batch, the first also in few and singly.

    Raises:
        EngineError: an answer is not a number.
    """
    offsets, misses = [], []
    singly = [slice(k, k + 1) for k in range(min(_SINGLY, len(scans.poses)))]
    batches = [slice(None), slice(_FEW), *singly]
    for rows in batches:
        answers = [
            one.sample_poses(
                scans.ranges_m[rows],
                scans.states[rows],
                scans.priors[rows],
                scans.spreads[rows],
                scans.latents,
            )
            for one in (networks, reference)
        ]
        drawn = [one.expected_ranges(scans.poses[rows]) for one in (networks, reference)]
        offsets.append(_difference(*answers).reshape(-1, 3))
        misses.append(np.abs(_difference(*drawn)).reshape(-1))
    offset, miss = np.concatenate(offsets), np.concatenate(misses)
    position = np.hypot(offset[:, 0], offset[:, 1])
    yaw = np.degrees(np.abs(wrap_angles(offset[:, 2])))
    return Agreement(
        *(
            float(value)
            for values in (position, yaw, miss)
            for value in (np.percentile(values, _MOSTLY), values.max())
        )
    )


def refuse_if_off(agreement: Agreement, name: str, half: bool) -> None:
    """Refuse an engine whose answers are too far off.

    Args:
        agreement: with ONNX Runtime.
        name: of the engine.
        half: whether it computes in half precision.

    Raises:
        EngineError: with the figures.
    """
    figures, most = agreement.figures(), _MOST_HALF if half else _MOST_SINGLE
    if all(figures[each] <= limit for each, limit in most.items()):
        return
    told = ", ".join(f"{each} {figures[each]:.4g} (at most {most[each]:g})" for each in most)
    raise EngineError(f"{name} answers other than ONNX Runtime, so it is not used: {told}")


def _difference(ours: Float32Array, theirs: Float32Array) -> NDArray[np.float64]:
    if not math.isfinite(float(ours.sum())):
        raise EngineError("an engine answers with something that is not a number: not used")
    return ours.astype(np.float64) - theirs.astype(np.float64)
