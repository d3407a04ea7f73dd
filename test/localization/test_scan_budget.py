# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The time of a scan, and that of a search."""

from __future__ import annotations

import time

import pytest

from local_inn_ros.localization.scan_budget import ScanBudget
from local_inn_ros.localization.search.pace import Pace


def work(seconds: float) -> None:
    """Take so much processor time of this thread."""
    end_s = time.thread_time() + seconds
    while time.thread_time() < end_s:
        pass


def test_work_is_allowed_until_the_time_is_spent() -> None:
    budget = ScanBudget(0.02)
    budget.begin()
    assert budget.allows(0.5)
    work(0.011)
    assert not budget.allows(0.5)
    work(0.01)
    assert not budget.allows()
    budget.begin()
    assert budget.allows()


def test_waiting_costs_nothing() -> None:
    budget = ScanBudget(0.02)
    budget.begin()
    time.sleep(0.03)
    assert budget.allows()


def test_without_a_bound_all_is_allowed() -> None:
    budget = ScanBudget()
    assert not budget.bounded
    budget.begin()
    work(0.01)
    assert budget.allows(1e-9)


@pytest.mark.parametrize(("share", "rest_per_work"), [(0.5, 1.0), (0.2, 4.0), (0.8, 0.25)])
def test_a_search_rests_for_what_it_worked(share: float, rest_per_work: float) -> None:
    rests: list[float] = []
    pace = Pace(share, rests.append)
    began_s = time.thread_time()
    with pace.work():
        work(0.01)
    worked_s = time.thread_time() - began_s
    (rest_s,) = rests
    assert 0.01 * rest_per_work <= rest_s <= worked_s * rest_per_work


def test_a_whole_core_needs_no_rest() -> None:
    rests: list[float] = []
    with Pace(1.0, rests.append).work():
        work(0.001)
    assert rests == []


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="a share lies above 0 and up to 1"):
        Pace(share)
