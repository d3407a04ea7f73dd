# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why a message was not used: one list for what comes over topics and for what a bag holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum

from local_inn_ros.errors import LocalInnError


class Unused(Enum):
    """A reason, by the name that it is counted under."""

    UNREADABLE = "cannot be deserialized"
    OTHER_TYPE = "of another type"
    UNSTAMPED = "no stamp"
    NOT_FINITE = "a number that is not finite"
    NO_ROTATION = "a quaternion that is no rotation"
    NOWHERE = "a position that is nowhere on Earth"
    TOO_FAST = "a speed that is none of a robot"
    NO_COVARIANCE = "a covariance that is none"
    FRAME = "a frame that no transform connects"
    MOUNT = "a mount that cannot be used"
    UNFIT = "does not fit the laser, its mount or the bundle"
    # Those of ``sensing.camera.faults``.
    NO_SIZE = "a picture without size or data"
    ENCODING = "an encoding that is not known"
    ROWS = "rows that do not fit the picture"
    TOO_LARGE = "a picture larger than any camera's"
    CUT_OFF = "a compressed picture that is cut off"
    BROKEN = "a compressed picture that cannot be decoded"
    NO_CALIBRATION = "no calibration of the camera"
    CALIBRATION = "a calibration that cannot be used"
    SIZE = "a size that does not fit the calibration"
    OTHER_CAMERA = "a camera that does not fit the bundle"
    DARK = "too dark"
    OVER_EXPOSED = "over-exposed"
    BLANK = "a covered lens, or nothing to see"
    OTHER = "of no use"


class MessageError(LocalInnError):
    """A message whose content cannot be used; the text says what is wrong with it.

    Attributes:
        reason: the kind of fault, for counting.
    """

    def __init__(self, text: str, reason: Unused = Unused.OTHER) -> None:
        """Say what is wrong."""
        super().__init__(text)
        self.reason = reason


class UnusedCounts:
    """How many messages of each topic were not used, by the reason."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._first: dict[tuple[str, str], str] = {}

    def add(self, topic: str, error: MessageError) -> None:
        """Count a message."""
        reason = error.reason.value
        self._counts.setdefault(topic, Counter())[reason] += 1
        self._first.setdefault((topic, reason), str(error))

    def by_topic(self) -> dict[str, dict[str, int]]:
        """Return the counts, by topic and reason."""
        return {topic: dict(counted) for topic, counted in sorted(self._counts.items())}

    def of(self, topic: str) -> int:
        """Return how many of a topic there are."""
        return self._counts.get(topic, Counter()).total()

    def in_words(self, topic: str) -> str:
        """Say for each reason how many, and what was wrong with the first."""
        return "; ".join(
            f"{count} {reason} (the first: {self._first[topic, reason]})"
            for reason, count in self._counts.get(topic, Counter()).items()
        )


def unused_in_words(unused: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return a line for each topic and reason."""
    return [
        f"{count} messages of {topic} were not used: {reason}"
        for topic, reasons in unused.items()
        for reason, count in reasons.items()
    ]
