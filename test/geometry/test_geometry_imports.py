# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is in space costs a planar robot nothing until it is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_inn_ros import geometry

ROOT = Path(geometry.__file__).resolve().parents[2]
# Files that bring in scipy's rotations.
IN_SPACE = ("gaussian3", "pose3", "ros_covariance", "se3", "so3", "twist3")
_MODULES = "import local_inn_ros.geometry, sys; print('\\n'.join(sys.modules))"


def test_the_plane_needs_no_scipy() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _MODULES],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    found = set(ran.stdout.split())
    assert "local_inn_ros.geometry.pose" in found
    in_space = {f"local_inn_ros.geometry.{file}" for file in IN_SPACE}
    assert found & {"scipy", *in_space} == set()


def test_every_name_of_the_room_is_there() -> None:
    for name in geometry.__all__:
        assert getattr(geometry, name).__name__ == name
    homes = {getattr(geometry, name).__module__.split(".")[-1] for name in geometry.__all__}
    assert set(IN_SPACE) - {"so3"} <= homes


def test_a_name_that_the_room_lacks_is_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match="'no_such_name'"):
        geometry.no_such_name  # noqa: B018
