# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks compiled for the processor."""

from __future__ import annotations

import numba
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Float32Array
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.local_inn_2d.compiled.network_kernel import (
    NetworkWeights,
    expected_ranges,
    flattened,
    sample_poses,
)
from local_inn_ros.systems.local_inn_2d.compiled.network_shapes import check_shapes
from local_inn_ros.systems.local_inn_2d.compiled.network_weights import pack_weights
from local_inn_ros.systems.local_inn_2d.config import WEIGHTS, LocalInn2dConfig, config_of


class CompiledNetworks:
    """Runs a bundle's networks in one compiled call for each pass (see ``Networks``).

    For one scan a runtime of networks spends most of its time between the hundreds of operations
    that they are made of.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Lay out the weights, and compile where no scan waits.

        Raises:
            EngineError: the bundle names no weights, or they do not fit what bundle.yaml says; the
                message is one sentence.
        """
        config = config_of(bundle)
        self._weights = flattened(_load_weights(bundle, config))
        self._spread = np.float32(config.narrowest_spread)
        beams, latent = bundle.description.laser.network_beams, config.latent_size
        nothing = np.zeros((1, beams), dtype=np.float32)
        pose = np.zeros((1, 3), dtype=np.float32)
        draws = np.zeros((1, latent), dtype=np.float32)
        self.sample_poses(nothing, nothing, pose, np.ones(1, dtype=np.float32), draws)
        self.expected_ranges(pose)

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return f"numba {numba.__version__} cpu x1"

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Networks.sample_poses``)."""
        poses: Float32Array = sample_poses(
            self._weights, ranges_m, states, priors, spreads, latents
        )
        return poses

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Networks.expected_ranges``)."""
        ranges: Float32Array = expected_ranges(self._weights, self._spread, poses)
        return ranges


def _load_weights(bundle: Bundle, config: LocalInn2dConfig) -> NetworkWeights:
    """Read the weights that a bundle names."""
    if WEIGHTS not in bundle.description.files:
        raise EngineError(
            f"the bundle {bundle.path.name} names no weights to compile, as bundles did not at "
            "first: train it again"
        )
    path, sensor = bundle.file(WEIGHTS), bundle.description.laser
    try:
        weights = pack_weights(load_file(path), config.network.strides, sensor.range_max_m)
        check_shapes(weights, sensor.network_beams, config.latent_size)
    except (KeyError, ValueError, IndexError, OSError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise EngineError(f"{path} does not fit the bundle: {reason}") from error
    return weights
