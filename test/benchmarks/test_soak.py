# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The soak benchmark: its figures, the lap that it replays, and a short run of the real thing."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from ros_fixtures import fresh_domain

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.nodes.localizer.model import shipped_bundle

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from soak import markdown, soak
from soak_figures import (
    Usage,
    cpu_share,
    enough_for_a_slope,
    latency,
    memory_slope,
    missed,
    read_usage,
)
from soak_lap import Lap, record_lap

sys.path.pop(0)


def usages(rss_mb: np.ndarray) -> list[Usage]:
    return [Usage(float(second), float(each), 0.3 * second) for second, each in enumerate(rss_mb)]


def test_the_slope_is_found_beside_an_outlier() -> None:
    rng = np.random.default_rng(2)
    seconds = np.arange(300)
    rss_mb = 200.0 + 2.0 / 3600.0 * seconds + rng.normal(0.0, 0.005, 300)
    rss_mb[120:130] += 5.0
    slope = memory_slope(usages(rss_mb))
    assert slope.per_hour == pytest.approx(2.0, abs=0.2)
    assert slope.low_per_hour < 2.0 < slope.high_per_hour


def test_the_interval_does_not_promise_more_than_a_wandering_memory_tells() -> None:
    """A memory that wanders without growing: the truth, none, lies within most intervals."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        noise = rng.normal(0.0, 1.0, 300)
        # What one sample has, the next has by 0.9.
        wandering = np.array(list(itertools.accumulate(noise, lambda past, now: 0.9 * past + now)))
        slope = memory_slope(usages(100.0 + wandering))
        held += slope.low_per_hour <= 0.0 <= slope.high_per_hour
    assert held >= 0.85 * 200


def test_a_memory_that_stays_has_no_slope() -> None:
    slope = memory_slope(usages(np.full(240, 180.0)))
    assert (slope.per_hour, slope.low_per_hour, slope.high_per_hour) == (0.0, 0.0, 0.0)
    assert not enough_for_a_slope(usages(np.zeros(23)))
    assert enough_for_a_slope(usages(np.zeros(24)))


def test_shares_scans_and_latencies() -> None:
    assert cpu_share(usages(np.zeros(11))) == pytest.approx(0.3)
    assert missed([10, 20, 30], {10: 0.0, 30: 0.0}) == [20]
    spent = latency(0.001 * np.arange(101))
    assert (spent.p50, spent.p95, spent.max) == pytest.approx((50.0, 95.0, 100.0))


def test_the_usage_of_a_process_is_its_own(tmp_path: Path) -> None:
    before = read_usage(os.getpid(), time.monotonic())
    # So much that malloc asks for it anew, whatever has been freed before.
    ballast = np.ones(8_000_000)
    end_s = time.process_time() + 0.1
    while time.process_time() < end_s:
        pass
    after = read_usage(os.getpid(), time.monotonic())
    assert after.rss_mb - before.rss_mb > 20.0
    assert after.cpu_s - before.cpu_s >= 0.08
    assert ballast.size

    # A name with blanks and brackets in it does not shift what is read.
    folder = tmp_path / "77"
    folder.mkdir()
    numbers = " ".join(str(number) for number in range(3, 53))
    (folder / "stat").write_text(f"77 (a) b) {numbers}")
    (folder / "statm").write_text("900 256 10 1 0 50 0")
    usage = read_usage(77, 0.0, tmp_path)
    assert usage.cpu_s * os.sysconf("SC_CLK_TCK") == pytest.approx(14 + 15)
    assert usage.rss_mb == pytest.approx(256 * os.sysconf("SC_PAGE_SIZE") / 2**20)


@pytest.fixture(scope="module")
def lap() -> Lap:
    return record_lap(Bundle.load(shipped_bundle()), 3.0, seed=0)


def test_a_lap_goes_on_and_on(lap: Lap) -> None:
    """Rates stay what they are over the seam, and the odometry is continuous there."""
    moments = list(itertools.islice(lap.replay(), 3 * len(lap.moments)))
    scans = [one.time_s for one in moments if one.scan is not None]
    said = [one for one in moments if one.odometry is not None]
    assert np.diff(scans) == pytest.approx(1.0 / 40.0, abs=5e-9)
    assert np.diff([one.time_s for one in said]) == pytest.approx(0.01, abs=1e-9)
    for before, after in itertools.pairwise(said):
        assert before.odometry is not None
        assert after.odometry is not None
        step = before.odometry.pose.between(after.odometry.pose)
        assert abs(step.x) + abs(step.y) < 0.1
        assert abs(step.yaw) < 0.05


def test_from_lap_to_lap_the_odometry_tells_how_the_robot_really_moved(lap: Lap) -> None:
    said = [one for one in itertools.islice(lap.replay(), len(lap.moments) + 1) if one.odometry]
    last, first = said[-2], said[-1]
    assert last.odometry is not None
    assert first.odometry is not None
    moved = last.odometry.pose.between(first.odometry.pose)
    assert moved.to_array() == pytest.approx(last.truth.between(first.truth).to_array(), abs=1e-9)


def test_a_short_run_of_the_real_thing(tmp_path: Path) -> None:
    given = argparse.Namespace(
        bundle=shipped_bundle(),
        speed=3.0,
        seed=0,
        seconds=3.0,
        warm_up=1.0,
        domain=fresh_domain(),
        out=tmp_path / "soak.json",
    )
    measured = soak(given)
    write_json(given.out, measured.to_json())
    written = json.loads(given.out.read_text())
    assert written.keys() >= {"hours", "missed_scans", "rss_slope_mb_per_h", "cpu_share"}
    assert written["hours"] == pytest.approx(3.0 / 3600.0, rel=0.2)
    # How many a busy machine misses is no matter here: that most are answered, and rightly, is.
    assert written["scans"] > 80
    assert written["missed_scans"] < 0.5 * written["scans"]
    assert written["cpu_share"] > 0.0
    assert written["rss_slope_mb_per_h"] is None
    assert written["error_m"]["mean"] < 0.1
    assert "too short to tell" in markdown(measured)
