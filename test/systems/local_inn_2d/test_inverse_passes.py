# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from localization_helpers import (
    FINE_SPREAD,
    PRIOR_DEVIATION,
    SENSOR,
    BayesNetworks,
    bundle_of,
    gaussian,
    room,
    scan_at,
)
from scipy.stats import qmc

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import BeamPicker
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.even_draws import even_points
from local_inn_ros.systems.local_inn_2d.inverse_passes import InversePasses, PoseSamples

GRID = room()
BUNDLE = bundle_of(GRID)
SENSOR_POSE = Pose2(0.6, 0.4, 3.12)
PICKER = BeamPicker(
    BUNDLE.description.laser.network_angles_rad(), BUNDLE.description.laser.range_max_m
)
FINE = FINE_SPREAD * np.array(PRIOR_DEVIATION)


def drawn_from(prior: GaussianPose2) -> tuple[BayesNetworks, tuple[PoseSamples, ...]]:
    engine = BayesNetworks(GRID)
    engine.truth = SENSOR_POSE
    reading = PICKER.pick(scan_at(GRID, SENSOR_POSE, np.random.default_rng(3)))
    return engine, InversePasses(config_of(BUNDLE), SENSOR, engine, 20).draw(reading, prior)


def off_by(deviations: float, axis: int) -> Pose2:
    """The pose of the sensor, moved along one axis by so many deviations of the second pass."""
    values = SENSOR_POSE.to_array()
    values[axis] += deviations * FINE[axis]
    return Pose2.from_array(values)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_tracked_robot_needs_one_pass(axis: int, side: float) -> None:
    # Past half a turn, headings on either side of it are near each other.
    middle = off_by(0.4 * side, axis)
    engine, (drawn,) = drawn_from(gaussian(middle.x, middle.y, middle.yaw, 0.01, 0.01))
    assert engine.spreads == [FINE_SPREAD]
    assert drawn.prior.mean == middle
    assert drawn.prior.deviations() == pytest.approx(FINE)
    assert drawn.samples.shape == (20, 3)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_an_answer_off_the_middle_is_looked_at_again(axis: int, side: float) -> None:
    middle = off_by(0.9 * side, axis)
    engine, (drawn,) = drawn_from(gaussian(middle.x, middle.y, middle.yaw, 0.01, 0.01))
    assert engine.spreads == [FINE_SPREAD, FINE_SPREAD]
    away = SENSOR_POSE.between(drawn.prior.mean).to_array()
    assert np.abs(away / FINE).max() < 0.5


def test_one_pass_draws_what_two_would_from_there() -> None:
    reading = PICKER.pick(scan_at(GRID, SENSOR_POSE, np.random.default_rng(3)))
    engine = BayesNetworks(GRID)
    engine.truth = SENSOR_POSE
    passes = InversePasses(config_of(BUNDLE), SENSOR, engine, 20)
    tracked = gaussian(SENSOR_POSE.x, SENSOR_POSE.y, SENSOR_POSE.yaw, 0.01, 0.01)
    wider = gaussian(SENSOR_POSE.x, SENSOR_POSE.y, SENSOR_POSE.yaw, 0.08, 0.1)
    (once,), (twice,) = passes.draw(reading, tracked), passes.draw(reading, wider)
    assert len(engine.spreads) == 3
    one, two = (GaussianPose2.from_samples(each.samples) for each in (once, twice))
    assert one.mean.to_array() == pytest.approx(two.mean.to_array(), abs=2e-3)
    assert one.deviations() == pytest.approx(two.deviations(), rel=0.02)


def test_even_points_are_haltons() -> None:
    expected = qmc.Halton(d=3, scramble=False).random(98)[1:]
    assert even_points(97) == pytest.approx(expected, abs=1e-12)
