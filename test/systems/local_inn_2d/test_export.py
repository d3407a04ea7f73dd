# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402

import local_inn_ros  # noqa: E402
from local_inn_ros.flows.onnx_export import remove_notes  # noqa: E402

REPOSITORY = Path(local_inn_ros.__file__).parents[1]
SHIPPED = REPOSITORY / "models" / "generated_track"
NETWORKS = ("encoder", "inverse", "forward")

# What tells where a network was exported: the place of this package, and of torch.
TRACES = (
    str(REPOSITORY).encode(),
    str(Path(torch.__file__).parent).encode(),
    b"stack_trace",
    b"site-packages",
    b".py",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_exported_network_does_not_tell_where_it_was_made(trained_room, name):
    content = (trained_room.path / f"{name}.onnx").read_bytes()
    assert [trace for trace in TRACES if trace in content] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_network_does_not_tell_where_it_was_made(name):
    content = (SHIPPED / f"{name}.onnx").read_bytes()
    assert [trace for trace in TRACES if trace in content] == []
    model = onnx.load_from_string(content)
    kept = model.SerializeToString()
    remove_notes(model)
    assert model.SerializeToString() == kept


def test_notes_are_removed_wherever_they_are_and_nothing_else():
    model = noted_model()
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    remove_notes(plain)
    onnx.checker.check_model(plain)
    assert b"secret" in model.SerializeToString()
    assert b"secret" not in plain.SerializeToString()
    for flag in (True, False):
        given = {"flag": np.array(flag), "x": np.array([1.5, -2.0], dtype=np.float32)}
        answers = [
            onnxruntime.InferenceSession(one.SerializeToString()).run(None, given)[0]
            for one in (model, plain)
        ]
        assert answers[0].tobytes() == answers[1].tobytes()
        assert answers[0].tolist() == ([2.5, -1.0] if flag else [-1.5, 2.0])


def noted_model():
    """x + 1 by a function where a flag is set, else -x, with a note at all that can have one."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    inner = helper.make_node("Add", ["a", "b"], ["c"])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "plus", ["a", "b"], ["c"], [inner], opsets[:1])
    added = helper.make_node("plus", ["x", "one"], ["then_y"], domain="own")
    negated = helper.make_node("Neg", ["x"], ["else_y"])
    then_y, else_y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("then_y", "else_y")
    )
    branches = {
        "then_branch": helper.make_graph([added], "then", [], [then_y], [one]),
        "else_branch": helper.make_graph([negated], "else", [], [else_y]),
    }
    chosen = helper.make_node("If", ["flag"], ["chosen"], **branches)
    copied = helper.make_node("Identity", ["chosen"], ["y"])
    value = helper.make_tensor_value_info("chosen", TensorProto.FLOAT, [2])
    graph = helper.make_graph([chosen, copied], "main", [flag, x], [y], [], value_info=[value])
    model = helper.make_model(graph, opset_imports=opsets, functions=[function], ir_version=10)
    (node, *_), (kept,) = model.graph.node, model.functions
    (then_graph,) = (one.g for one in node.attribute if one.name == "then_branch")
    for noted in (
        *(model, model.graph, node, kept, kept.node[0], then_graph, then_graph.node[0]),
        *(then_graph.initializer[0], then_graph.output[0], model.graph.value_info[0]),
        *(model.graph.input[0], model.graph.output[0]),
    ):
        noted.doc_string = "secret"
        noted.metadata_props.add(key="secret", value="secret")
    return model
