# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Git LFS leaves where its files were not fetched, and YAML that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundle_files import write_bundle

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError, MapError, SensorError
from local_inn_ros.sensing import load_sensor_spec

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.mark.parametrize("name", ["bundle.yaml", "encoder", "map.yaml", "map.pgm"])
def test_a_pointer_in_a_bundle_is_named(tmp_path: Path, name: str) -> None:
    write_bundle(tmp_path, None)
    (tmp_path / name).write_text(POINTER)
    wanted = r"is a Git LFS pointer.*git lfs pull"
    with pytest.raises((BundleError, MapError), match=wanted) as said:
        Bundle.load(tmp_path)
    assert name in str(said.value)


def test_a_pointer_and_a_tab_in_a_sensor_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "laser.yaml"
    path.write_text(POINTER)
    with pytest.raises(SensorError, match=r"laser\.yaml is a Git LFS pointer.*git lfs pull"):
        load_sensor_spec(path)
    path.write_text("name: x\n\tbeam_count: 3\n")
    with pytest.raises(SensorError, match=r"a tab stands where YAML wants spaces \(line 2, col"):
        load_sensor_spec(path)


def test_a_tab_in_a_bundle_is_named(tmp_path: Path) -> None:
    write_bundle(tmp_path, None)
    (tmp_path / "bundle.yaml").write_text("schema_name: x\n\tsystem: y\n")
    with pytest.raises(BundleError, match=r"a tab stands where YAML wants spaces \(line 2, col"):
        Bundle.load(tmp_path)
