# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped bundle over real DDS, simulator and localization in processes of their own."""

from __future__ import annotations

import json
import math
import signal
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from rclpy.task import Future
from ros_fixtures import RosWorld
from std_srvs.srv import Trigger

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.child_process import ChildProcess
from local_inn_ros.nodes.demo.demo import run_demo
from local_inn_ros.nodes.demo.demo_probe import DemoProbe
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.world import ClosedPath, plan_lap


def far_from(truth: Pose2, bundle: Bundle) -> Pose2:
    """Return a place on the lap, half of it away."""
    lap = ClosedPath.through(plan_lap(bundle.grid))
    return lap.pose((lap.nearest(truth.x, truth.y) + len(lap.points) // 2) % len(lap.points))


def off_by_m(probe: DemoProbe, last: int) -> float:
    """Return the largest of the last errors."""
    return max(one.distance_m() for one in probe.estimates[-last:])


def test_a_kidnapped_robot_finds_itself(ros: RosWorld, tmp_path: Path) -> None:
    path = shipped_bundle()
    bundle = Bundle.load(path)
    probe = ros.add(DemoProbe(context=ros.context))
    driven = {"bundle": path, "speed_mps": 2.0, "seed": 3}
    with (
        ChildProcess("demo.simulator", driven, ros.domain, tmp_path / "simulator.log") as simulator,
        ChildProcess(
            "localization", {"bundle": path}, ros.domain, tmp_path / "localization.log"
        ) as localization,
    ):
        # What is compiled when it first runs takes its time on a fresh checkout.
        ros.wait_for(probe.ready, "simulator and localization", patience_s=120.0)
        assert probe.truth is not None
        rough = GaussianPose2.from_deviations(probe.truth @ Pose2(0.1, -0.1, 0.05), 0.2, 0.2, 0.1)
        probe.tell_initial_pose(rough)
        ros.wait_for(lambda: len(probe.estimates) > 160, "four seconds of poses")
        run = probe.run_since(40)
        errors_m = np.hypot(*(run.fused - run.truth)[:, :2].T)
        assert len(run.stamps_s) > 100
        assert errors_m.max() < 0.2
        assert np.hypot(*(run.fix - run.truth)[:, :2].T).mean() < 0.5

        assert not probe.lost
        probe.put_down(far_from(probe.truth, bundle))
        ros.wait_for(lambda: probe.lost, "the robot to know that it is lost")
        assert off_by_m(probe, 1) > 1.0
        ros.wait_for(lambda: off_by_m(probe, 20) < 0.2, "the robot to find itself")
        assert max(one.turn_rad() for one in probe.estimates[-20:]) < math.radians(5.0)
        assert not probe.lost

        future = probe.relocalize()
        ros.wait_for(future.done, "an answer of relocalize")
        answer = future.result()
        assert answer is not None
        assert answer.success, answer.message
        found = json.loads(answer.message.split("\n")[1])["pose"]
        assert probe.truth.distance_to(Pose2(found["x_m"], found["y_m"], 0.0)) < 5.0
        ros.wait_for(lambda: off_by_m(probe, 20) < 0.2, "the robot to be localized still")
        # With messages coming in all the time, both still end cleanly.
        assert (simulator.stop(), localization.stop()) == (0, 0)
        for log in tmp_path.glob("*.log"):
            assert "Traceback" not in log.read_text()
        # The pose is kept for the next start.
        assert len(list(tmp_path.glob("ros_home/local_inn_ros/*.json"))) == 1


@pytest.mark.slow
def test_a_localization_that_is_killed_goes_on_while_the_robot_drives(
    ros: RosWorld, tmp_path: Path
) -> None:
    path = shipped_bundle()
    probe = ros.add(DemoProbe(context=ros.context))
    driven = {"bundle": path, "speed_mps": 3.0, "seed": 4}

    def started(number: int) -> ChildProcess:
        log = tmp_path / f"localization_{number}.log"
        return ChildProcess("localization", {"bundle": path}, ros.domain, log)

    def is_right() -> bool:
        return len(probe.estimates) >= 20 and off_by_m(probe, 20) < 0.2

    with ChildProcess("demo.simulator", driven, ros.domain, tmp_path / "simulator.log"):
        with started(0) as localization:
            ros.wait_for(probe.ready, "simulator and localization", patience_s=120.0)
            assert probe.truth is not None
            probe.tell_initial_pose(GaussianPose2.from_deviations(probe.truth, 0.2, 0.2, 0.1))
            ros.wait_for(is_right, "the robot to be localized")
            saved = tmp_path / "ros_home" / "local_inn_ros"
            ros.wait_for(lambda: list(saved.glob("*.json")), "the pose to be saved")
            localization.tell(signal.SIGKILL)
            localization.wait(5.0)
        left = probe.truth
        probe.estimates.clear()
        with started(1):
            ros.wait_for(is_right, "the robot to be localized again", patience_s=60.0)
            assert probe.truth.distance_to(left) > 1.0 or probe.path_m > 6.0
            assert not probe.lost


@pytest.mark.slow
def test_an_answer_that_comes_late_leaves_the_demo_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never: Future[Trigger.Response] = Future()
    monkeypatch.setattr(DemoProbe, "relocalize", lambda _: never)
    report = run_demo(shipped_bundle(), tmp_path / "demo", seed=2)
    assert report.kidnap.recovered
    assert report.kidnap.answer == "no answer within 20 s"
    assert (tmp_path / "demo" / "report.json").exists()
    assert (tmp_path / "demo" / "demo.png").exists()


@pytest.mark.slow
def test_the_demo_passes_and_leaves_its_figures(tmp_path: Path) -> None:
    report = run_demo(shipped_bundle(), tmp_path / "demo", seed=1)
    assert report.passed, report.trouble
    figures = json.loads((tmp_path / "demo" / "report.json").read_text())
    assert figures["kidnap"]["recovered"] is True
    assert 0.0 < figures["kidnap"]["noticed_s"] < figures["kidnap"]["seconds"] < 20.0
    assert figures["kidnap"]["answer"].startswith("found at")
    assert figures["n"] > 300
    assert figures["fused"]["ape_mean_m"] < 0.034
    assert figures["fused"]["yaw_mean_deg"] < 0.133
    assert (tmp_path / "demo" / "demo.png").stat().st_size > 10_000
    report.print_table()
