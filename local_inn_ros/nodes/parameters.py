# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of a node as one frozen dataclass: names, types, defaults, ranges, descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node

from local_inn_ros.errors import LocalInnError

_METADATA_KEY = "parameter"

Values = TypeVar("Values")


class ParameterError(LocalInnError):
    """A parameter with a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """What is to be known of a parameter, besides its default and type.

    Attributes:
        description: what it does, in one sentence.
        name: name in ROS where it is not the attribute's own, such as ``initial_pose.x``.
        low: least value, for numbers.
        high: greatest value, for numbers.
        step: whole numbers are this far apart, from the least on.
        unit: unit of the value; empty where it has none.
        amcl: AMCL's parameter of the same meaning; empty where it has none.
    """

    description: str
    name: str = ""
    low: float | None = None
    high: float | None = None
    step: int = 1
    unit: str = ""
    amcl: str = ""


def parameter(default: Any, info: ParameterInfo) -> Any:
    """Return a dataclass field that is a parameter; arrays are tuples."""
    return field(default=default, metadata={_METADATA_KEY: info})


def parameter_name(described: Field[Any]) -> str:
    """Return the name in ROS of a field made by ``parameter``."""
    info: ParameterInfo = described.metadata[_METADATA_KEY]
    return info.name or described.name


def declare_parameters(node: Node, kind: type[Values]) -> Values:
    """Declare every field of a dataclass as a parameter of a node, and read the values.

    Raises:
        ParameterError: a value given from outside has another type, or lies outside its range.
    """
    return kind(**dict(_declared(node, kind)))


def _declared(node: Node, kind: type[Any]) -> Iterator[tuple[str, Any]]:
    for described in fields(kind):
        name = parameter_name(described)
        default = described.default
        info: ParameterInfo = described.metadata[_METADATA_KEY]
        try:
            value = node.declare_parameter(name, default, _descriptor(info, default)).value
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            raise ParameterError(f"parameter {name}: {error} ({info.description})") from None
        yield described.name, tuple(value) if isinstance(default, tuple) else value


def _descriptor(info: ParameterInfo, default: Any) -> ParameterDescriptor:
    unit = f" [{info.unit}]" if info.unit else ""
    descriptor = ParameterDescriptor(description=info.description + unit, read_only=True)
    if info.low is None or info.high is None:
        return descriptor
    if isinstance(default, int):
        span = IntegerRange(from_value=int(info.low), to_value=int(info.high), step=info.step)
        descriptor.integer_range = [span]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=info.low, to_value=info.high)
        ]
    return descriptor
