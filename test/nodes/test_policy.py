# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The SROS 2 policy allows what the nodes have on the graph, and nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from model_fixtures import oracle_model, room
from ros_fixtures import RosWorld

from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer

POLICY = Path(__file__).resolve().parents[2] / "config" / "sros2" / "localization.policy.xml"
NODES = ("lidar_localizer", "ekf", "camera_localizer")
# What a rule of the policy is called, and how a node is asked what it has of that.
KINDS = {
    ("topics", "publish"): "publisher",
    ("topics", "subscribe"): "subscriber",
    ("services", "reply"): "service",
    ("services", "request"): "client",
}
# Needed with use_sim_time; from Iron on; where Nav2's messages are installed.
SOMETIMES = {
    ("subscriber", "/clock"),
    *(("service", f"/{node}/get_type_description") for node in NODES),
    ("service", "/set_initial_pose"),
    ("publisher", "/initialpose"),
    # Of the filter, beside a camera.
    ("subscriber", "/camera_localizer/lost"),
    ("subscriber", "/camera_localizer/measurement"),
    ("subscriber", "/camera_localizer/measurement/supported"),
}
# Of a camera: where it is alone, and where it gives its pictures compressed.
ALONE = {
    ("service", "/relocalize"),
    ("service", "/reinitialize_global_localization"),
    ("subscriber", "/image_raw/compressed"),
}


def allowed(node: str) -> set[tuple[str, str]]:
    """Return what the policy allows a node, as (kind, full name)."""
    root = ElementTree.parse(POLICY).getroot()
    [profile] = [one for one in root.iter("profile") if one.get("node") == node]
    assert profile.get("ns") == "/"
    found = set()
    for rules in profile:
        for direction, word in rules.attrib.items():
            assert word == "ALLOW"
            kind = KINDS[rules.tag, direction]
            found |= {(kind, full_name(name.text or "", node)) for name in rules}
    return found


def full_name(name: str, node: str) -> str:
    return name.replace("~/", f"/{node}/") if name[0] in "~/" else f"/{name}"


def present(ros: RosWorld, node: str) -> set[tuple[str, str]]:
    """Return what others see of a node, as (kind, full name)."""
    return {
        (kind, name)
        for kind in KINDS.values()
        for name, _ in getattr(ros.probe, f"get_{kind}_names_and_types_by_node")(node, "/")
    }


def test_the_policy_allows_what_the_nodes_have_and_nothing_else(ros: RosWorld) -> None:
    ros.start(LidarLocalizer, oracle_model(room()))
    ros.start(Ekf)
    nodes = ("lidar_localizer", "ekf")
    ros.wait_for(lambda: set(nodes) <= set(ros.probe.get_node_names()), "the nodes")
    for node in nodes:
        wanted = allowed(node) - SOMETIMES
        ros.wait_for(lambda wanted=wanted, node=node: wanted <= present(ros, node), node)
    # All there is was made before what has been waited for.
    for node in nodes:
        assert present(ros, node) - allowed(node) == set()


def test_the_policy_allows_what_a_camera_beside_a_laser_has_and_nothing_else(ros: RosWorld) -> None:
    for needed in ("cv2", "poselib"):
        pytest.importorskip(needed)
    from camera_oracle import camera_model, runnable
    from textured_room import TexturedRoom

    from local_inn_ros.nodes.localizer.camera_localizer import CameraLocalizer

    node, model = "camera_localizer", runnable(camera_model(TexturedRoom(5))[0])
    ros.start(CameraLocalizer, model, None, defers_to="lidar_localizer")
    ros.wait_for(lambda: node in ros.probe.get_node_names(), "the node")
    wanted = allowed(node) - SOMETIMES - ALONE
    ros.wait_for(lambda: wanted <= present(ros, node), node)
    assert present(ros, node) - allowed(node) == set()


def test_the_policy_is_an_enclave_for_each_process() -> None:
    root = ElementTree.parse(POLICY).getroot()
    paths = [one.get("path") for one in root.iter("enclave")]
    assert paths == ["/localization", "/camera_localizer"]
    assert [one.get("node") for one in root.iter("profile")] == list(NODES)


def test_sros2_reads_the_policy() -> None:
    policy = pytest.importorskip("sros2.policy", reason="sros2 is not installed")
    assert policy.load_policy(POLICY).getroot().tag == "policy"
