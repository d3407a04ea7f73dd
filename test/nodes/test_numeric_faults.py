# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers that come to grief over one reading do not end a node; errors of programming do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from filter_bench import START_S, FilterBench, odometry_of, straight
from localizer_bench import BASE, Bench, Robot
from ros_fixtures import RosWorld

from local_inn_ros.filtering.step import FilterStep
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import stamped_gaussian_message, to_stamp
from local_inn_ros.nodes.common.diagnostics import WARN
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.systems.local_inn_2d.localizer import Localizer


def raising_once(original: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """Return what raises an error when it is called first, and then does as it did."""
    errors = [error]

    def stand_in(*arguments: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop()
        return original(*arguments, **named)

    return stand_in


def wait_for_warning(ros: RosWorld, heard: list[Any], words: str, step: Callable[[], None]) -> None:
    def warned() -> bool:
        step()
        said = [one.status[0] for one in heard]
        return any(one.level == WARN and words in one.message for one in said)

    ros.wait_for(warned, f"'{words}'")


@pytest.mark.parametrize(
    "error",
    [
        np.linalg.LinAlgError("Singular matrix"),
        FloatingPointError("overflow"),
        ZeroDivisionError(),
        ValueError("math domain error"),
    ],
)
def test_a_scan_whose_numbers_fail_is_left_out(
    ros: RosWorld,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    robot = Robot(ros)
    robot.localize()
    fixes = robot.total("fix")
    monkeypatch.setattr(Localizer, "measure", raising_once(Localizer.measure, error))
    robot.step_until(lambda: robot.total("scan failed: numeric") == 1, "the failure")
    robot.step_until(lambda: robot.total("fix") > fixes, "the next scan's fix")
    said = [line for line in capfd.readouterr().err.splitlines() if "left out" in line]
    assert len(said) == 1
    assert "[ERROR]" in said[0]
    assert type(error).__name__ in said[0]
    wait_for_warning(ros, robot.health, "scan failed: numeric (1 times)", robot.step)
    assert robot.total("scan failed: numeric") == 1


def test_of_scans_that_wait_one_does_not_take_the_others_along(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), 1001.0)
    bench.tell_pose(BASE, 1001.0)
    for stamp_s in (1001.2, 1001.25, 1001.3):
        bench.send_scan(bench.scan_from(BASE, stamp_s))
    error = np.linalg.LinAlgError("Singular matrix")
    monkeypatch.setattr(Localizer, "measure", raising_once(Localizer.measure, error))
    bench.tell_odometry(Pose2.identity(), 1001.4)
    ros.wait_for(lambda: bench.total("fix") == 2, "the fixes of the other two")
    assert bench.total("scan failed: numeric") == 1


@pytest.mark.parametrize("step", ["predict", "update"])
def test_a_reading_whose_numbers_fail_does_not_end_the_filter(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    bench = FilterBench(ros)
    heard = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    bench.drive(3)
    bench.begin(Pose2.identity())
    bench.drive(3)
    what = {"predict": "odometry", "update": "fix"}[step]
    error = np.linalg.LinAlgError("Singular matrix")
    monkeypatch.setattr(FilterStep, step, raising_once(getattr(FilterStep, step), error))
    if step == "predict":
        send_reading(bench)
    else:
        send_fix(bench, START_S + 0.04)
    ros.wait_for(lambda: bench.total(f"{what} failed: numeric") == 1, "the failure")
    bench.drive(1)
    bench.fix(Pose2(0.05, 0.0, 0.0), START_S + 0.05)
    assert bench.total("fix accepted") == 1
    words = f"{what} failed: numeric (1 times)"
    wait_for_warning(ros, heard, words, lambda: bench.drive(1))


def test_a_fix_that_fails_whenever_it_is_looked_at_is_forgotten(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = FilterBench(ros)
    bench.drive(3)
    bench.begin(Pose2.identity())
    bench.drive(3)
    original = FilterStep.update

    def stand_in(step: FilterStep, belief: Any, measurement: Any) -> Any:
        if measurement.pose.mean.x > 0.5:
            raise FloatingPointError("overflow")
        return original(step, belief, measurement)

    monkeypatch.setattr(FilterStep, "update", stand_in)
    send_fix(bench, START_S + 0.04, Pose2(1.0, 0.0, 0.0))
    ros.wait_for(lambda: bench.total("fix failed: numeric") == 1, "the failure")
    poses = len(bench.filtered)
    bench.drive(2)
    bench.fix(Pose2(0.07, 0.0, 0.0), START_S + 0.07)
    assert bench.total("fix accepted") == 1
    ros.wait_for(lambda: len(bench.filtered) > poses, "the estimates")
    assert bench.filtered[-1].pose.pose.position.x == pytest.approx(0.07, abs=0.03)


def test_an_error_of_programming_ends_the_node(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = FilterBench(ros)
    bench.drive(3)
    bench.begin(Pose2.identity())
    wrong = raising_once(FilterStep.update, TypeError("no such argument"))
    monkeypatch.setattr(FilterStep, "update", wrong)
    send_fix(bench, START_S + 0.01)
    with pytest.raises(TypeError, match="no such argument"):
        ros.wait_for(lambda: False, "the error")


def send_reading(bench: FilterBench) -> None:
    """Send the next odometry without waiting for it."""
    bench.odometry.publish(odometry_of(straight(bench.sent)))
    bench.sent += 1


def send_fix(bench: FilterBench, stamp_s: float, pose: Pose2 | None = None) -> None:
    """Send a fix without waiting for it."""
    told = GaussianPose2.from_deviations(pose or Pose2.identity(), 0.05, 0.05, 0.05)
    bench.fixes.publish(stamped_gaussian_message(told, to_stamp(stamp_s), "map"))
