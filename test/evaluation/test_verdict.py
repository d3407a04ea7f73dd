# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a run is found to be, on drives whose faults are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from local_inn_ros.evaluation.judging import Seen, judge
from local_inn_ros.evaluation.replay import Replay
from local_inn_ros.evaluation.verdict import Remark, Severity
from local_inn_ros.geometry import Pose2, Twist2
from local_inn_ros.sensing import Odometry

Floats = NDArray[np.float64]
DEVIATIONS = np.array([0.01, 0.01, 0.004])


@dataclass(frozen=True)
class Way:
    """A drive with bends and changes of speed, known every 10 ms."""

    stamps_s: Floats
    poses: Floats
    twists: Floats

    def at(self, stamps_s: Floats) -> Floats:
        columns = [np.interp(stamps_s, self.stamps_s, self.poses[:, k]) for k in range(3)]
        return np.column_stack(columns)


@cache
def way(duration_s: float = 60.0, seed: int = 0) -> Way:
    rng = np.random.default_rng(seed)
    stamps = np.arange(0.0, duration_s, 0.01)
    phases = rng.uniform(0.0, 6.0, 4)
    speed = 1.5 + 0.5 * np.sin(0.7 * stamps + phases[0]) + 0.3 * np.sin(2.1 * stamps + phases[1])
    turning = 0.8 * np.sin(0.9 * stamps + phases[2]) + 0.6 * np.sin(2.7 * stamps + phases[3])
    pose, yaw, poses = Pose2(1.0, 2.0, 0.3), 0.3, []
    for fast, turn in zip(speed, turning, strict=True):
        poses.append([pose.x, pose.y, yaw])
        pose = pose @ Twist2(0.01 * fast, 0.0, 0.01 * turn).to_pose()
        yaw += 0.01 * turn
    return Way(stamps, np.array(poses), np.column_stack([speed, turning]))


def wheels(driven: Way, distance: float = 1.0, turn: float = 1.0, seed: int = 1) -> list[Odometry]:
    """Odometry at 50 Hz whose distances and turns are so many times the true ones."""
    rng = np.random.default_rng(seed)
    pose, readings = Pose2.identity(), []
    for k in range(0, len(driven.stamps_s) - 2, 2):
        speed, turning = driven.twists[k : k + 2].mean(axis=0)
        readings.append(Odometry(float(driven.stamps_s[k]), pose, speed, 0.0, turning))
        noise = rng.normal(0.0, 1.0, 2) * (0.01 * np.sqrt(0.02 * speed), 0.002)
        step = Twist2(distance * 0.02 * speed + noise[0], 0.0, turn * 0.02 * turning + noise[1])
        pose = pose @ step.to_pose()
    return readings


def correlated(count: int, seed: int) -> Floats:
    """Errors (n, 3) of unit variance that last for some scans, as a filter's do."""
    rng, errors = np.random.default_rng(seed), np.zeros((count, 3))
    kept = 0.8
    errors[0] = rng.normal(size=3)
    for k in range(1, count):
        errors[k] = kept * errors[k - 1] + np.sqrt(1.0 - kept**2) * rng.normal(size=3)
    return errors


def seen(seed: int = 0, late_s: float = 0.0, **changes: object) -> Seen:
    """A run that is right, 20 scans a second, but for what is changed."""
    driven = way(seed=seed)
    stamps = np.arange(1.0, 58.0, 0.05)
    truth = driven.at(stamps)
    true_then = driven.at(stamps - late_s)
    rng, count = np.random.default_rng(seed + 100), len(stamps)
    fused = true_then + DEVIATIONS * correlated(count, seed)
    measured = true_then + DEVIATIONS * rng.normal(size=(count, 3))
    covariances = np.tile(np.diag(DEVIATIONS**2), (count, 1, 1))
    run = Replay(
        stamps, fused, covariances, measured, covariances, measured,
        np.ones(count, dtype=bool), np.full(count, 0.99), np.full(count, 1e-3),
        ({},) * count, {},
    )  # fmt: skip
    found = Seen(run, truth, wheels(driven), count, (), {}, (), "models/lab", "bags/lap2")
    return replace(found, **changes)  # type: ignore[arg-type]


def with_run(one: Seen, **changes: object) -> Seen:
    return replace(one, run=replace(one.run, **changes))  # type: ignore[arg-type]


def by_code(one: Seen) -> Mapping[str, Remark]:
    return {remark.code: remark for remark in judge(one).remarks}


@pytest.mark.parametrize("reference", [True, False])
def test_a_right_run_is_trusted_whatever_the_chance(reference: bool) -> None:
    for seed in range(6):
        one = seen(seed)
        verdict = judge(one if reference else replace(one, truth=None))
        assert verdict.trusted
        assert verdict.remarks == ()


@pytest.mark.parametrize(
    ("factor", "severity"), [(3.0, Severity.ERROR), (1.5, Severity.WARNING), (30.0, Severity.ERROR)]
)
def test_covariances_that_are_too_small_are_told_by_how_much(
    factor: float, severity: Severity
) -> None:
    one = seen()
    small = with_run(one, covariances=one.run.covariances / factor**2)
    remark = by_code(small)["covariance.small"]
    assert remark.severity is severity
    assert remark.figures["factor"] == pytest.approx(factor, rel=0.1)
    assert remark.figures["anees"] == pytest.approx(3.0 * factor**2, rel=0.2)
    assert "local-inn calibrate models/lab" in remark.text
    assert judge(small).trusted is (severity is Severity.WARNING)


def test_covariances_that_are_too_large_are_a_warning() -> None:
    one = seen()
    large = with_run(one, covariances=4.0 * one.run.covariances)
    remark = by_code(large)["covariance.large"]
    assert remark.figures["factor"] == pytest.approx(0.5, rel=0.1)
    assert judge(large).trusted


def test_one_scan_whose_reference_is_wrong_does_not_condemn_a_run() -> None:
    one = seen()
    fused = one.run.fused.copy()
    fused[500, 0] += 0.8
    verdict = judge(with_run(one, fused=fused))
    assert verdict.trusted
    assert [remark.code for remark in verdict.remarks] == ["lost"]


def lost_for(one: Seen, scans: int) -> Seen:
    fused = one.run.fused.copy()
    fused[200 : 200 + scans] += (1.2, -0.7, 0.1)
    return with_run(one, fused=fused)


def test_a_bundle_of_another_map_is_named_as_such() -> None:
    for one in (lost_for(seen(), 900), with_run(seen(), quality=np.full(1140, 0.02))):
        remark = by_code(one)["map"]
        assert remark.severity is Severity.ERROR
        assert "bundle and recording disagree" in remark.text
        assert "local-inn relocalize models/lab --bag bags/lap2" in remark.text


def test_without_a_reference_the_fixes_own_quality_tells_another_map() -> None:
    one = replace(seen(), truth=None)
    quality = one.run.quality.copy()
    quality[:700] = 0.05
    assert not judge(with_run(one, quality=quality)).trusted
    accepted = one.run.accepted.copy()
    accepted[:700] = False
    assert by_code(with_run(one, accepted=accepted))["refused"].severity is Severity.ERROR
    accepted[150:] = True
    assert by_code(with_run(one, accepted=accepted))["quality"].severity is Severity.WARNING


def test_being_lost_for_a_while_cannot_be_trusted() -> None:
    remark = by_code(lost_for(seen(), 100))["lost"]
    assert remark.severity is Severity.ERROR
    assert remark.figures["lost_share"] == pytest.approx(100 / 1140)


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize(
    ("distance", "turn", "code", "words"),
    [
        (0.8, 1.0, "odometry.distances", "too short"),
        (1.2, 1.0, "odometry.distances", "too long"),
        (1.0, 0.85, "odometry.turns", "too small"),
        (1.0, 1.1, "odometry.turns", "too large"),
    ],
)
def test_an_odometry_whose_scale_is_off_is_told_by_how_much(
    distance: float, turn: float, code: str, words: str, reference: bool
) -> None:
    one = seen(odometry=wheels(way(), distance, turn))
    found = by_code(one if reference else replace(one, truth=None))
    assert list(found) == [code]
    assert found[code].figures["scale"] == pytest.approx(distance * turn, abs=0.02)
    assert words in found[code].text


@pytest.mark.parametrize("late_s", [0.04, 0.1, -0.06])
def test_stamps_that_are_late_are_told_by_how_much(late_s: float) -> None:
    remark = by_code(replace(seen(late_s=late_s), truth=None))["stamps.laser"]
    assert remark.figures["delay_s"] == pytest.approx(late_s, abs=0.01)
    assert ("late" if late_s > 0.0 else "early") in remark.text
    assert "local-inn calibrate models/lab --bag bags/lap2" in remark.text


def test_a_reference_of_another_clock_is_told_apart() -> None:
    one = seen()
    later = way().at(one.run.stamps_s + 0.08)
    found = by_code(replace(one, truth=later))
    assert found["stamps.reference"].figures["delay_s"] == pytest.approx(0.08, abs=0.01)
    assert "stamps.laser" not in found


@pytest.mark.parametrize(
    ("kept", "scans", "code"),
    [(20, 20, "scans.few"), (4, 160, "scans.few"), (900, 1140, "scans.some")],
)
def test_few_scans_tell_little(kept: int, scans: int, code: str) -> None:
    one = seen()
    truth = one.truth.copy()
    truth[kept:] = np.nan
    found = by_code(replace(one, truth=truth, scan_count=scans))
    assert f"{kept} of {scans} scans" in found[code].text
    assert (found[code].severity is Severity.ERROR) is (code == "scans.few")


def test_contradictions_and_what_was_not_used_are_warned_of() -> None:
    one = replace(seen(), contradictions=("angle_max says 2",), unused={"no stamp": 7})
    found = by_code(one)
    assert found["header"].text == "angle_max says 2"
    assert found["unused"].figures == {"count": 7.0}
    assert judge(one).trusted


def test_the_json_holds_figures_beside_words() -> None:
    told = judge(lost_for(seen(), 900)).to_json()
    assert told["trusted"] is False
    first = told["verdict"][0]
    assert first["code"] == "map"
    assert first["severity"] == "error"
    assert first["lost_share"] == pytest.approx(900 / 1140)


@pytest.mark.parametrize("change", [lambda one: one, lambda one: replace(one, truth=None)])
def test_a_robot_that_stands_is_judged_too(change: Callable[[Seen], Seen]) -> None:
    one = seen()
    still = np.tile(one.truth[0], (len(one.truth), 1))
    noise = DEVIATIONS * np.random.default_rng(3).normal(size=still.shape)
    one = with_run(replace(one, truth=still), fused=still + noise, measured=still + noise)
    standing = [Odometry(reading.stamp_s, Pose2.identity()) for reading in one.odometry]
    assert judge(change(replace(one, odometry=standing))).remarks == ()
