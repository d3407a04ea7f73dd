# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing that is read is run: no pickle, YAML by safe_load, no shell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    file
    for folder in ("local_inn_ros", "launch", "benchmarks", "test")
    for file in (ROOT / folder).rglob("*.py")
)
# Reading with these runs what the file says.
PICKLING = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
# Functions that run text, or a shell; and readers of YAML that build any object.
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen"),
    *("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load"),
    *("subprocess.getoutput", "subprocess.getstatusoutput"),
}
# What these must be told, in so many words.
REQUIRED_KEYWORDS = {
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
    "torch.load": ("weights_only", True),
}


def faults(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
        else:
            names = []
        for name in names:
            if name.split(".")[0] in PICKLING or name in FORBIDDEN_CALLS:
                yield f"line {node.lineno} imports {name}"
        if isinstance(node, ast.Call):
            yield from call_faults(node)


def call_faults(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    told = {word.arg: ast.unparse(word.value) for word in call.keywords}
    if name in FORBIDDEN_CALLS:
        yield f"line {call.lineno} calls {name}"
    if name in REQUIRED_KEYWORDS:
        keyword, value = REQUIRED_KEYWORDS[name]
        if told.get(keyword) != repr(value):
            yield f"line {call.lineno} calls {name} without {keyword}={value}"
    if told.get("shell", "False") != "False":
        yield f"line {call.lineno} calls {name} with a shell"
    if told.get("allow_pickle", "False") != "False":
        yield f"line {call.lineno} calls {name} with pickle allowed"


def test_nothing_that_is_read_is_run() -> None:
    found = {file: list(faults(file.read_text())) for file in SOURCES}
    assert len(found) > 200
    assert {str(file.relative_to(ROOT)): told for file, told in found.items() if told} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from shelve import open",
        "from yaml import unsafe_load",
        "yaml.load(text, Loader=yaml.Loader)",
        "eval(text)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.save(path, array, allow_pickle=True)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "subprocess.run(line, shell=True)",
        "os.system(line)",
    ],
)
def test_a_line_that_does_is_found(line: str) -> None:
    assert len(list(faults(line))) >= 1


@pytest.mark.parametrize(
    "line",
    [
        "yaml.safe_load(text)",
        "np.load(path, allow_pickle=False)",
        "torch.load(path, weights_only=True)",
        "subprocess.run(words)",
        "model.eval()",
        "re.compile(pattern)",
    ],
)
def test_a_line_that_does_not_is_let_pass(line: str) -> None:
    assert list(faults(line)) == []
