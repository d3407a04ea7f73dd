# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compiles all that Local_INN needs before it is needed; numba keeps it in files.

It takes tens of seconds, and numba compiles one thing at a time in a process: so the networks are
compiled in one process and all else in another.
"""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Float32Array
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import EngineError
from local_inn_ros.parent_process import end_with_parent
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.networks import open_networks
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings


class MapNetworks:
    """Answers in place of networks that are not compiled yet, from the map (see ``Networks``).

    Poses are their priors, with a little of the latent; ranges are cast.
    """

    name = "the map"

    def __init__(self, bundle: Bundle) -> None:
        """Cast on the bundle's map."""
        laser = bundle.description.laser
        self._caster, self._range_max_m = bundle.caster, laser.range_max_m
        self._angles_rad = laser.network_angles_rad()
        self._deviation = np.array(config_of(bundle).prior.deviation, dtype=np.float32)

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Networks.sample_poses``)."""
        widths = 0.1 * self._deviation * spreads[:, None, None]
        draws = np.resize(latents, (len(latents), priors.shape[1]))
        poses: Float32Array = (priors[:, None] + widths * draws).astype(np.float32)
        return poses

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Networks.expected_ranges``)."""
        return self._caster.cast(poses, self._angles_rad, self._range_max_m)


def compile_ahead(bundle: Bundle, choice: EngineChoice, settings: RunSettings) -> None:
    """Use all of a bundle once.

    Raises:
        EngineError: the process for the networks failed.
    """
    beside = multiprocessing.get_context("spawn").Process(
        target=_compile_networks, args=(bundle.path, choice)
    )
    beside.start()
    LocalInn2d(bundle, MapNetworks(bundle)).warm_up(settings)
    beside.join()
    if beside.exitcode != 0:
        raise EngineError(f"the networks were not compiled: exit code {beside.exitcode}")


def _compile_networks(path: Path, choice: EngineChoice) -> None:
    """Open an engine, which compiles what it runs."""
    end_with_parent()
    open_networks(Bundle.load(path), choice)
