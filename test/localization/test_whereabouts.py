# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of where the robot is: every event, in every state."""

from __future__ import annotations

from itertools import product

import pytest

from local_inn_ros.localization.monitoring.whereabouts import (
    Event,
    SearchOrder,
    Situation,
    Transition,
    Whereabouts,
    transition,
)

WAITING, LOCALIZED, LOST = Whereabouts.WAITING, Whereabouts.LOCALIZED, Whereabouts.LOST
GO_ON, AGAIN = SearchOrder.GO_ON, SearchOrder.BEGIN_AGAIN
TOLD = Transition(LOCALIZED, SearchOrder.END, pose_is_new=True)
FOUND = Transition(LOCALIZED, GO_ON, pose_is_new=True)
HEARD_OF = Transition(LOCALIZED, SearchOrder.END_UNLESS_CALLED, pose_is_new=True)

EXPECTED = {
    (WAITING, Event.POSE_TOLD): TOLD,
    (LOCALIZED, Event.POSE_TOLD): TOLD,
    (LOST, Event.POSE_TOLD): TOLD,
    (WAITING, Event.FOUND): FOUND,
    (LOCALIZED, Event.FOUND): FOUND,
    (LOST, Event.FOUND): FOUND,
    (WAITING, Event.FILTER_SPOKE): HEARD_OF,
    (LOCALIZED, Event.FILTER_SPOKE): Transition(LOCALIZED, GO_ON),
    (LOST, Event.FILTER_SPOKE): Transition(LOST, GO_ON),
    (WAITING, Event.FILTER_SILENT): Transition(WAITING, GO_ON),
    (LOCALIZED, Event.FILTER_SILENT): Transition(WAITING, GO_ON),
    (LOST, Event.FILTER_SILENT): Transition(LOST, GO_ON),
    (WAITING, Event.ALARM): Transition(WAITING, GO_ON),
    (LOCALIZED, Event.ALARM): Transition(LOST, GO_ON),
    (LOST, Event.ALARM): Transition(LOST, GO_ON),
    (WAITING, Event.ODOMETRY_RESTART): Transition(WAITING, AGAIN),
    (LOCALIZED, Event.ODOMETRY_RESTART): Transition(LOCALIZED, AGAIN),
    (LOST, Event.ODOMETRY_RESTART): Transition(LOST, AGAIN),
}


@pytest.mark.parametrize(("known", "event"), list(product(Whereabouts, Event)))
def test_what_follows_from_each_event(known: Whereabouts, event: Event) -> None:
    assert transition(known, event) == EXPECTED[known, event]


def test_only_evidence_ends_being_lost() -> None:
    evidence = {event for event in Event if transition(LOST, event).to is not LOST}
    assert evidence == {Event.POSE_TOLD, Event.FOUND}


def test_only_an_alarm_loses_a_robot() -> None:
    begins = {
        (known, event)
        for known, event in product((WAITING, LOCALIZED), Event)
        if transition(known, event).to is LOST
    }
    assert begins == {(LOCALIZED, Event.ALARM)}


def test_no_word_of_the_filter_ends_a_search_that_somebody_called_for() -> None:
    for known, event in product(Whereabouts, Event):
        if transition(known, event).search is SearchOrder.END:
            assert event is Event.POSE_TOLD


@pytest.mark.parametrize(
    ("situation", "word", "localized", "lost"),
    [
        (Situation(WAITING, False, ()), "waiting", False, False),
        (Situation(LOCALIZED, False, (1.0,)), "localized", True, False),
        (Situation(LOST, False, (1.0,)), "lost", False, True),
        (Situation(WAITING, False, (0.6, 0.4)), "ambiguous", False, False),
        (Situation(LOCALIZED, False, (0.6, 0.4)), "ambiguous", False, False),
        (Situation(LOST, False, (0.6, 0.4)), "lost", False, True),
        (Situation(WAITING, True, ()), "searching", False, False),
        (Situation(LOCALIZED, True, (1.0,)), "searching", True, False),
        (Situation(LOST, True, (0.6, 0.4)), "searching", False, True),
    ],
)
def test_a_situation_is_told_in_a_word(
    situation: Situation, word: str, localized: bool, lost: bool
) -> None:
    assert (situation.word, situation.localized, situation.lost) == (word, localized, lost)
