# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry's noise as parameters of both nodes, and AMCL's alphas, over DDS."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from filter_bench import FilterBench, odometry_of, straight
from localizer_bench import BASE, Bench
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_fixtures import RosWorld

from local_inn_ros.cli.odometry_report import write_noise_parameters
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.noise_parameters import NoiseParameters
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.sensing import Odometry

ALONG = "odometry_noise.along_per_metre"


def set_parameters(ros: RosWorld, node: str, **values: float | str) -> None:
    """Set parameters as `ros2 param set` does."""
    client = ros.probe.create_client(SetParameters, f"{node}/set_parameters")
    ros.wait_for(client.service_is_ready, "the service")
    told = [
        Parameter(name.replace("__", "."), value=value).to_parameter_msg()
        for name, value in values.items()
    ]
    future = client.call_async(SetParameters.Request(parameters=told))
    ros.wait_for(future.done, "the answer")
    assert all(one.successful for one in future.result().results)


def test_the_figures_have_the_names_of_their_parameters() -> None:
    told = NoiseParameters(along_per_metre=0.7, distance_scale=0.3, scale_time=5.0)
    noise = told.odometry_noise()
    assert noise.motion == MotionNoise(along_per_metre_m=0.7)
    assert noise.scales == ScaleNoise(distance_deviation=0.3, time_s=5.0)
    assert NoiseParameters().odometry_noise() == OdometryNoise()


def test_an_alpha_stands_where_its_figure_is_not_told() -> None:
    told = NoiseParameters(alpha1=0.2, alpha3=0.16, yaw_per_radian=0.3)
    noise = told.odometry_noise()
    assert noise.motion.along_per_metre_m == pytest.approx(math.sqrt(0.25 * 0.16))
    assert noise.motion.yaw_per_radian_rad == 0.3
    assert told.overruled() == ["odometry_noise.yaw_per_radian"]
    assert NoiseParameters(alpha3=0.0).odometry_noise().motion.along_per_metre_m == 0.0


def test_alpha5_is_of_the_omnidirectional_model_alone() -> None:
    assert NoiseParameters(alpha5=0.2).odometry_noise() == OdometryNoise()
    omni = NoiseParameters(alpha5=0.2, robot_model_type="nav2_amcl::OmniMotionModel")
    across = omni.odometry_noise().motion.across_per_metre_m
    assert across == pytest.approx(math.sqrt(0.25 * 0.2))


def test_the_filter_takes_the_noise_over_while_it_runs(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(10)
    bench.begin(Pose2(1.0, 2.0, 0.0), deviation=0.01)
    before = bench.node.work.estimate.pose
    set_parameters(ros, "ekf", odometry_noise__along_per_metre=2.0)
    bench.drive(1)
    after = bench.node.work.estimate.pose
    assert after.mean.x == pytest.approx(before.mean.x + 0.01)
    # One centimetre of way, at 2 m after one metre.
    grown = after.covariance[0, 0] - before.covariance[0, 0]
    assert grown == pytest.approx(2.0**2 * 0.01, rel=0.05)


class Turning:
    """A filter that a robot reports to which drives a curve, by 10 cm and 0.1 rad at a time."""

    def __init__(self, ros: RosWorld, **parameters: float) -> None:
        self.bench = FilterBench(ros, **parameters)
        self.bench.drive(2)
        self.bench.begin(Pose2.identity(), deviation=1e-3)
        self._last = straight(1)

    def grown(self) -> tuple[float, float]:
        """Drive on, and return by how much the variances of position and yaw grow."""
        before, count = self.bench.node.work.estimate.pose, self.bench.total("odometry kept")
        there = self._last.pose @ Pose2(0.1, 0.0, 0.1)
        self._last = Odometry(self._last.stamp_s + 0.1, there)
        self.bench.odometry.publish(odometry_of(self._last))
        self.bench.ros.wait_for(lambda: self.bench.total("odometry kept") > count, "the odometry")
        grown = self.bench.node.work.estimate.pose.covariance - before.covariance
        return float(grown[0, 0] + grown[1, 1]), float(grown[2, 2])


def test_alphas_count_while_the_filter_runs(ros: RosWorld, capfd: pytest.CaptureFixture) -> None:
    robot = Turning(ros, alpha3=1.0)
    # What the scales of the odometry add besides is less than a tenth of it.
    position, yaw = robot.grown()
    assert position == pytest.approx(0.5**2 * 0.1, rel=0.1)
    assert yaw < 0.1 * 0.4**2 * 0.1
    set_parameters(ros, "ekf", alpha1=0.8)
    position, yaw = robot.grown()
    assert position == pytest.approx(0.5**2 * 0.1, rel=0.1)
    assert yaw == pytest.approx(0.4**2 * 0.1, rel=0.1)
    assert "AMCL" not in capfd.readouterr().err
    set_parameters(ros, "ekf", odometry_noise__along_per_metre=0.03)
    less, yaw = robot.grown()
    assert position - less == pytest.approx((0.5**2 - 0.03**2) * 0.1, rel=0.1)
    assert yaw == pytest.approx(0.4**2 * 0.1, rel=0.1)
    robot.grown()
    warnings = [line for line in capfd.readouterr().err.splitlines() if "AMCL" in line]
    assert len(warnings) == 1
    assert ALONG in warnings[0]


def test_the_localizers_priors_have_the_same_noise(ros: RosWorld) -> None:
    bench = Bench(ros, odometry_noise__position_per_second=0.5)
    bench.tell_odometry(Pose2.identity(), 1001.0)
    bench.tell_pose(Pose2.identity(), 1001.0)
    bench.tell_odometry(Pose2.identity(), 1001.5)
    told = bench.node.work.prior_at(1001.5)
    # 0.1 m told, and half a second at 0.5 m after one.
    assert told.covariance[0, 0] == pytest.approx(0.1**2 + 0.5**2 * 0.5)


def test_the_localizers_noise_changes_while_it_runs(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.tell_odometry(Pose2.identity(), 1001.0)
    bench.tell_pose(BASE, 1001.0)
    bench.tell_odometry(Pose2.identity(), 1001.5)
    bench.stand_at(BASE)
    usual = bench.node.work.prior_at(1001.5)
    set_parameters(ros, "lidar_localizer", odometry_noise__position_per_second=0.4)
    bench.send_scan(bench.scan_from(BASE, 1001.5))
    told = bench.node.work.prior_at(1001.5)
    assert usual.covariance[0, 0] < 0.9 * told.covariance[0, 0]
    assert told.covariance[0, 0] == pytest.approx(0.1**2 + 0.4**2 * 0.5)


def test_the_file_that_calibrate_writes_is_read_by_both_nodes(
    ros: RosWorld, tmp_path: Path
) -> None:
    noise = OdometryNoise(
        MotionNoise(0.1, 0.02, 1e-5, 0.04, 0.05, 0.06, 0.07), ScaleNoise(0.3, 0.2, 8.0)
    )
    file = tmp_path / "new" / "odometry.yaml"
    write_noise_parameters(file, noise, "a drive")
    arguments = ["--ros-args", "--params-file", str(file)]
    for kind in (Ekf, LidarLocalizer):
        node = ros.add(kind(context=ros.context, cli_args=arguments))
        assert node.parameters.now.odometry_noise() == noise


def test_a_params_file_may_hold_amcls_names(ros: RosWorld, tmp_path: Path) -> None:
    file = tmp_path / "nav2.yaml"
    file.write_text(
        "/**:\n  ros__parameters:\n    alpha1: 0.2\n    alpha2: 0.2\n    alpha3: 0.2\n"
        '    alpha4: 0.2\n    alpha5: 0.2\n    robot_model_type: "nav2_amcl::OmniMotionModel"\n'
    )
    arguments = ["--ros-args", "--params-file", str(file)]
    for kind in (Ekf, LidarLocalizer):
        node = ros.add(kind(context=ros.context, cli_args=arguments))
        motion = node.parameters.now.odometry_noise().motion
        assert motion.across_per_metre_m == pytest.approx(math.sqrt(0.25 * 0.2))
        assert motion.yaw_per_metre_rad == pytest.approx(math.sqrt(0.25 * 0.2))
        assert motion.yaw_per_radian_rad == pytest.approx(math.sqrt(0.2 * 0.2))
