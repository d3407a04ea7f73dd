# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Local_INN's two passes, whatever runs them: graphs on an engine, or the compiled kernels."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines import Engine, Float32Array
from local_inn_ros.engines.choice import EngineChoice, open_first
from local_inn_ros.errors import EngineError
from local_inn_ros.systems.local_inn_2d.config import ENCODER, FORWARD, INVERSE, config_of

_LOG = logging.getLogger(__name__)
_CHECKED_SCANS = 64


class Networks(Protocol):
    """The inverse and the forward pass, over batches.

    Poses are of the sensor, in the map frame: (x m, y m, yaw rad).
    """

    @property
    def name(self) -> str:
        """Name of what runs them and where, for people."""
        ...

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass: scans and priors to pose samples.

        Args:
            ranges_m: (b, n) ranges of the network's beams, 0 where there is no distance.
            states: (b, n) 1 a distance, -1 nothing within reach, 0 unknown.
            priors: (b, 3) prior poses.
            spreads: (b,) width of each prior, in units of the bundle's prior deviation.
            latents: (s, z) draws of the latent z, the same for every row of the batch.

        Returns:
            (b, s, 3) pose samples, one for each prior and each latent.
        """
        ...

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass: poses (b, 3) to the ranges (b, n) that the map expects there, in metres."""
        ...


class GraphNetworks:
    """The passes as graphs on an engine (see ``Networks``)."""

    def __init__(self, engine: Engine) -> None:
        """Ask an engine that has the graphs."""
        self._engine = engine

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return self._engine.name

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Networks.sample_poses``)."""
        given = {
            "ranges": ranges_m,
            "states": states,
            "priors": priors,
            "spreads": spreads,
            "latents": latents,
        }
        return self._engine.run((ENCODER, INVERSE), given)["poses"]

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Networks.expected_ranges``)."""
        return self._engine.run((FORWARD,), {"poses": poses})["ranges"]


def open_networks(
    bundle: Bundle,
    choice: EngineChoice = EngineChoice.COMPILED,
    warn: Callable[[str], object] = _LOG.warning,
) -> Networks:
    """Open what is asked for, or the next fastest where it cannot be had.

    Args:
        bundle: the trained model.
        choice: what is asked for.
        warn: told in a sentence why another one is taken.

    Raises:
        BundleError: ONNX Runtime cannot load the graphs either.
        EngineError: none can be had; the message says why of each.
    """
    openers = [open_compiled, open_onnx]
    if choice is EngineChoice.ONNX:
        openers = [open_onnx, open_compiled]
    if choice in (EngineChoice.AUTO, EngineChoice.TENSORRT):
        openers.insert(0, open_tensorrt)
    if choice is EngineChoice.TORCH:
        openers.insert(0, open_torch)
    return open_first([partial(opener, bundle) for opener in openers], _name, warn)


def open_onnx(bundle: Bundle) -> Networks:
    """Run the graphs on ONNX Runtime.

    Raises:
        BundleError: it cannot load them.
    """
    # Who runs another one does not keep it in memory.
    from local_inn_ros.engines.onnx.engine import OnnxEngine

    return GraphNetworks(OnnxEngine(bundle.graphs))


def open_compiled(bundle: Bundle) -> Networks:
    """Run the compiled kernels.

    Raises:
        EngineError: the bundle names no weights, or they do not fit.
    """
    from local_inn_ros.systems.local_inn_2d.compiled.networks import CompiledNetworks

    return CompiledNetworks(bundle)


def open_tensorrt(bundle: Bundle) -> Networks:
    """Run the plans that this machine made.

    One scan is tried, so that a GPU without room for more is noticed here.

    Raises:
        EngineError: there is no TensorRT, no GPU or no plan; the message is one sentence.
    """
    from local_inn_ros.engines.tensorrt.loading import open_tensorrt_engine

    networks = GraphNetworks(open_tensorrt_engine(bundle.graphs))
    config, beams = config_of(bundle), bundle.description.laser.network_beams
    unknown = np.zeros((1, beams), dtype=np.float32)
    pose = np.zeros((1, 3), dtype=np.float32)
    spread = np.full(1, config.prior.widest_spread, dtype=np.float32)
    draw = np.zeros((1, config.latent_size), dtype=np.float32)
    networks.sample_poses(unknown, unknown, pose, spread, draw)
    networks.expected_ranges(pose)
    return networks


def open_torch(bundle: Bundle) -> Networks:
    """Run the networks in torch: in half precision on a GPU, or in single on the processor.

    Their answers are compared with those of the ONNX graphs first: the weights lie beside them,
    and nothing else says that they are of the same training.

    Raises:
        EngineError: there is no torch, the bundle has no weights, or they are not those of its
            graphs; the message is one sentence.
    """
    from local_inn_ros.systems.local_inn_2d.agreement import HeldOutScans, compare, refuse_if_off

    try:
        from local_inn_ros.systems.local_inn_2d.network import open_torch_engine
    except ImportError as error:
        raise EngineError(
            f"torch is not installed here ({error}): `pip install 'local_inn_ros[train]'`"
        ) from error
    engine, half = open_torch_engine(bundle)
    networks = GraphNetworks(engine)
    scans = HeldOutScans.draw(bundle, _CHECKED_SCANS, np.random.default_rng(0))
    refuse_if_off(compare(networks, open_onnx(bundle), scans), networks.name, half=half)
    return networks


def _name(networks: Networks) -> str:
    return networks.name
