# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle may come from anywhere: what it names stays within its folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from bundle_files import GRID, write_bundle

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.world.measured_surfaces import FINER

FILES = [("graphs", "encoder"), ("graphs", "forward"), ("maps", 0), ("maps", 0, "surfaces")]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    write_bundle(folder, np.ones((GRID.rows * FINER, GRID.cols * FINER)))
    return folder


def rewrite(path: Path, keys: tuple[str | int, ...], value: str) -> None:
    content: Any = yaml.safe_load(path.read_text())
    block = content
    for key in keys[:-1]:
        block = block[key]
    block[keys[-1]] = value
    path.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize("keys", FILES, ids=lambda keys: ".".join(map(str, keys)))
@pytest.mark.parametrize("way", ["../outside/{}", "{folder}/{}", "./{}", "..", ""])
def test_a_name_that_leads_out_is_refused(
    bundle: Path, keys: tuple[str | int, ...], way: str
) -> None:
    # What is named is there, and is right: the way to it alone is refused.
    shutil.copytree(bundle, bundle.parent / "outside")
    description = yaml.safe_load((bundle / "bundle.yaml").read_text())
    for key in keys:
        description = description[key]
    name = way.format(description["file"], folder=bundle.parent / "outside")
    assert Bundle.load(bundle).path == bundle
    rewrite(bundle / "bundle.yaml", (*keys, "file"), name)
    with pytest.raises(BundleError, match="files lie in its own folder"):
        Bundle.load(bundle)


@pytest.mark.parametrize("way", ["../outside/map.pgm", "{folder}/map.pgm"])
def test_a_map_whose_image_lies_elsewhere_is_refused(bundle: Path, way: str) -> None:
    shutil.copytree(bundle, bundle.parent / "outside")
    rewrite(bundle / "map.yaml", ("image",), way.format(folder=bundle.parent / "outside"))
    with pytest.raises(BundleError, match="an image outside of the bundle"):
        Bundle.load(bundle)
