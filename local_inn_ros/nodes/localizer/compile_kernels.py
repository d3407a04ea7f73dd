# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that compiles what a model needs, and ends; numba keeps it in files.

It takes tens of seconds, and numba compiles one thing at a time in a process: so the networks are
compiled in one process and all else in another.
"""

from __future__ import annotations

import multiprocessing
import sys

import numpy as np

from local_inn_ros.engines import Bundle
from local_inn_ros.engines.choice import EngineChoice, open_engine
from local_inn_ros.engines.protocol import Float32Array
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.nodes.localizer.model import Model


class MapEngine:
    """Answers in place of networks that are not compiled yet, from the map (see ``Engine``).

    Poses are their priors, with a little of the latent; ranges are cast.
    """

    name = "the map"

    def __init__(self, bundle: Bundle) -> None:
        """Cast on the bundle's map."""
        sensor = bundle.description.sensor
        self._caster, self._range_max_m = bundle.caster, sensor.range_max_m
        self._angles_rad = sensor.network_angles_rad()
        self._deviation = np.array(bundle.description.prior.deviation, dtype=np.float32)

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Engine.sample_poses``)."""
        widths = 0.1 * self._deviation * spreads[:, None, None]
        draws = np.resize(latents, (len(latents), priors.shape[1]))
        poses: Float32Array = (priors[:, None] + widths * draws).astype(np.float32)
        return poses

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Engine.expected_ranges``)."""
        return self._caster.cast(poses, self._angles_rad, self._range_max_m)


def compile_networks(bundle: str, engine: str) -> None:
    """Open an engine, which compiles what it runs."""
    open_engine(Bundle.load(bundle), EngineChoice(engine))


def main(bundle: str, engine: str, refiner: str, samples: str) -> None:
    """Use all of a model once.

    Args:
        bundle: folder of the trained model.
        engine: what runs it (``EngineChoice``).
        refiner: what aligns its answers (``RefinerChoice``).
        samples: poses drawn for each scan.
    """
    beside = multiprocessing.get_context("spawn").Process(
        target=compile_networks, args=(bundle, engine)
    )
    beside.start()
    opened = Bundle.load(bundle)
    Model(opened, MapEngine(opened), RefinerChoice(refiner), int(samples)).warm_up()
    beside.join()
    if beside.exitcode != 0:
        sys.exit(f"the networks were not compiled: exit code {beside.exitcode}")


if __name__ == "__main__":
    main(*sys.argv[1:])
