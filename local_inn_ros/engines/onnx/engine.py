# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The default engine: ONNX Runtime on the processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.protocol import Float32Array
from local_inn_ros.errors import BundleError

# More rows at once take no less time each, and memory in proportion: 0.4 MB a row, which the
# runtime keeps.
_BATCH = 64


class OnnxEngine:
    """Runs a bundle's networks with ONNX Runtime (see ``Engine``)."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Load the three networks.

        Args:
            bundle: the trained model.
            threads: processor threads for one call; a single scan is fastest with one.

        Raises:
            BundleError: a network cannot be loaded, or its shapes do not fit the bundle.
        """
        self._encoder = _open_network(bundle.network_file("encoder"), threads)
        self._inverse = _open_network(bundle.network_file("inverse"), threads)
        self._forward = _open_network(bundle.network_file("forward"), threads)
        self._beams = bundle.description.sensor.network_beams
        found = self._encoder.get_inputs()[0].shape[1]
        if found != self._beams:
            raise BundleError(
                f"the encoder of {bundle.path} takes {found} beams, bundle.yaml says {self._beams}"
            )
        self._threads = threads

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return f"onnxruntime {onnxruntime.__version__} cpu x{self._threads}"

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass (see ``Engine.sample_poses``); large batches are run in parts."""
        parts = []
        for start in range(0, len(priors), _BATCH):
            rows = slice(start, start + _BATCH)
            given = {"priors": priors[rows], "spreads": spreads[rows]}
            (seen,) = self._encoder.run(
                None, {"ranges": ranges_m[rows], "states": states[rows], **given}
            )
            (poses,) = self._inverse.run(None, {"seen": seen, "latents": latents, **given})
            parts.append(poses)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass (see ``Engine.expected_ranges``)."""
        parts: list[Float32Array] = [
            self._forward.run(None, {"poses": poses[start : start + _BATCH]})[0]
            for start in range(0, len(poses), _BATCH)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _open_network(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between two scans would burn a core that the robot needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own types, none of them public
        raise BundleError(f"cannot load the network {path}: {error}") from error
