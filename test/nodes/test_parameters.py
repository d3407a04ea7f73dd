# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters at run time, quality of service by parameters, AMCL's services, over DDS."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from filter_bench import START_S, FilterBench
from geometry_msgs.msg import PoseArray
from localizer_bench import MOUNT, Bench, Robot
from model_fixtures import oracle_model, room
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from ros_fixtures import RosWorld, listeners, set_parameter
from std_srvs.srv import Empty

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import grid_message, to_pose, to_seconds, to_stamp
from local_inn_ros.nodes.common.managed_node import StartError
from local_inn_ros.nodes.common.qos import BEST_EFFORT, LATCHED, SENSOR
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.localizer.localizer_health import MAP
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.world import FREE, OccupancyGrid


def test_the_tolerance_of_the_transform_changes_at_run_time(ros: RosWorld) -> None:
    bench = FilterBench(ros, transform_tolerance=0.5)
    bench.drive(2)
    bench.begin(Pose2.identity())
    assert set_parameter(ros, "ekf", "transform_tolerance", 0.2).successful
    bench.drive(10)
    ros.wait_for(
        lambda: to_seconds(bench.transforms[-1].transforms[0].header.stamp) < START_S + 0.35,
        "a transform with the new tolerance",
    )
    assert set_parameter(ros, "ekf", "tf_broadcast", False).successful
    known = len(bench.transforms)
    bench.drive(10)
    ros.spin_for(0.1)
    assert len(bench.transforms) == known


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("transform_tolerance", 11.0, "range"),
        ("transform_tolerance", "soon", "is a double"),
        ("odom_frame_id", "wheels", "in use"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(
    ros: RosWorld, name: str, value: Any, told: str
) -> None:
    node = ros.start(Ekf)
    before = node.parameters.now
    result = set_parameter(ros, "ekf", name, value)
    assert not result.successful
    assert told in result.reason.lower()
    assert node.parameters.now == before
    assert node.get_parameter(name).value == getattr(before, name)


def test_the_gate_changes_at_run_time(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(3)
    bench.begin(Pose2.identity(), deviation=0.1)
    # Expected within 0.11 m along each axis: so far off one right fix in thirty is.
    far = Pose2(0.33, 0.0, 0.0)
    assert set_parameter(ros, "ekf", "gate_probability", 0.9).successful
    bench.fix(far, START_S + 0.01)
    assert bench.total("fix refused: outside the gate") == 1
    assert set_parameter(ros, "ekf", "gate_probability", 0.999).successful
    bench.fix(far, START_S + 0.02)
    assert bench.total("fix accepted") == 1


def test_a_number_without_a_range_must_be_finite(ros: RosWorld) -> None:
    node = ros.start(Ekf, autostart=False)
    answer = set_parameter(ros, "ekf", "initial_pose.x", float("inf"))
    assert "not a number" in answer.reason
    assert set_parameter(ros, "ekf", "initial_pose.x", 2.0).successful
    assert node.parameters.now.initial_x == 2.0


def test_an_array_may_be_empty(ros: RosWorld) -> None:
    # As rclpy reads `lost_topics: []` from a file or the command line: without a value.
    bare = ["--ros-args", "-p", "lost_topics:=[]"]
    node = ros.add(Ekf(context=ros.context, cli_args=bare))
    node.start()
    assert node.parameters.now.lost_topics == ()
    assert node.parameters.now.fix_topics == ("lidar_localizer/measurement",)
    assert not ros.probe.count_subscribers("lidar_localizer/lost")


@pytest.mark.parametrize("name", ["", "front scan", "scan-2"])
def test_a_topic_that_cannot_be_called_so_is_one_sentence(ros: RosWorld, name: str) -> None:
    told = [Parameter("fix_topics", value=[name])]
    node = ros.add(Ekf(context=ros.context, parameter_overrides=told))
    with pytest.raises(StartError, match=f"no topic can be called '{name}'") as raised:
        node.start()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"odom_frame_id": "map"}, "global_frame_id and odom_frame_id are both 'map'"),
        ({"base_frame_id": "/odom"}, "odom_frame_id and base_frame_id are both 'odom'"),
        ({"global_frame_id": ""}, "global_frame_id is ''"),
    ],
)
def test_frames_that_cannot_be_of_one_tree_are_one_sentence(
    ros: RosWorld, told: dict[str, str], words: str
) -> None:
    with pytest.raises(StartError, match=words):
        ros.start(Ekf, **told)


def test_the_localizer_wants_a_base_that_is_not_the_map(ros: RosWorld) -> None:
    with pytest.raises(StartError, match="global_frame_id and base_frame_id are both 'map'"):
        ros.start(LidarLocalizer, oracle_model(room()), base_frame_id="map")


def test_the_refiner_changes_at_run_time(ros: RosWorld) -> None:
    robot = Robot(ros)
    samples = robot.hear(PoseArray, "samples", BEST_EFFORT)
    ros.wait_for(lambda: listeners(robot.node, "/lidar_localizer/samples"), "who looks")
    robot.localize()
    ros.wait_for(lambda: samples and len(samples[-1].poses) == 20, "the samples")
    assert "stage refiner [ms]" in robot.node.work.examine().values
    answer = set_parameter(ros, "lidar_localizer", "refiner", "grid")
    assert not answer.successful
    assert "field, forward, none" in answer.reason
    for name, value in (("refiner", "none"), ("samples", 40)):
        assert set_parameter(ros, "lidar_localizer", name, value).successful
    robot.step_until(lambda: len(samples[-1].poses) == 40, "more samples")
    stages = robot.node.work.examine().values
    assert "stage statistics [ms]" in stages
    assert "stage refiner [ms]" not in stages
    assert not set_parameter(ros, "lidar_localizer", "samples", 41).successful


def test_a_change_while_it_runs_is_not_told_as_another_mount(
    ros: RosWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    robot = Robot(ros)
    samples = robot.hear(PoseArray, "samples", BEST_EFFORT)
    ros.wait_for(lambda: listeners(robot.node, "/lidar_localizer/samples"), "who looks")
    robot.localize()
    for count in (40, 10):
        assert set_parameter(ros, "lidar_localizer", "samples", count).successful
        robot.step_until(lambda count=count: len(samples[-1].poses) == count, "the samples")
    # The same mount again, as a broadcaster that was started again tells it.
    robot.tell_mount(MOUNT)
    for _ in range(3):
        robot.step()
    assert capfd.readouterr().err.count("is mounted on") == 1


def test_an_engine_that_cannot_be_had_is_a_warning(
    ros: RosWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(shipped_bundle(), bundle, ignore=shutil.ignore_patterns("engine"))
    node = ros.start(LidarLocalizer, engine="tensorrt", bundle=str(bundle))
    assert str(node.work.examine().values["engine"]).startswith("numba")
    said = capfd.readouterr().err.splitlines()
    assert [line for line in said if "[WARN]" in line and "runs on numba" in line]


def test_only_the_first_map_counts_where_told_so(ros: RosWorld) -> None:
    bench = Bench(ros, first_map_only=True)
    other = OccupancyGrid(bench.grid.cells * 0 + FREE, 0.05, bench.grid.origin)
    maps = ros.talk(OccupancyGridMessage, "map", LATCHED)
    maps.publish(grid_message(bench.grid, to_stamp(0.0), "map"))
    ros.wait_for(lambda: bench.total(MAP) == 1, "the map")
    maps.publish(grid_message(other, to_stamp(0.0), "map"))
    ros.spin_for(0.2)
    assert bench.total(MAP) == 1
    assert "another map" not in bench.node.work.examine().message
    assert set_parameter(ros, "lidar_localizer", "first_map_only", False).successful
    maps.publish(grid_message(other, to_stamp(0.0), "map"))
    ros.wait_for(lambda: bench.total(MAP) == 2, "the other map")
    assert "another map" in bench.node.work.examine().message


def test_the_quality_of_service_is_overridden_by_parameters(ros: RosWorld) -> None:
    overrides = [
        Parameter("qos_overrides./amcl_pose.publisher.durability", value="volatile"),
        Parameter("qos_overrides./odom.subscription.reliability", value="reliable"),
        Parameter("qos_overrides./odom.subscription.depth", value=3),
    ]
    ros.add(Ekf(context=ros.context, parameter_overrides=overrides)).start()
    (pose,) = ros.probe.get_publishers_info_by_topic("/amcl_pose")
    assert pose.qos_profile.durability == DurabilityPolicy.VOLATILE
    (odometry,) = ros.probe.get_subscriptions_info_by_topic("/odom")
    assert odometry.qos_profile.reliability == ReliabilityPolicy.RELIABLE
    # Others of the same kind are as they were.
    assert SENSOR.reliability == ReliabilityPolicy.BEST_EFFORT
    assert SENSOR.depth == 20
    assert LATCHED.durability == DurabilityPolicy.TRANSIENT_LOCAL


def test_every_topic_has_its_overrides(ros: RosWorld) -> None:
    bench = Bench(ros)
    declared = bench.node.list_parameters([], 0).names
    of_ros = ("/rosout", "/parameter_events", "/lidar_localizer/transition_event")
    for publisher in bench.node.publishers:
        if publisher.topic_name not in of_ros:
            assert f"qos_overrides.{publisher.topic_name}.publisher.depth" in declared
    for subscription in bench.node.subscriptions:
        assert f"qos_overrides.{subscription.topic_name}.subscription.depth" in declared


def test_an_override_that_makes_no_sense_is_named(ros: RosWorld) -> None:
    wrong = [Parameter("qos_overrides./odom.subscription.reliability", value="perhaps")]
    node = ros.add(Ekf(context=ros.context, parameter_overrides=wrong))
    with pytest.raises(StartError, match="quality of service of 'odom'"):
        node.start()


def test_the_pose_is_told_by_navs_service(ros: RosWorld) -> None:
    service = pytest.importorskip("nav2_msgs.srv", reason="nav2_msgs is not installed")
    robot = Robot(ros)
    for _ in range(5):
        robot.step()
    client = ros.probe.create_client(service.SetInitialPose, "set_initial_pose")
    ros.wait_for(client.service_is_ready, "the service")
    request = service.SetInitialPose.Request()
    request.pose.header.frame_id = "map"
    request.pose.pose.pose.position.x = robot.base.x
    request.pose.pose.pose.position.y = robot.base.y
    request.pose.pose.pose.orientation.w = 1.0
    request.pose.pose.covariance[0] = request.pose.pose.covariance[7] = 0.25
    request.pose.pose.covariance[35] = 0.3
    answer = client.call_async(request)
    ros.wait_for(answer.done, "the answer")
    robot.step_until(robot.is_right, "the robot to be localized")


def test_an_update_without_motion_publishes_the_pose_again(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    ros.call(Empty, "request_nomotion_update")
    assert not bench.poses
    bench.drive(2)
    bench.begin(Pose2(1.0, 2.0, 0.0))
    known = len(bench.poses)
    ros.call(Empty, "request_nomotion_update")
    ros.wait_for(lambda: len(bench.poses) > known, "the pose again")
    assert to_pose(bench.poses[-1].pose.pose).y == pytest.approx(2.0)


def test_what_tells_a_pose_is_of_amcls_types(ros: RosWorld) -> None:
    Robot(ros)
    types = dict(ros.probe.get_topic_names_and_types())
    wanted = {
        "/amcl_pose": "geometry_msgs/msg/PoseWithCovarianceStamped",
        "/initialpose": "geometry_msgs/msg/PoseWithCovarianceStamped",
        "/scan": "sensor_msgs/msg/LaserScan",
        "/map": "nav_msgs/msg/OccupancyGrid",
        "/odom": "nav_msgs/msg/Odometry",
        "/tf": "tf2_msgs/msg/TFMessage",
        "/odometry/filtered": "nav_msgs/msg/Odometry",
    }
    ros.wait_for(
        lambda: wanted.keys() <= dict(ros.probe.get_topic_names_and_types()).keys(), "the topics"
    )
    types = dict(ros.probe.get_topic_names_and_types())
    assert {name: types[name] for name in wanted} == {k: [v] for k, v in wanted.items()}
    services = dict(ros.probe.get_service_names_and_types())
    for name, kind in (
        ("/reinitialize_global_localization", "std_srvs/srv/Empty"),
        ("/request_nomotion_update", "std_srvs/srv/Empty"),
        ("/relocalize", "std_srvs/srv/Trigger"),
    ):
        assert services[name] == [kind]
    (pose,) = ros.probe.get_publishers_info_by_topic("/amcl_pose")
    assert pose.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert pose.qos_profile.reliability == ReliabilityPolicy.RELIABLE
