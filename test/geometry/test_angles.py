# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.geometry import circular_mean, wrap_angle, wrap_angles

ANGLES = st.floats(-1e4, 1e4)


@given(ANGLES)
def test_wrapping_keeps_the_direction_and_lands_in_one_turn(angle):
    wrapped = wrap_angle(angle)
    assert -math.pi <= wrapped < math.pi
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-9)


@given(ANGLES)
def test_wrapping_twice_is_wrapping_once(angle):
    assert wrap_angle(wrap_angle(angle)) == pytest.approx(wrap_angle(angle), abs=1e-12)


@given(st.lists(ANGLES, min_size=1, max_size=20))
def test_arrays_wrap_as_single_angles_do(angles):
    expected = [wrap_angle(angle) for angle in angles]
    assert wrap_angles(angles) == pytest.approx(expected, abs=1e-12)


def test_half_a_turn_is_minus_pi():
    assert wrap_angle(math.pi) == -math.pi
    assert wrap_angle(-math.pi) == -math.pi
    # The modulo of a tiny negative number rounds up to a whole turn.
    assert wrap_angle(-math.pi - 1e-17) < math.pi
    assert wrap_angles([np.nextafter(-math.pi, -4.0)])[0] < math.pi


def test_wrapping_keeps_the_shape():
    assert wrap_angles(np.zeros((2, 3))).shape == (2, 3)


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20), st.floats(-math.pi, math.pi))
def test_the_mean_turns_with_the_angles(angles, turn):
    turned = circular_mean(np.array(angles) + turn)
    assert wrap_angle(turned - circular_mean(angles) - turn) == pytest.approx(0.0, abs=1e-9)


def test_the_mean_is_right_across_the_seam():
    assert abs(circular_mean([math.pi - 0.1, -math.pi + 0.1])) == pytest.approx(math.pi)


def test_weights_count():
    assert circular_mean([0.0, 1.0], weights=[1.0, 0.0]) == pytest.approx(0.0)
    assert circular_mean([0.0, 1.0, 1.0]) == pytest.approx(
        circular_mean([0.0, 1.0], weights=[1.0, 2.0])
    )


def test_the_mean_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no angles"):
        circular_mean([])
