# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Searches of the whole map that somebody calls for: they answer, whatever comes."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseArray
from localizer_bench import BASE, ELSEWHERE, PATIENT, START_S, Bench
from model_fixtures import hall
from ros_fixtures import DEADLINE_S, RosWorld
from std_srvs.srv import Empty

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.localization.search.place_search import PlaceSearch
from local_inn_ros.nodes.common.conversions import (
    stamped_gaussian_message,
    to_gaussian,
    to_pose,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.sensing import Scan
from local_inn_ros.systems.local_inn_2d.relocalizer import Relocalizer


def figures_of(message: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(message.split("\n")[1])
    return figures


def test_relocalize_tells_where_the_robot_is(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    answer = bench.ask()
    assert answer.success
    assert answer.message.startswith("found at x 1.5")
    told = figures_of(answer.message)
    assert (told["found"], told["reason"]) == (True, "")
    assert told["pose"]["x_m"] == pytest.approx(BASE.x, abs=0.03)
    assert told["pose"]["deviations"]["x_m"] > 0.0
    weights = [one["weight"] for one in told["hypotheses"]]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(1.0, abs=1e-3)
    assert weights[0] > 0.9
    assert 0.0 <= told["hypotheses"][0]["score"] <= 1.0
    assert told["seconds"] > 0.0
    ros.wait_for(lambda: bench.found, "the pose for the filter")
    assert to_gaussian(bench.found[0].pose).mean.distance_to(BASE) < 0.05
    assert START_S < to_seconds(bench.found[0].header.stamp) <= bench.sent_s


def test_two_places_that_look_alike_are_told_as_such(ros: RosWorld) -> None:
    bench = Bench(ros, grid=hall(), search_timeout=1.0)
    modes = bench.hear(PoseArray, "modes", RELIABLE)
    bench.stand_at(BASE)
    answer = bench.ask()
    assert not answer.success
    told = figures_of(answer.message)
    assert told["reason"].startswith("ambiguous")
    assert told["pose"] is None
    assert [one["weight"] for one in told["hypotheses"][:2]] == pytest.approx([0.5, 0.5], abs=0.15)
    assert bench.found == []
    ros.wait_for(lambda: modes, "the places")
    assert len(modes[0].poses) == len(told["hypotheses"])
    assert to_pose(modes[0].poses[0]).x == pytest.approx(told["hypotheses"][0]["x_m"], abs=1e-3)
    figures = bench.wait_for_health("ambiguous: 2 places explain the scan about", seen_from=BASE)
    assert figures["state"] == "ambiguous"
    assert len(figures["places"].split()) == 2


def test_a_scan_from_nowhere_fits_nothing(ros: RosWorld) -> None:
    bench = Bench(ros, search_timeout=1.0)
    rng = np.random.default_rng(1)
    ranges = rng.uniform(0.1, 14.0, 180).astype(np.float32)

    def look() -> None:
        bench.sent_s += 0.05
        bench.tell_odometry(Pose2.identity(), bench.sent_s)
        bench.send_scan(Scan(bench.sent_s, ranges, -2.3, 4.6 / 179, 0.05, 15.0))

    future = bench.call()
    ros.wait_for(lambda: (look(), future.done())[1], "the answer")
    answer = future.result()
    assert not answer.success
    assert figures_of(answer.message)["reason"].startswith("nothing fits")


def test_relocalize_without_a_scan_says_so(ros: RosWorld) -> None:
    bench = Bench(ros)
    answer = bench.ask(seen_from=None)
    assert not answer.success
    assert "no scans" in answer.message
    assert "'/scan'" in answer.message
    assert figures_of(answer.message)["pose"] is None


def ask_without_odometry(bench: Bench) -> Any:
    """Call; scans come meanwhile, and no odometry."""
    future = bench.call()

    def look() -> bool:
        bench.sent_s += 0.05
        bench.send_scan(bench.scan_from(BASE, bench.sent_s))
        return future.done()

    bench.ros.wait_for(look, "the answer")
    return future.result()


def test_without_odometry_one_scan_may_still_tell_the_place(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    answer = ask_without_odometry(bench)
    assert answer.success, answer.message
    assert figures_of(answer.message)["pose"]["x_m"] == pytest.approx(BASE.x, abs=0.03)


def test_without_odometry_a_place_left_open_is_not_guessed(ros: RosWorld) -> None:
    bench = Bench(ros, grid=hall())
    bench.stand_at(BASE)
    answer = ask_without_odometry(bench)
    assert not answer.success
    reason = figures_of(answer.message)["reason"]
    assert reason.startswith("no odometry")
    assert "'/odom'" in reason
    assert "ambiguous" in reason


def test_odometry_that_ends_during_a_search_ends_it(ros: RosWorld) -> None:
    bench = Bench(ros, grid=hall())
    bench.stand_at(BASE)
    future = bench.call()
    for _ in range(3):
        bench.look_from(BASE)
    stops_s = bench.sent_s
    bench.sent_s += 1.0

    def look() -> bool:
        bench.send_scan(bench.scan_from(BASE, bench.sent_s))
        return future.done()

    ros.wait_for(look, "the answer")
    assert stops_s < bench.sent_s
    assert not future.result().success
    assert "no odometry" in future.result().message


def test_a_pose_that_is_told_ends_a_search(ros: RosWorld) -> None:
    bench = Bench(ros, grid=hall())
    bench.stand_at(BASE)
    future = bench.call()
    for _ in range(3):
        bench.look_from(BASE)
    told = GaussianPose2.from_deviations(BASE, 0.1, 0.1, 0.05)
    bench.initial.publish(stamped_gaussian_message(told, to_stamp(bench.sent_s), "map"))
    bench.look_until(future.done, "the answer")
    assert not future.result().success
    assert "a pose was told" in future.result().message
    # Nothing was found; a filter that stays silent is told of the fixes that follow, at most.
    assert not bench.searching
    assert all(to_gaussian(one.pose).mean.distance_to(BASE) < 0.1 for one in bench.found)


def test_a_pose_that_is_told_while_a_scan_is_looked_at_is_not_overruled(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    original, results, go_on = PlaceSearch.add, [], threading.Event()

    def slow(self: PlaceSearch, scan: Scan, odometry: Pose2) -> SearchResult | None:
        result = original(self, scan, odometry)
        if result is not None:
            results.append(result)
            assert go_on.wait(DEADLINE_S)
        return result

    monkeypatch.setattr(PlaceSearch, "add", slow)
    answer = bench.call()
    bench.look_until(lambda: results, "the search to find the robot")
    assert results[0].found
    told = GaussianPose2.from_deviations(ELSEWHERE, 0.5, 0.5, 0.3)
    bench.initial.publish(stamped_gaussian_message(told, to_stamp(bench.sent_s), "map"))
    ros.wait_for(lambda: bench.node.work.told, "the pose")
    go_on.set()
    ros.wait_for(answer.done, "the answer")
    assert not answer.result().success
    assert "a pose was told" in answer.result().message
    ros.spin_for(0.2)
    assert bench.found == []


def test_a_search_that_breaks_off_still_gets_an_answer(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ros)

    def broken(*_: Any) -> SearchResult:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(Relocalizer, "search", broken)
    answer = bench.ask()
    assert not answer.success
    assert "broke off" in answer.message


def test_scans_go_on_while_a_search_is_under_way(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    original = Relocalizer.search
    searches, go_on = [], threading.Event()

    def slow(self: Relocalizer, scan: Scan, *others: Any) -> SearchResult:
        searches.append(scan)
        assert go_on.wait(DEADLINE_S)
        return original(self, scan, *others)

    monkeypatch.setattr(Relocalizer, "search", slow)
    answers = [bench.call() for _ in range(3)]
    bench.look_until(lambda: searches, "the search")
    fixes = bench.total("fix")
    bench.look_until(lambda: bench.total("fix") >= fixes + 4, "fixes meanwhile")
    assert not any(answer.done() for answer in answers)
    go_on.set()
    bench.look_until(lambda: all(answer.done() for answer in answers), "all answers")
    assert all(answer.result().success for answer in answers)
    # Calls that come during a search share its answer.
    assert len({answer.result().message for answer in answers}) == 1
    ended = len(searches)
    for _ in range(5):
        bench.look_from(BASE)
    assert len(searches) == ended
    # What the search found, and what a filter that is silent is told: all of one place.
    assert bench.found
    for message in bench.found:
        assert to_gaussian(message.pose).mean.distance_to(BASE) < 0.1
    assert not bench.searching


def test_reinitialize_searches_in_the_background(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    ros.call(Empty, "reinitialize_global_localization")
    bench.look_until(lambda: bench.found, "the robot")


def test_a_search_at_the_start_needs_no_call(ros: RosWorld) -> None:
    bench = Bench(ros, search_at_start=True)
    bench.stand_at(BASE)
    bench.look_until(lambda: bench.found, "the robot")
    assert to_gaussian(bench.found[0].pose).mean.distance_to(BASE) < 0.05


def test_a_filter_that_began_again_without_a_pose_is_told_one(ros: RosWorld) -> None:
    bench = Bench(ros, search_at_start=True)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    bench.look_from(BASE)
    assert bench.total("fix") == 1
    # The filter says nothing more, for longer than the odometry is kept.
    for _ in range(240):
        bench.sent_s += 0.1
        bench.tell_odometry(Pose2.identity(), bench.sent_s)
    assert bench.node.work.told is None
    bench.look_until(lambda: bench.found, "the robot")
    assert to_gaussian(bench.found[0].pose).mean.distance_to(BASE) < 0.05


def test_a_node_that_is_told_to_stop_answers_first(ros: RosWorld) -> None:
    bench = Bench(ros, grid=hall(), search_timeout=PATIENT)
    bench.stand_at(BASE)
    answer = bench.call()
    bench.look_until(lambda: bench.searching, "the search")
    bench.node.trigger_deactivate()
    assert not bench.searching
    ros.wait_for(answer.done, "the answer")
    assert not answer.result().success
    assert "the node is told to stop" in answer.result().message
    again = bench.call()
    ros.wait_for(again.done, "the answer of an inactive node")
    assert not again.result().success
    assert "the node is not active" in again.result().message
