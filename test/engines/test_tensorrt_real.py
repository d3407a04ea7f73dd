# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT itself, on machines that have it; and what its parser is known to read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="networks are looked into with onnx")
from engine_fixtures import copied_bundle, exported, tensorrt_networks  # noqa: E402

from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice  # noqa: E402
from local_inn_ros.engines.tensorrt.library import tensorrt_version  # noqa: E402
from local_inn_ros.engines.tensorrt.profiles import Precision  # noqa: E402
from local_inn_ros.errors import EngineError  # noqa: E402
from local_inn_ros.systems.local_inn_2d.agreement import (  # noqa: E402
    HeldOutScans,
    compare,
    refuse_if_off,
)
from local_inn_ros.systems.local_inn_2d.networks import open_onnx  # noqa: E402

# What the ONNX parser of 8.6, the oldest, reads (onnx-tensorrt, docs/operators.md of that release),
# as far as networks like these could be made of it.
READ_BY_8_6 = """
    Abs Add And ArgMax ArgMin Atan Cast Ceil Clip Concat Constant ConstantOfShape Conv Cos CumSum
    Div Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gemm Greater
    GreaterOrEqual GridSample Identity LayerNormalization LeakyRelu Less LessOrEqual Log MatMul Max
    Mean Min Mod Mul Neg Not Or Pad Pow Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
    Round ScatterElements ScatterND Shape Sigmoid Sign Sin Size Slice Softmax Softplus Softsign
    Split Sqrt Squeeze Sub Sum Tan Tanh Tile TopK Transpose Trilu Unsqueeze Where Xor
"""


def test_tensorrt_reads_all_that_the_shipped_networks_are_made_of(tmp_path: Path) -> None:
    bundle = copied_bundle(tmp_path / "bundle")
    known = set(READ_BY_8_6.split())
    for graph in bundle.graphs:
        model = onnx.load(graph.path)
        assert {each.domain for each in model.opset_import} == {""}
        assert {node.op_type for node in model.graph.node} <= known, graph.name


def test_a_real_gpu_answers_as_onnx_runtime_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        tensorrt_version()
        CudaDevice()
    except EngineError as error:
        pytest.skip(f"no TensorRT on a GPU to test: {error}")
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros"))
    bundle = copied_bundle(tmp_path / "bundle")
    scans = HeldOutScans.draw(bundle, 200, np.random.default_rng(1))
    for precision in Precision:
        exported(bundle, precision)
        engine = tensorrt_networks(bundle)
        assert f" {precision.value} on " in engine.name
        off = compare(engine, open_onnx(bundle), scans)
        refuse_if_off(off, engine.name, half=precision is Precision.FP16)
