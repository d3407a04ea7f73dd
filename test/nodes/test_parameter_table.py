# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the page of parameters says what the nodes declare."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from local_inn_ros.nodes.common.amcl_parity import WITHOUT_EQUIVALENT
from local_inn_ros.nodes.common.parameter_table import parameter_page
from local_inn_ros.nodes.common.parameters import parameter_info
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.localizer.localizer_parameters import CameraParameters, LidarParameters

PAGE = Path(__file__).parents[2] / "docs" / "parameters.md"
KINDS = (LidarParameters, CameraParameters, EkfParameters)


def test_the_page_of_parameters_is_in_step() -> None:
    command = "python -m local_inn_ros.nodes.common.parameter_table > docs/parameters.md"
    assert PAGE.read_text() == parameter_page(), f"make it again: {command}"


def test_no_parameter_of_amcl_stands_twice() -> None:
    shared = {parameter_info(one).amcl for kind in KINDS for one in fields(kind)} - {""}
    assert len(shared) >= 10
    assert not shared & WITHOUT_EQUIVALENT.keys()
