# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Facts of a healthy robot for the doctor's checks, to make ill in one way at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.diagnosis.checks import examine
from local_inn_ros.diagnosis.facts import (
    Diagnosis,
    Endpoint,
    Environment,
    Facts,
    Link,
    NodeFacts,
    Topic,
    TopicNames,
    Transforms,
)
from local_inn_ros.diagnosis.findings import Finding
from local_inn_ros.diagnosis.streams import Arrivals, OdometryStream, ScanStream
from local_inn_ros.geometry import Pose2
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.world import plan_lap

SCAN = "sensor_msgs/msg/LaserScan"
ODOMETRY = "nav_msgs/msg/Odometry"
POSE = "geometry_msgs/msg/PoseWithCovarianceStamped"
GRID = "nav_msgs/msg/OccupancyGrid"
START_S = 1.7e9
DRIVE_S = 4.0
_AGE_S = 0.005


@cache
def bundle() -> Bundle:
    return Bundle.load(resource_directory("models") / "generated_track")


@cache
def drive() -> tuple[tuple[Scan, ...], tuple[Odometry, ...]]:
    """A few seconds of a simulated drive, with the stamps of a real one."""
    simulator = Simulator(
        bundle().grid,
        plan_lap(bundle().grid),
        LaserModel(bundle().description.laser, base_from_laser=Pose2(0.27, 0.0, 0.0)),
        OdometryModel(slip=0.1, turn_slip=0.1),
        3.0,
        np.random.default_rng(5),
    )
    simulator.advance_to(2.0)
    events = list(simulator.events(DRIVE_S))
    scans = [replace(one, stamp_s=START_S + one.stamp_s) for one in events if isinstance(one, Scan)]
    readings = [
        replace(one, stamp_s=START_S + one.stamp_s) for one in events if isinstance(one, Odometry)
    ]
    return tuple(scans), tuple(readings)


def arrivals(stamps_s: Sequence[float], frame: str, age_s: float = _AGE_S) -> Arrivals:
    stamps = np.array(stamps_s, dtype=np.float64)
    return Arrivals(stamps, stamps + age_s, frozenset({frame} if len(stamps) else ()))


def node(name: str, message: str, **values: str) -> NodeFacts:
    parameters: dict[str, object] = {
        "bundle": "",
        "global_frame_id": "map",
        "odom_frame_id": "odom",
        "base_frame_id": "base_link",
        "tf_broadcast": True,
        "use_sim_time": False,
    }
    return NodeFacts(name, 1, "active", parameters, True, Diagnosis(0, message, values))


def topic(
    name: str, kind: str, writers: Sequence[str], readers: Sequence[str], reliable: bool = True
) -> Topic:
    return Topic(
        name,
        tuple(Endpoint(one, kind, reliable, False) for one in writers),
        tuple(Endpoint(one, kind, reliable, False) for one in readers),
    )


def topics(*some: Topic) -> dict[str, Topic]:
    return {one.name: one for one in some}


def healthy() -> Facts:
    """A robot with nothing wrong."""
    scans, readings = drive()
    both = ("/lidar_localizer", "/ekf")
    return Facts(
        seconds=DRIVE_S,
        environment=Environment(7, "LOCALHOST", "", "rmw_fastrtps_cpp"),
        namespace="/",
        all_nodes=("/driver", "/ekf", "/lidar_localizer"),
        nodes={
            "lidar_localizer": node("/lidar_localizer", "fixes are made", quality="0.99"),
            "ekf": node("/ekf", "localized"),
        },
        names=TopicNames(
            ("/scan",), "/odom", "/map", "/amcl_pose", "/initialpose", "/tf", "/tf_static"
        ),
        topics=topics(
            topic("/scan", SCAN, ["/driver"], ["/lidar_localizer"], reliable=False),
            topic("/odom", ODOMETRY, ["/driver"], both, reliable=False),
            topic("/amcl_pose", POSE, ["/ekf"], []),
            topic("/lidar_localizer/measurement", POSE, ["/lidar_localizer"], ["/ekf"]),
            topic("/odometry/filtered", ODOMETRY, ["/ekf"], ["/lidar_localizer"]),
            topic("/initialpose", POSE, [], both),
        ),
        scans=(ScanStream("/scan", arrivals([one.stamp_s for one in scans], "laser"), scans),),
        odometry=OdometryStream(
            "/odom",
            arrivals([one.stamp_s for one in readings], "odom"),
            readings,
            frozenset({"base_link"}),
        ),
        transforms=Transforms(
            links=(
                Link("base_link", "laser", True, frozenset({"/driver"})),
                Link("map", "odom", False, frozenset({"/ekf"})),
                Link("odom", "base_link", False, frozenset({"/driver"})),
            ),
            map_from_odom=np.tile([1.0, 2.0, 0.1], (40, 1)),
        ),
        bundle=bundle(),
        grid=bundle().grid,
    )


def with_scans(seen: Facts, change: Callable[[Scan], Scan], age_s: float = _AGE_S) -> Facts:
    """Change every scan."""
    stream = seen.scans[0]
    scans = tuple(change(one) for one in stream.scans)
    came = arrivals([one.stamp_s for one in scans], "laser", age_s)
    return replace(seen, scans=(ScanStream(stream.topic, came, scans),))


def with_odometry(
    seen: Facts, change: Callable[[Odometry], Odometry], age_s: float = _AGE_S
) -> Facts:
    """Change every reading of the odometry."""
    readings = tuple(change(one) for one in seen.odometry.readings)
    came = arrivals([one.stamp_s for one in readings], "odom", age_s)
    return replace(seen, odometry=replace(seen.odometry, arrivals=came, readings=readings))


def with_node(seen: Facts, name: str, **changes: object) -> Facts:
    """Change what is known of a node."""
    return replace(seen, nodes={**seen.nodes, name: replace(seen.nodes[name], **changes)})


def with_parameter(seen: Facts, name: str, parameter: str, value: object) -> Facts:
    parameters = {**seen.nodes[name].parameters, parameter: value}
    return with_node(seen, name, parameters=parameters)


def with_topics(seen: Facts, *some: Topic) -> Facts:
    """Put in topics, in place of those of the same names."""
    return replace(seen, topics={**seen.topics, **topics(*some)})


def found(seen: Facts) -> dict[str, Finding]:
    return {one.check: one for one in examine(seen).findings}


def only(seen: Facts, check: str) -> Finding:
    """Return the one finding that there should be."""
    findings = examine(seen).findings
    assert [one.check for one in findings] == [check], [one.line() for one in findings]
    return findings[0]
