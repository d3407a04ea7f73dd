# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What runs a bundle's graphs: one protocol, several engines."""

from local_inn_ros.engines.graphs import Float32Array, Graph, GraphSet, Tensors, TensorSignature
from local_inn_ros.engines.protocol import Engine

__all__ = ["Engine", "Float32Array", "Graph", "GraphSet", "TensorSignature", "Tensors"]
