# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a localizer knows of where its robot is, and what changes that.

Found is who has evidence: a search's answer, or a pose that somebody told. A filter's own words are
none, whatever happened to it or to the odometry: it goes on from what it believed before.

    event              waiting          localized            lost
    ----------------   --------------   ------------------   ------------------
    POSE_TOLD          localized, new   localized, new       localized, new
    FOUND              localized, new   localized, new       localized, new
    FILTER_SPOKE       localized, new   localized            lost
    FILTER_SILENT      waiting          waiting              lost
    ALARM              waiting          lost                 lost
    ODOMETRY_RESTART   waiting          localized            lost

``new`` means that what was found out about the pose before is void.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Whereabouts(Enum):
    """What is known of where the robot is, in a word for people."""

    WAITING = "waiting"
    """Nobody has told a pose, or whoever did is gone."""
    LOCALIZED = "localized"
    """There is a pose, and nothing speaks against it."""
    LOST = "lost"
    """The robot is not where it was believed to be."""


class Event(Enum):
    """Something that may change what is known, in words for people."""

    POSE_TOLD = "a pose was told"
    """By a person, or by another node that found the robot."""
    FOUND = "a search found the robot"
    FILTER_SPOKE = "the filter told its pose"
    FILTER_SILENT = "the filter fell silent"
    """For as long as the odometry is kept."""
    ALARM = "the {many} do not fit the map at the pose"
    ODOMETRY_RESTART = "the odometry began anew"
    """Its time went back, or its position leapt."""

    def told(self, many: str) -> str:
        """Say what happened, where readings are called ``many``."""
        return self.value.format(many=many)


class SearchOrder(Enum):
    """What is to become of a search that is under way."""

    GO_ON = "go on"
    END = "end"
    END_UNLESS_CALLED = "end, unless somebody called for it"
    BEGIN_AGAIN = "begin again with the readings and the odometry that come from now on"


@dataclass(frozen=True, slots=True)
class Transition:
    """What follows from an event.

    Attributes:
        to: what is known from then on.
        search: what is to become of a search that is under way.
        pose_is_new: whether what was found out about the pose before is void.
    """

    to: Whereabouts
    search: SearchOrder = SearchOrder.GO_ON
    pose_is_new: bool = False


_WAITING, _LOCALIZED, _LOST = (
    Transition(one) for one in (Whereabouts.WAITING, Whereabouts.LOCALIZED, Whereabouts.LOST)
)
_TOLD = Transition(Whereabouts.LOCALIZED, SearchOrder.END, pose_is_new=True)
_FOUND = Transition(Whereabouts.LOCALIZED, pose_is_new=True)
# A search for the first pose has lost its reason; who called for one gets its answer.
_HEARD_OF = Transition(Whereabouts.LOCALIZED, SearchOrder.END_UNLESS_CALLED, pose_is_new=True)

# For each event what follows while waiting, localized and lost, in the order of Whereabouts.
_TABLE: dict[Event, tuple[Transition, Transition, Transition]] = {
    Event.POSE_TOLD: (_TOLD, _TOLD, _TOLD),
    Event.FOUND: (_FOUND, _FOUND, _FOUND),
    Event.FILTER_SPOKE: (_HEARD_OF, _LOCALIZED, _LOST),
    Event.FILTER_SILENT: (_WAITING, _WAITING, _LOST),
    Event.ALARM: (_WAITING, _LOST, _LOST),
    Event.ODOMETRY_RESTART: (
        Transition(Whereabouts.WAITING, SearchOrder.BEGIN_AGAIN),
        Transition(Whereabouts.LOCALIZED, SearchOrder.BEGIN_AGAIN),
        Transition(Whereabouts.LOST, SearchOrder.BEGIN_AGAIN),
    ),
}
_ORDER = tuple(Whereabouts)


def transition(known: Whereabouts, event: Event) -> Transition:
    """Return what follows from an event, by what is known before it."""
    return _TABLE[event][_ORDER.index(known)]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of where the robot is, with all that people are told of it.

    Attributes:
        known: whether there is a pose, and whether it is right.
        searching: whether the map is searched.
        places: probabilities of the places that explain the scan about as well, highest first.
    """

    known: Whereabouts
    searching: bool
    places: tuple[float, ...]

    @property
    def lost(self) -> bool:
        """Whether the robot is not where it was believed to be."""
        return self.known is Whereabouts.LOST

    @property
    def ambiguous(self) -> bool:
        """Whether there are several places that explain the scan."""
        return len(self.places) > 1

    @property
    def localized(self) -> bool:
        """Whether there is one pose, and nothing speaks against it."""
        return self.known is Whereabouts.LOCALIZED and not self.ambiguous

    @property
    def word(self) -> str:
        """The same in a word."""
        if self.searching:
            return "searching"
        if self.ambiguous and not self.lost:
            return "ambiguous"
        return self.known.value
