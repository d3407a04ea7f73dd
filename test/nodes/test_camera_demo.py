# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the camera's demo: what its probe pairs, and what its report says of its acts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from PIL import Image as Picture
from ros_fixtures import RosWorld, listeners
from sensor_msgs.msg import Image

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    pose_stamped_message,
    stamped_gaussian_message,
    to_stamp,
)
from local_inn_ros.nodes.common.picture_messages import image_message
from local_inn_ros.nodes.common.qos import BEST_EFFORT, RELIABLE, SENSOR
from local_inn_ros.nodes.demo.camera_probe import CameraProbe, SeenAndExpected, pixels_of
from local_inn_ros.nodes.demo.camera_report import (
    Act,
    CameraDemoReport,
    Carried,
    write_report,
)
from local_inn_ros.nodes.demo.demo_probe import Estimate, Stamp
from local_inn_ros.world import FREE, OccupancyGrid

SEEN = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
SMALL = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_pixels_are_those_of_the_message() -> None:
    for pixels in (SEEN, SMALL):
        message = image_message(pixels, to_stamp(1.0), "camera")
        np.testing.assert_array_equal(pixels_of(message), pixels)


def test_the_probe_pairs_what_was_seen_with_what_was_expected(ros: RosWorld) -> None:
    probe = ros.add(CameraProbe(context=ros.context))
    seen, expected = (
        ros.talk(Image, "image_raw", SENSOR),
        ros.talk(Image, "camera_localizer/expected_image", BEST_EFFORT),
    )
    fixes = ros.talk(PoseWithCovarianceStamped, "camera_localizer/fix", RELIABLE)
    poses = ros.talk(PoseWithCovarianceStamped, "amcl_pose", RELIABLE)
    truths = ros.talk(PoseStamped, "ground_truth", RELIABLE)
    for name in ("image_raw", "camera_localizer/fix", "amcl_pose", "ground_truth"):
        ros.wait_for(lambda topic=f"/{name}": listeners(ros.probe, topic) > 0, name)

    def hear() -> bool:
        for number, stamp_s in enumerate((1.0, 1.1)):
            seen.publish(image_message(SEEN + number, to_stamp(stamp_s), "camera"))
        # Of a picture that was never heard there is nothing to be shown.
        expected.publish(image_message(SMALL, to_stamp(0.5), "camera"))
        expected.publish(image_message(SMALL, to_stamp(1.1), "camera"))
        return probe.views is not None

    ros.wait_for(hear, "what was expected of a picture")
    assert probe.views is not None
    assert probe.views.stamp_s == pytest.approx(1.1)
    np.testing.assert_array_equal(probe.views.seen, SEEN + 1)
    np.testing.assert_array_equal(probe.views.expected, SMALL)

    told = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.1, 0.1)
    for stamp_s in (1.0, 1.05, 1.1):
        truths.publish(pose_stamped_message(Pose2(1.0, 2.0, 0.4), to_stamp(stamp_s), "map"))
    ros.wait_for(lambda: probe.truth_at(1.08) is not None, "the truth")
    fixes.publish(stamped_gaussian_message(told, to_stamp(1.02), "map"))
    ros.wait_for(lambda: probe.camera_fixes, "a fix")
    for stamp_s in (1.02, 1.04):
        poses.publish(stamped_gaussian_message(told, to_stamp(stamp_s), "map"))
    ros.wait_for(lambda: len(probe.estimates) == 2, "two poses")
    (by_camera,) = probe.by_camera(probe.estimates)
    assert by_camera.stamp == Stamp(1, 20_000_000)


def estimates(off_m: float, start_s: int, count: int = 20) -> tuple[Estimate, ...]:
    told = []
    for number in range(count):
        truth = Pose2(0.1 * number, 1.0, 0.0)
        pose = GaussianPose2.from_deviations(Pose2(truth.x, 1.0 + off_m, 0.01), 0.05, 0.05, 0.02)
        told.append(Estimate(Stamp(start_s, number * 10_000_000), truth, pose, 0.01))
    return tuple(told)


def report(out: Path, off_m: float = 0.02, recovered: bool = True) -> CameraDemoReport:
    fix = Pose2(0.0, 1.04, 0.0)
    return CameraDemoReport(
        acts=(
            Act("laser and camera", estimates(0.005, 1), {0: fix}),
            Act("camera alone", estimates(off_m, 2), {0: fix, 3: Pose2(0.3, 1.02, 0.0)}),
            Act("after it was carried", estimates(0.02, 3) if recovered else (), {}),
        ),
        carried=Carried(recovered, 2.5, 0.4 if recovered else None),
        views=(SeenAndExpected(1.0, SEEN, SMALL), SeenAndExpected(2.0, SEEN[:, :, 0], SMALL)),
        speed_mps=1.0,
        camera_rate_hz=20.0,
        out=out,
    )


def test_a_report_has_figures_of_each_act_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = OccupancyGrid(np.full((60, 80), FREE, np.int8), 0.05, Pose2.identity())
    told = report(tmp_path)
    write_report(told, grid)
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["passed"] and figures["carried"]["noticed_s"] == 0.4
    alone = figures["acts"][1]
    assert (alone["poses"], alone["pictures"], alone["times_lost"]) == (20, 2, 0)
    assert alone["fused"]["ape_mean_m"] == pytest.approx(0.02)
    assert alone["picture_alone"]["ape_mean_m"] == pytest.approx(0.03)
    with Picture.open(tmp_path / "demo.png") as picture:
        assert min(picture.size) > 800
    told.print_table()
    said = capsys.readouterr().out
    assert "camera alone" in said and " 2.0 " in said and "after 2.50 s" in said


def test_what_went_wrong_is_said(tmp_path: Path) -> None:
    assert report(tmp_path).passed
    assert "lost 1 times: camera alone" in report(tmp_path, off_m=0.7).trouble
    assert "did not find itself" in report(tmp_path, recovered=False).trouble
    silent = report(tmp_path)
    nothing = CameraDemoReport(
        (Act("laser and camera", (), {}), *silent.acts[1:]),
        silent.carried, silent.views, 1.0, 20.0, tmp_path,
    )  # fmt: skip
    assert "no pose was told: laser and camera" in nothing.trouble
