# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service, by what a topic is for; parameters can override it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    InvalidTopicNameException,
)
from rclpy.qos import DurabilityPolicy, QoSPolicyKind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions

from local_inn_ros.nodes.common.parameters import ParameterError

SENSOR = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Readings: best effort as the sensor data profile is, which goes with drivers of any reliability;
deeper than that, so that a process held up for a moment misses none."""

PICTURES = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Readings that take longer than they are apart, where the processor is short: only the newest."""

RELIABLE = QoSProfile(depth=50)
"""Results that nobody should miss, not even somebody who was held up for a moment."""

NEWEST = QoSProfile(depth=1)
"""Results of which only the newest counts: who was held up for a moment skips the others."""

LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""Things that those who come late need too: maps, the last pose."""

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Things to look at."""

TRANSFORMS = QoSProfile(depth=100)
"""`/tf`, as tf2 has it."""

STATIC_TRANSFORMS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""`/tf_static` as it is heard: several publishers, each with its own transforms."""

CALLS = QoSProfile(depth=1000)
"""Services: in the usual queue of ten, calls that come all at once push each other out, and whoever
made one waits for ever."""

_OVERRIDABLE = (
    QoSPolicyKind.HISTORY,
    QoSPolicyKind.DEPTH,
    QoSPolicyKind.RELIABILITY,
    QoSPolicyKind.DURABILITY,
)

Entity = TypeVar("Entity")


def with_overrides(
    create: Callable[..., Entity], kind: type[Any], topic: str, qos: QoSProfile
) -> Entity:
    """Make a publisher or a subscription whose quality of service parameters can override.

    The parameters are ``qos_overrides.TOPIC.publisher.depth`` and so on, as in rclcpp.

    Args:
        create: makes it, such as ``Node.create_publisher``.
        kind: type of the topic's messages.
        topic: the topic.
        qos: unless parameters say otherwise.

    Raises:
        ParameterError: an override makes no sense, or no topic can be called so.
    """
    try:
        # A copy: the overrides are written into the profile itself.
        return create(
            kind, topic, copy.copy(qos), qos_overriding_options=QoSOverridingOptions(_OVERRIDABLE)
        )
    except InvalidTopicNameException as error:
        # The lines below the first point at the letter.
        why = str(error).splitlines()[0].rstrip(":")
        raise ParameterError(f"no topic can be called '{topic}': {why}") from None
    except (
        InvalidQosOverridesError,
        InvalidParameterTypeException,
        InvalidParameterValueException,
        # What rclpy raises at a policy that there is not.
        RuntimeError,
    ) as error:
        raise ParameterError(
            f"the quality of service of '{topic}' cannot be overridden so: {error}"
        ) from None
