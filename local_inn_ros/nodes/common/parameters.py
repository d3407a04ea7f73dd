# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of a node as one frozen dataclass: names, types, defaults, ranges, descriptions."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from local_inn_ros.errors import LocalInnError

_METADATA_KEY = "parameter"

# Names that are spelled as much alike are taken for typing errors.
_ALIKE = 0.7

Values = TypeVar("Values")


class Numbers(tuple[float, ...]):
    """Several numbers: the default of a parameter that is an array of doubles."""


@dataclass(frozen=True, slots=True)
class _Type:
    """A type of parameters: how it is called, and what its values are in Python."""

    name: str
    python: tuple[type[Any], ...]


_TYPES: dict[type[Any], _Type] = {
    bool: _Type("true or false", (bool,)),
    int: _Type("an integer", (int,)),
    float: _Type("a double", (float,)),
    str: _Type("a text", (str,)),
    tuple: _Type("an array of texts", (list, tuple)),
    Numbers: _Type("an array of doubles", (list, tuple, array)),
}


class ParameterError(LocalInnError):
    """A parameter with a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """What is to be known of a parameter, besides its default and type.

    Attributes:
        description: what it does, in one sentence.
        name: name in ROS where it is not the attribute's own, such as ``initial_pose.x``.
        group: what stands before the attribute's own name in ROS, with a point between them.
        low: least value, for numbers.
        high: greatest value, for numbers.
        step: whole numbers are this far apart, from the least on.
        choices: all that it can be, for texts; anything where empty.
        unit: unit of the value; empty where it has none.
        live: whether it may change while it is in use; otherwise it is read when the node starts,
            or is configured.
        amcl: AMCL's parameter of the same meaning; empty where it has none.
    """

    description: str
    name: str = ""
    group: str = ""
    low: float | None = None
    high: float | None = None
    step: int = 1
    choices: tuple[str, ...] = ()
    unit: str = ""
    live: bool = False
    amcl: str = ""


def parameter(default: Any, info: ParameterInfo) -> Any:
    """Return a dataclass field that is a parameter; arrays are tuples, those of doubles Numbers."""
    return field(default=default, metadata={_METADATA_KEY: info})


def diagnostic_limit(default: float, meaning: str, *, high: float, unit: str = "") -> Any:
    """Return a dataclass field that is a limit of the diagnostics; with 0 they never complain.

    Args:
        default: its default.
        meaning: what the diagnostics do, and where: "warn below this rate of scans".
        high: greatest value.
        unit: unit of the value; empty where it has none.
    """
    info = ParameterInfo(
        f"Diagnostics {meaning}; 0 for never.",
        group="diagnostics",
        low=0.0,
        high=high,
        unit=unit,
        live=True,
    )
    return parameter(default, info)


@dataclass(frozen=True)
class NodeParameters:
    """What every managed node can be told."""

    autostart: bool = parameter(
        True,
        ParameterInfo(
            "Configure and activate the node when it starts; false where a lifecycle manager does."
        ),
    )


def parameter_info(described: Field[Any]) -> ParameterInfo:
    """Return what is to be known of a field made by ``parameter``."""
    info: ParameterInfo = described.metadata[_METADATA_KEY]
    return info


def parameter_name(described: Field[Any]) -> str:
    """Return the name in ROS of a field made by ``parameter``."""
    info = parameter_info(described)
    return info.name or ".".join(part for part in (info.group, described.name) if part)


class Parameters(Generic[Values]):
    """The parameters of a node, declared as a dataclass describes them, and their present values.

    Attributes:
        now: the values.
        in_use: while true, only parameters that are ``live`` can be set.
    """

    def __init__(self, node: Node, kind: type[Values]) -> None:
        """Declare every field of a dataclass as a parameter, and read the values.

        Raises:
            ParameterError: a value given from outside has another type, lies outside its range,
                or is none of the choices.
        """
        declared = fields(kind)  # type: ignore[arg-type]
        self._described = {parameter_name(one): one for one in declared}
        values = {one.name: _declared(node, one) for one in self._described.values()}
        self.now = kind(**values)
        self.in_use = False
        node.add_on_set_parameters_callback(self._on_set)

    def refusal(self, node: Node, told: Sequence[Parameter[Any]]) -> str:
        """Say which value has a wrong type, or which name is unknown; empty where none is.

        ROS refuses both without a word of the parameter's name, or of what its type is.
        """
        for one in told:
            described = self._described.get(one.name)
            if described is None and not node.has_parameter(one.name):
                near = get_close_matches(one.name, self._described, n=1, cutoff=_ALIKE)
                hint = f": is '{near[0]}' meant?" if near else ""
                return f"there is no parameter '{one.name}'{hint}"
            # Others are of ROS itself, such as use_sim_time: they keep the type that they have.
            present = node.get_parameter(one.name).value if described is None else described.default
            wanted, value = type(present), one.value
            if wanted not in _TYPES:
                continue
            if value is not None and not isinstance(value, _TYPES[wanted].python):
                return _wrong_type(one.name, wanted, value)
            if isinstance(value, bool) and wanted is int:
                return _wrong_type(one.name, wanted, value)
        return ""

    def _on_set(self, told: Sequence[Parameter[Any]]) -> SetParametersResult:
        try:
            changes = dict(self._changes(told))
            self.now = replace(self.now, **changes)  # type: ignore[type-var]
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _changes(self, told: Sequence[Parameter[Any]]) -> Iterator[tuple[str, Any]]:
        for one in told:
            # Others belong to ROS itself, such as use_sim_time.
            described = self._described.get(one.name)
            if described is None:
                continue
            if self.in_use and not parameter_info(described).live:
                raise ParameterError(
                    f"parameter {one.name} is in use and cannot change meanwhile: start the node "
                    "with the new value (a node with a life cycle: deactivate and clean it up, "
                    "then set it)"
                )
            yield described.name, _checked(described, one.value)


def told_from_outside(node: Node) -> dict[str, Parameter[Any]]:
    """Return the parameters that a node was given at its start, declared or not."""
    # ROS keeps them without a way to ask for them; each distribution by this name alone.
    told: dict[str, Parameter[Any]] = getattr(node, "_parameter_overrides", {})
    return told


def _wrong_type(name: str, wanted: type[Any], value: Any) -> str:
    """Say that a value has another type than its parameter, and how to write it right."""
    what = _TYPES[wanted]
    given = _TYPES[type(value)].name if type(value) in _TYPES else "array"
    hint = f", such as {float(value)}" if wanted is float and type(value) is int else ""
    return f"parameter {name} is {what.name}{hint}, and was given {given}: {value}"


def _declared(node: Node, described: Field[Any]) -> Any:
    name, info = parameter_name(described), parameter_info(described)
    try:
        told = node.declare_parameter(name, described.default, _descriptor(described)).value
    except InvalidParameterTypeException:
        value = told_from_outside(node)[name].value
        raise ParameterError(_wrong_type(name, type(described.default), value)) from None
    except InvalidParameterValueException as error:
        raise ParameterError(f"parameter {name}: {error} ({info.description})") from None
    return _checked(described, told)


def _checked(described: Field[Any], value: Any) -> Any:
    info, is_array = parameter_info(described), isinstance(described.default, tuple)
    if value is None and not is_array:
        raise ParameterError(f"parameter {parameter_name(described)} was given no value")
    if isinstance(value, float) and not math.isfinite(value):
        # Which no range of a descriptor keeps out.
        raise ParameterError(f"parameter {parameter_name(described)} is {value}: not a number")
    if isinstance(described.default, Numbers):
        return _checked_numbers(described, value)
    if info.choices and value not in info.choices:
        raise ParameterError(
            f"parameter {parameter_name(described)} is '{value}': it must be one of "
            f"{', '.join(info.choices)}"
        )
    # Of an empty array ROS cannot tell the type: it comes as no value at all.
    return tuple(value or ()) if is_array else value


def _checked_numbers(described: Field[Any], value: Any) -> Numbers:
    info, name = parameter_info(described), parameter_name(described)
    low = -math.inf if info.low is None else info.low
    high = math.inf if info.high is None else info.high
    numbers = Numbers(value or ())
    if not all(math.isfinite(one) and low <= one <= high for one in numbers):
        raise ParameterError(
            f"parameter {name} is {list(numbers)}: each must be a number from {low:g} to {high:g}"
        )
    return numbers


def _descriptor(described: Field[Any]) -> ParameterDescriptor:
    info = parameter_info(described)
    unit = f" [{info.unit}]" if info.unit else ""
    descriptor = ParameterDescriptor(description=info.description + unit)
    descriptor.additional_constraints = constraints(info)
    if info.low is None or info.high is None or isinstance(described.default, Numbers):
        # A range of ROS is for a single number.
        return descriptor
    if isinstance(described.default, int):
        span = IntegerRange(from_value=int(info.low), to_value=int(info.high), step=info.step)
        descriptor.integer_range = [span]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=info.low, to_value=info.high)
        ]
    return descriptor


def constraints(info: ParameterInfo) -> str:
    """Say what the type and the range of a parameter do not."""
    parts = [f"one of {', '.join(info.choices)}"] if info.choices else []
    if not info.live:
        parts.append("cannot change while it is in use")
    return "; ".join(parts)
