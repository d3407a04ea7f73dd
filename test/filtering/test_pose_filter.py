# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from filter_runs import fix_at, fuse, readings, run, true_pose
from hypothesis import given, settings
from hypothesis import strategies as st
from localization_helpers import SPEED_MPS, gaussian, odometry_at

from local_inn_ros.filtering.motion_model import MotionNoise
from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter, SourceSettings
from local_inn_ros.filtering.step import FilterStep
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.sensing import Odometry


def assert_same_estimate(left: PoseFilter, right: PoseFilter) -> None:
    a, b = left.estimate(), right.estimate()
    assert a.stamp_s == b.stamp_s
    assert a.pose.mean.to_array() == pytest.approx(b.pose.mean.to_array(), abs=1e-9)
    assert a.pose.covariance == pytest.approx(b.pose.covariance, abs=1e-9)
    assert left.consecutive_refusals == right.consecutive_refusals


@given(
    seed=st.integers(0, 1000),
    delays=st.lists(st.floats(-0.05, 0.5), min_size=12, max_size=12),
)
@settings(max_examples=25, deadline=None)
def test_the_order_of_arrival_does_not_matter(seed, delays):
    rng = np.random.default_rng(seed)
    stamps = np.sort(rng.uniform(0.1, 2.4, 12))
    fixes = [(stamp, (stamp, fix_at(stamp, rng))) for stamp in stamps.tolist()]
    # One is far off: whether the gate refuses it must not depend on the order either.
    fixes[6] = (fixes[6][0], (fixes[6][0], fix_at(fixes[6][0], rng, deviation=1.0)))
    fixes[6] = (fixes[6][0], (fixes[6][0], GaussianPose2(fixes[6][1][1].mean, np.eye(3) * 1e-4)))
    in_order = run([*readings(), *fixes])
    delayed = [(stamp + delay, fix) for (stamp, fix), delay in zip(fixes, delays, strict=True)]
    assert_same_estimate(run([*readings(), *delayed]), in_order)


@given(seed=st.integers(0, 1000), asked=st.sets(st.integers(0, 99), min_size=1))
@settings(max_examples=20, deadline=None)
def test_asking_in_between_changes_nothing(seed, asked):
    rng = np.random.default_rng(seed)
    fixes = [
        (stamp + delay, (stamp, fix_at(stamp, rng)))
        for stamp, delay in zip(rng.uniform(0.1, 1.8, 20), rng.uniform(0.0, 0.2, 20), strict=True)
    ]
    silent, asked_often = PoseFilter(), PoseFilter()
    for pose_filter in (silent, asked_often):
        pose_filter.predict(odometry_at(0.0))
        pose_filter.reset(gaussian(4.05, -0.95, 2.45, 0.1, 0.1), 0.0)
        for number, (_, event) in enumerate(sorted([*readings(2.0), *fixes], key=lambda e: e[0])):
            if isinstance(event, Odometry):
                pose_filter.predict(event)
            else:
                fuse(pose_filter, event[1], event[0])
            if pose_filter is asked_often and number % 100 in asked:
                pose_filter.estimate()
                pose_filter.estimate_at(float(rng.uniform(0.0, 2.0)))
    assert_same_estimate(silent, asked_often)
    for stamp_s in (0.7, 1.3, 1.99):
        one, two = silent.estimate_at(stamp_s), asked_often.estimate_at(stamp_s)
        assert one.covariance == pytest.approx(two.covariance, abs=1e-12)
        assert one.mean.to_array() == pytest.approx(two.mean.to_array(), abs=1e-12)


def test_a_gate_that_is_changed_holds_for_what_comes_then():
    def end(asks: bool) -> PoseFilter:
        pose_filter = run(
            [*readings(1.0)], FilterSettings(source=SourceSettings(gate_probability=0.999999))
        )
        for stamp_s in (0.9, 0.5):
            # What follows the second is worked out again, when it is asked for.
            off = true_pose(stamp_s) @ Pose2(0.0, 0.25, 0.0)
            wide = GaussianPose2.from_deviations(off, 0.05, 0.05, 0.05)
            assert fuse(pose_filter, wide, stamp_s).accepted
        if asks:
            pose_filter.estimate()
        pose_filter.set_gate(0.01)
        return pose_filter

    silent = end(asks=False)
    assert silent.consecutive_refusals == 0
    assert_same_estimate(silent, end(asks=True))


def test_a_fix_before_its_odometry_is_placed_again_when_it_comes():
    fix = GaussianPose2.from_deviations(true_pose(0.95), 0.01, 0.01, 0.01)
    # The last reading before the fix claims a speed that the next one belies.
    early = PoseFilter()
    late = PoseFilter()
    for pose_filter in (early, late):
        pose_filter.predict(odometry_at(0.0))
        pose_filter.reset(gaussian(4.0, -1.0, 2.5, 0.1, 0.1), 0.0)
        wrong = odometry_at(0.9)
        pose_filter.predict(Odometry(0.9, wrong.pose, 9.0, 3.0, -4.0))
    fuse(early, fix, 0.95)
    early.predict(odometry_at(1.0))
    late.predict(odometry_at(1.0))
    fuse(late, fix, 0.95)
    assert_same_estimate(early, late)


def test_a_fix_at_the_stamp_of_a_reading_may_come_before_or_after_it():
    fix = GaussianPose2.from_deviations(true_pose(0.95), 0.01, 0.01, 0.01)
    early = run([*readings(0.9), (0.93, (0.94, fix)), (0.95, odometry_at(0.94))])
    late = run([*readings(0.9), (0.93, odometry_at(0.94)), (0.95, (0.94, fix))])
    assert_same_estimate(early, late)


def test_nothing_is_predicted_over_no_time(monkeypatch):
    spans, last = [], []
    predict = FilterStep.predict

    def noting(step, belief, increment, duration_s):
        spans.append(duration_s)
        last[:] = [step, belief]
        return predict(step, belief, increment, duration_s)

    monkeypatch.setattr(FilterStep, "predict", noting)
    fix = GaussianPose2.from_deviations(true_pose(0.9), 0.01, 0.01, 0.01)
    pose_filter = run([*readings(0.9), (0.93, (0.9, fix))])
    assert pose_filter.estimate_at(0.9) is not None
    assert min(spans) > 0.0
    # It would have changed nothing.
    step, belief = last
    same = predict(step, belief, Pose2.identity(), 0.0)
    assert same.pose.to_array() == pytest.approx(belief.pose.to_array())
    assert same.scales == pytest.approx(belief.scales)
    assert same.covariance == pytest.approx(belief.covariance)


def random_covariance(draw_root):
    return draw_root @ draw_root.T


@given(st.floats(-math.pi, math.pi), st.floats(-0.2, 0.2))
@settings(max_examples=50, deadline=None)
def test_the_yaw_is_fused_the_short_way_round(yaw, offset):
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.0, wrap_angle(yaw), 0.1, 0.2), 0.0)
    assert fuse(pose_filter, gaussian(0.0, 0.0, wrap_angle(yaw + offset), 0.1, 0.2), 0.0).accepted
    found = pose_filter.estimate().pose.mean.yaw
    assert -math.pi <= found < math.pi
    assert wrap_angle(found - yaw - 0.5 * offset) == pytest.approx(0.0, abs=1e-9)


def test_a_fix_alone_is_the_weighted_mean():
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.2, 0.2), 0.0)
    fusion = fuse(pose_filter, gaussian(0.1, 0.0, 0.0, 0.1, 0.1), 0.0)
    found = pose_filter.estimate().pose
    assert fusion.squared_mahalanobis == pytest.approx(0.1**2 / (0.2**2 + 0.1**2))
    assert found.mean.x == pytest.approx(0.1 * 0.04 / 0.05)
    assert found.covariance[0, 0] == pytest.approx(0.04 * 0.01 / 0.05)


def test_a_direction_that_was_not_seen_stays_as_it_was():
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.1, 0.1), 0.0)
    along = np.array([math.cos(0.3), math.sin(0.3), 0.0])
    covariance = 1e-6 * np.eye(3) + 1e6 * np.outer(along, along)
    far_along = Pose2.from_array(5.0 * along)
    assert fuse(pose_filter, GaussianPose2(far_along, covariance), 0.0).accepted
    found = pose_filter.estimate().pose
    assert found.mean.to_array() == pytest.approx(np.zeros(3), abs=1e-3)
    assert along @ found.covariance @ along == pytest.approx(0.01, rel=1e-3)
    across = np.array([-along[1], along[0], 0.0])
    assert across @ found.covariance @ across == pytest.approx(1e-6, rel=1e-2)


def test_what_is_far_off_is_refused_until_the_filter_is_that_unsure():
    noise = MotionNoise(position_per_second_m=0.1, yaw_per_second_rad=0.1)
    pose_filter = PoseFilter(FilterSettings(motion_noise=noise, lost_after=5))
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.01, 0.01), 0.0)
    elsewhere = gaussian(1.0, 0.0, 0.0, 0.05, 0.05)
    refusals = []
    for k in range(1, 2000):
        pose_filter.predict(Odometry(0.1 * k, Pose2.identity()))
        fusion = fuse(pose_filter, elsewhere, 0.1 * k)
        if fusion.accepted:
            break
        assert "Mahalanobis" in fusion.reason
        refusals.append(pose_filter.consecutive_refusals)
        assert pose_filter.lost == (len(refusals) >= 5)
    # The robot stands still: time alone opens the gate.
    assert fusion.accepted
    assert refusals == list(range(1, len(refusals) + 1))
    assert len(refusals) > 5
    assert pose_filter.consecutive_refusals == 0
    assert not pose_filter.lost
    assert pose_filter.estimate().pose.mean.x > 0.9


def test_the_gate_passes_the_share_of_right_fixes_that_it_should():
    rng = np.random.default_rng(8)
    pose_filter = PoseFilter(FilterSettings(source=SourceSettings(gate_probability=0.9)))
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    passed = 0
    root = np.array([[0.2, 0.0, 0.0], [0.1, 0.1, 0.0], [0.0, 0.05, 0.1]])
    for _ in range(1000):
        pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.0, 0.0), 0.0)
        drawn = Pose2.from_array(root @ rng.standard_normal(3))
        passed += fuse(pose_filter, GaussianPose2(drawn, root @ root.T), 0.0).accepted
    assert passed / 1000 == pytest.approx(0.9, abs=0.03)


def test_reversing_is_not_driving():
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(1.0, 2.0, math.pi / 2, 0.01, 0.01), 0.0)
    pose_filter.predict(Odometry(0.1, Pose2(-0.3, 0.0, 0.0), -3.0))
    found = pose_filter.estimate().pose.mean
    assert found.to_array() == pytest.approx([1.0, 1.7, math.pi / 2])


def test_map_from_odom_joins_the_two():
    rng = np.random.default_rng(0)
    fixes = [(0.1 * k, (0.1 * k, fix_at(0.1 * k, rng))) for k in range(1, 20)]
    pose_filter = run([*readings(), *fixes])
    joined = pose_filter.map_from_odom() @ odometry_at(3.0).pose
    assert joined.distance_to(pose_filter.estimate().pose.mean) < 1e-9
    assert joined.distance_to(true_pose(3.0)) < 0.1


def test_the_estimate_at_an_instant_knows_nothing_of_later():
    rng = np.random.default_rng(0)
    pose_filter = run(readings(1.0))
    before = pose_filter.estimate_at(0.515)
    fuse(pose_filter, fix_at(0.8, rng), 0.8)
    after = pose_filter.estimate_at(0.515)
    assert before.mean == after.mean
    assert np.array_equal(before.covariance, after.covariance)
    # It lies on the way between the readings.
    assert pose_filter.estimate_at(0.5).mean.distance_to(before.mean) == pytest.approx(
        SPEED_MPS * 0.015, rel=1e-3
    )


def test_instants_out_of_reach_have_no_estimate():
    pose_filter = run(readings(3.0))
    assert pose_filter.estimate_at(3.05) is not None
    assert pose_filter.estimate_at(3.2) is None
    assert pose_filter.estimate_at(0.2) is None
    assert PoseFilter().estimate_at(0.0) is None


@pytest.mark.parametrize(
    ("stamp", "says"), [(0.2, "older than the history"), (3.5, "ahead of the odometry")]
)
def test_fixes_out_of_reach_are_refused_and_change_nothing(stamp, says):
    pose_filter = run(readings(3.0))
    before = pose_filter.estimate()
    fusion = fuse(pose_filter, gaussian(0.0, 0.0, 0.0, 0.1, 0.1), stamp)
    assert not fusion.accepted
    assert says in fusion.reason
    assert math.isnan(fusion.squared_mahalanobis)
    assert pose_filter.consecutive_refusals == 0
    assert pose_filter.estimate().pose.mean == before.pose.mean


def test_two_certainties_that_differ_are_refused_not_divided_by():
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.0, 0.0), 0.0)
    assert not fuse(pose_filter, gaussian(1.0, 0.0, 0.0, 0.0, 0.0), 0.0).accepted


def test_a_jump_back_in_time_keeps_the_pose_and_goes_on():
    pose_filter = run(readings(3.0))
    before = pose_filter.estimate().pose
    assert pose_filter.predict(odometry_at(0.5)) is Arrival.TIME_JUMP
    estimate = pose_filter.estimate()
    assert estimate.stamp_s == 0.5
    assert estimate.pose.mean == before.mean
    assert np.array_equal(estimate.pose.covariance, before.covariance)
    assert pose_filter.predict(odometry_at(0.52)) is Arrival.KEPT
    moved = odometry_at(0.5).pose.between(odometry_at(0.52).pose)
    assert pose_filter.estimate().pose.mean.distance_to(before.mean @ moved) < 1e-9
    assert fuse(
        pose_filter, GaussianPose2(pose_filter.estimate().pose.mean, np.eye(3) * 0.01), 0.51
    ).accepted


def test_repeated_readings_change_nothing():
    pose_filter = run(readings(1.0))
    before = pose_filter.estimate()
    assert pose_filter.predict(odometry_at(1.0)) is Arrival.DROPPED
    assert pose_filter.estimate().pose.mean == before.pose.mean
    assert np.array_equal(pose_filter.estimate().pose.covariance, before.pose.covariance)


def test_the_history_stays_short():
    pose_filter = run(readings(30.0), FilterSettings(history_s=1.0))
    assert pose_filter.estimate_at(29.0) is not None
    assert pose_filter.estimate_at(28.5) is None


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (FilterSettings, "history_s", 0.0),
        (FilterSettings, "lost_after", 0),
        (SourceSettings, "gate_probability", 1.0),
        (SourceSettings, "gate_probability", 0.0),
        (SourceSettings, "shared_share", 1.0),
        (SourceSettings, "shared_share", -0.1),
        (SourceSettings, "shared_length_m", 0.0),
        (SourceSettings, "shared_angle_rad", math.nan),
        (SourceSettings, "delay_s", math.inf),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind, name, value):
    with pytest.raises(ValueError, match=name):
        kind(**{name: value})


def test_refusals_in_a_row_make_the_odometry_less_trusted():
    def spread_after(refusals: int) -> float:
        pose_filter = PoseFilter()
        pose_filter.predict(odometry_at(0.0))
        pose_filter.reset(gaussian(4.0, -1.0, 2.5, 0.01, 0.01), 0.0)
        pose_filter.predict(odometry_at(0.1))
        for _ in range(refusals):
            assert not fuse(pose_filter, gaussian(50.0, 0.0, 0.0, 0.01, 0.01), 0.1).accepted
        before = np.trace(pose_filter.estimate().pose.covariance)
        pose_filter.predict(odometry_at(0.2))
        return np.trace(pose_filter.estimate().pose.covariance) - before

    assert spread_after(0) < spread_after(1) < spread_after(5)


def test_wheels_that_suddenly_spin_do_not_lose_the_robot():
    """The odometry says half of what is driven, at 8 m/s: fixes must soon be accepted again."""
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity(), 8.0))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.01, 0.01), 0.0)
    accepted = []
    for k in range(1, 41):
        stamp = 0.025 * k
        pose_filter.predict(Odometry(stamp, Pose2(4.0 * stamp, 0.0, 0.0), 4.0))
        truth = gaussian(8.0 * stamp, 0.0, 0.0, 0.003, 0.001)
        accepted.append(fuse(pose_filter, truth, stamp).accepted)
    assert np.mean(accepted) > 0.5
    assert pose_filter.estimate().pose.mean.x == pytest.approx(8.0, abs=0.15)
