# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a network as ONNX to a plan: code for the GPU of this machine.

What TensorRT's versions call differently when they build stands in this file: 8 is told that the
batch is explicit and chooses precisions layer by layer, 10 can take the types as they are written,
11 does nothing else and knows no flag for either (TensorRT's migration guides 8.x to 10.x and 10.x
to 11.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from local_inn_ros.engines.graphs import Graph
from local_inn_ros.engines.tensorrt.library import Messages, major_minor
from local_inn_ros.engines.tensorrt.profiles import PROFILES, Precision
from local_inn_ros.errors import EngineError

if TYPE_CHECKING:
    import tensorrt as trt

# Types of tensors as they are written in the network, instead of as TensorRT likes them.
_FIRST_STRONGLY_TYPED = (10, 0)
_WORKSPACE_BYTES = 1 << 28


def build_plan(graph: Graph, precision: Precision) -> bytes:
    """Compile a network for the GPU of this machine; it takes from seconds to minutes.

    The GPU's context has to be this thread's.

    Args:
        graph: the network, the first axes of its inputs left open.
        precision: what matrix products are computed in.

    Returns:
        The serialized engine, with an optimization profile for each of ``PROFILES``.

    Raises:
        EngineError: TensorRT cannot read the network, or cannot build it.
    """
    import tensorrt as trt

    name, messages = graph.name, Messages()
    builder = messages.builder()
    strong = major_minor(trt.__version__) >= _FIRST_STRONGLY_TYPED
    # In 10 and 11 every batch is explicit, in 11 the flag is gone.
    flag = (
        trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED
        if strong
        else trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH
    )
    network = builder.create_network(1 << int(flag))
    parser = trt.OnnxParser(network, messages.logger)
    if not parser.parse(graph.path.read_bytes()):
        # Over several lines, with the place in the parser's sources.
        told = str(parser.get_error(0)) if parser.num_errors else messages.last()
        reason = " ".join(told.split())
        raise EngineError(f"TensorRT {trt.__version__} cannot read the {name} network: {reason}")

    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, _WORKSPACE_BYTES)
    # On by default, it would cut single precision to ten bits.
    config.clear_flag(trt.BuilderFlag.TF32)
    if precision is Precision.FP16:
        if strong:
            _write_halves(network)
        else:
            _ask_for_halves(network, config)
    for profile in _profiles(builder, network, graph):
        if config.add_optimization_profile(profile) < 0:
            raise EngineError(f"TensorRT refuses a batch size of {name}: {messages.last()}")
    built = builder.build_serialized_network(network, config)
    if built is None:
        raise EngineError(f"TensorRT cannot build the {name} network: {messages.last()}")
    return bytes(built)


def _profiles(
    builder: trt.Builder, network: trt.INetworkDefinition, graph: Graph
) -> Sequence[trt.IOptimizationProfile]:
    import tensorrt as trt

    has = {network.get_input(k).name for k in range(network.num_inputs)}
    if has != {tensor.name for tensor in graph.inputs}:
        raise EngineError(f"the {graph.name} network takes {sorted(has)}, bundle.yaml says another")
    profiles = []
    for batches in (one.holding(graph.inputs) for one in PROFILES):
        profile = builder.create_optimization_profile()
        for tensor in graph.inputs:
            shapes = batches.shapes(tensor)
            least, usual, most = (trt.Dims(shape) for shape in shapes)
            profile.set_shape(tensor.name, least, usual, most)
        profiles.append(profile)
    return profiles


def _products(network: trt.INetworkDefinition) -> list[trt.ILayer]:
    """Return the layers that multiply matrices of numbers."""
    import tensorrt as trt

    layers = [network.get_layer(k) for k in range(network.num_layers)]
    return [
        layer
        for layer in layers
        if layer.type == trt.LayerType.MATRIX_MULTIPLY and layer.get_output(0).dtype == trt.float32
    ]


def _write_halves(network: trt.INetworkDefinition) -> None:
    """Write into a strongly typed network that matrix products are in half precision.

    What goes into a product is cast to half precision, what comes out of it to single.
    """
    import tensorrt as trt

    layers = [network.get_layer(k) for k in range(network.num_layers)]
    for product in _products(network):
        for k in range(product.num_inputs):
            given = product.get_input(k)
            if given is not None:
                product.set_input(k, network.add_cast(given, trt.float16).get_output(0))
        half = product.get_output(0)
        single = network.add_cast(half, trt.float32).get_output(0)
        for layer in layers:
            for k in range(layer.num_inputs):
                given = layer.get_input(k)
                # An input that a layer does without is None.
                if given is not None and given.name == half.name:
                    layer.set_input(k, single)
        if half.is_network_output:
            name = half.name
            network.unmark_output(half)
            half.name = f"{name}_half"
            single.name = name
            network.mark_output(single)


def _ask_for_halves(network: trt.INetworkDefinition, config: trt.IBuilderConfig) -> None:
    """Let a weakly typed network compute matrix products in half precision, and nothing else."""
    import tensorrt as trt

    config.set_flag(trt.BuilderFlag.FP16)
    config.set_flag(trt.BuilderFlag.OBEY_PRECISION_CONSTRAINTS)
    products = {layer.name for layer in _products(network)}
    for index in range(network.num_layers):
        layer = network.get_layer(index)
        outputs = [layer.get_output(k) for k in range(layer.num_outputs)]
        # Layers of whole numbers, which compute shapes, have no choice.
        if any(output.dtype != trt.float32 for output in outputs):
            continue
        layer.precision = trt.float16 if layer.name in products else trt.float32
        for k in range(layer.num_outputs):
            layer.set_output_type(k, trt.float32)
