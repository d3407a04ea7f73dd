# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor beside a camera's node, over real DDS."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("cv2", reason="pictures need OpenCV")
pytest.importorskip("poselib")

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from camera_bench import CameraBench
from camera_oracle import BASE, CAMERA
from doctor_robots import by_check
from ros_fixtures import RosWorld

from local_inn_ros.nodes.doctor.doctor import run_doctor


@pytest.mark.slow
def test_camera_without_calibration_and_with_old_stamps(ros: RosWorld) -> None:
    bench = CameraBench(ros, info=False)
    bench.stand_at(BASE)
    with ThreadPoolExecutor(max_workers=1) as threads:
        running = threads.submit(run_doctor, 3.0, None, ros.domain)
        bench.see_until(running.done, "the doctor", np.full((CAMERA.height, CAMERA.width), 9, "u1"))
    found = by_check(running.result())
    assert "nothing came on /camera_info" in found["camera.info"].what
    assert "no calibration of the camera" in found["camera.calibration"].what
    # The bench's stamps are of another year.
    assert "old when it comes" in found["camera.age"].what
    assert [one.what for one in running.result().findings if one.check == "nodes.missing"] == [
        "the node /ekf does not run"
    ]
