# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mean of a scale over the time in which fixes told of it."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.filtering.usual_scale import UsualScale


def test_it_is_the_mean_of_what_was_seen_and_of_spells_in_which_all_was_right() -> None:
    usual = UsualScale()
    right = usual.spells
    for scale in (0.2, 0.2, 0.4, 0.4):
        usual = usual.after(scale, 1.0, 0.5)
    assert usual.mean == pytest.approx((0.2 * 1.0 + 0.4 * 1.0) / (right + 2.0))


def test_what_is_known_by_half_counts_half() -> None:
    assert UsualScale().after(0.3, 0.5, 2.0) == UsualScale().after(0.3, 1.0, 1.0)


@pytest.mark.parametrize("known", [0.0, -0.1])
def test_where_nothing_is_known_nothing_changes(known: float) -> None:
    usual = UsualScale(0.1, 4.0)
    assert usual.after(0.9, known, 10.0) is usual


def test_jumps_level_out_and_new_wheels_are_learned() -> None:
    rng = np.random.default_rng(0)
    usual = UsualScale()
    for scale in rng.uniform(-0.3, 0.3, 200):
        usual = usual.after(scale, 1.0, 1.0)
    assert abs(usual.mean) < 0.1
    for _ in range(100):
        usual = usual.after(0.25, 1.0, 1.0)
    assert usual.mean == pytest.approx(0.25, abs=0.02)
