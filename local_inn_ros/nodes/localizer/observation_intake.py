# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an observing node leaves to its kind of sensor: from messages to observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.messages.unused import MessageError
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.numeric_faults import NumericFaults
from local_inn_ros.sensing import Observation
from local_inn_ros.sensing.mount import Mount

ObservationT = TypeVar("ObservationT", bound=Observation)


@dataclass(frozen=True, slots=True)
class Words:
    """What observations are called.

    Attributes:
        one: a single one, by which they are counted.
        many: several.
        topic: where they come from, for people.
        refused: kinds of messages that may be refused before they are observations.
    """

    one: str
    many: str
    topic: str
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a figure of the observations is bad, for a warning and for an error.

    Attributes:
        rate_hz: they should come at least so often.
        time_s: to locate one should take no longer.
    """

    rate_hz: tuple[float, float]
    time_s: tuple[float, float]


class Arrived(Protocol[ObservationT]):
    """An observation that came, while it waits for the odometry."""

    @property
    def frame(self) -> str:
        """The sensor's."""
        ...

    @property
    def stamped_s(self) -> float:
        """Its stamp, in seconds, by which its age is told."""
        ...

    @property
    def told(self) -> ObservationT:
        """What the message says, in the sensor's own frame."""
        ...

    def stamp_of(self, observation: ObservationT) -> Time:
        """Return the instant of what was made of it, to the nanosecond where none passed."""
        ...


class SensorMount(Protocol[ObservationT]):
    """How a sensor sits on the base; two that are equal say the same."""

    @property
    def pose(self) -> Pose2:
        """The sensor frame in the base frame, seen from above."""
        ...

    @property
    def mount(self) -> Mount:
        """Where what is seen is told, once it is righted."""
        ...

    def righted(self, scan: ObservationT) -> ObservationT:
        """Return an observation of the sensor frame in that of ``mount``."""
        ...

    def in_words(self) -> str:
        """Say where it is."""
        ...


Taker = Callable[[Any, float], None]
"""Takes an ``Arrived``, and the real time (``time.monotonic``) at which its message came."""


Refuser = Callable[[str, MessageError], None]
"""Told of a message that cannot be used, by its kind."""


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """What becomes of messages that are heard.

    Attributes:
        entities: makes the subscriptions.
        faults: lets the node outlive what the numbers of a message lead to.
        tally: counts what is neither taken nor refused.
        take: told of each observation.
        refuse: told of each message that cannot be used.
    """

    entities: Entities
    faults: NumericFaults
    tally: Tally
    take: Taker
    refuse: Refuser


class ExpectedView(Protocol):
    """Tells what was expected of a sensor at a fix."""

    def publish(
        self, expected: Observation, header: Header, told: Any, mount: SensorMount[Any]
    ) -> None:
        """Publish it, where somebody looks.

        Args:
            expected: the forward pass at the fix.
            header: stamp and frame of the observation.
            told: the observation as it came.
            mount: of the sensor.
        """
        ...


class ObservationIntake(Protocol):
    """One kind of sensor, for one node."""

    @property
    def words(self) -> Words:
        """What its observations are called."""
        ...

    @property
    def limits(self) -> Limits:
        """From where on figures of theirs are bad."""
        ...

    def check(self, bundle: Bundle) -> None:
        """Refuse a bundle of another kind of sensor.

        Raises:
            BundleError: in one sentence.
        """
        ...

    def begin(self, bundle: Bundle) -> None:
        """Take in which bundle the observations are for."""
        ...

    def listen(self, hearing: Hearing) -> None:
        """Hear the sensor's topics."""
        ...

    def mounted(self, mount: Mount) -> SensorMount[Any]:
        """Return what the sensor makes of a mount.

        Raises:
            SensorError: it cannot work there.
        """
        ...

    def expected_view(self, entities: Entities) -> ExpectedView:
        """Offer the topic on which is told what was expected."""
        ...

    def contradictions(self) -> Sequence[str]:
        """Return what does not agree in what comes and in how the sensor is mounted."""
        ...

    def news(self) -> Sequence[str]:
        """Return the same, without what was returned before."""
        ...
