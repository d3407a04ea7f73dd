# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on the processor: what every bundle runs on."""

from __future__ import annotations

import onnxruntime

from local_inn_ros.engines.graphs import Float32Array, Graph, GraphSet, Tensors, joined, parts_of
from local_inn_ros.errors import BundleError

# More rows at once take no less time each, and memory in proportion: 0.4 MB a row, which the
# runtime keeps.
_MOST_ROWS = 64


class OnnxEngine:
    """Runs graphs with ONNX Runtime (see ``Engine``)."""

    def __init__(self, graphs: GraphSet, threads: int = 1) -> None:
        """Load the graphs.

        Args:
            graphs: of the bundle.
            threads: processor threads for one call; a single observation is fastest with one.

        Raises:
            BundleError: a graph cannot be loaded, or its tensors are not those of bundle.yaml.
        """
        self._graphs = graphs
        self._sessions = {graph.name: _open(graph, threads) for graph in graphs}
        self._threads = threads

    @property
    def name(self) -> str:
        """Name of the engine and where it runs."""
        return f"onnxruntime {onnxruntime.__version__} cpu x{self._threads}"

    def run(self, graphs: tuple[str, ...], tensors: Tensors) -> dict[str, Float32Array]:
        """Run graphs one after the other (see ``Engine.run``)."""
        chain = self._graphs.chain(graphs)
        return joined(
            [self._run_part(chain, part) for part in parts_of(chain, tensors, _MOST_ROWS)]
        )

    def _run_part(
        self, chain: tuple[Graph, ...], known: dict[str, Float32Array]
    ) -> dict[str, Float32Array]:
        given: dict[str, Float32Array] = {}
        for graph in chain:
            taken = {one.name: known[one.name] for one in graph.inputs}
            answers = self._sessions[graph.name].run(None, taken)
            given = {one.name: answer for one, answer in zip(graph.outputs, answers, strict=True)}
            known |= given
        return given


def _open(graph: Graph, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between two scans would burn a core that the robot needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(graph.path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime raises its own types, none of them public
        raise BundleError(f"cannot load the network {graph.path}: {error}") from error
    for found, told in (
        (session.get_inputs(), graph.inputs),
        (session.get_outputs(), graph.outputs),
    ):
        has = {one.name: tuple(one.shape) for one in found}
        wants = {one.name: one.axes for one in told}
        if has != wants:
            raise BundleError(
                f"the network {graph.path} has the tensors {has}, bundle.yaml says {wants}: "
                "copy the bundle again, or train"
            )
    return session
