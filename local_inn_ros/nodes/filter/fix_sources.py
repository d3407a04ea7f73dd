# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the filter is told of each localizer whose fixes it fuses."""

from __future__ import annotations

from local_inn_ros.filtering.pose_filter import SourceSettings
from local_inn_ros.nodes.common.parameters import ParameterError
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters


def sources_of(told: EkfParameters) -> dict[str, SourceSettings]:
    """Return the settings of each source, by its topic.

    Raises:
        ParameterError: there are numbers for more topics than there are.
    """
    _check_count("fix_delays", told.fix_delays, told.fix_topics)
    _check_count("fix_shared_shares", told.fix_shared_shares, told.fix_topics)
    usual = SourceSettings(gate_probability=told.gate_probability)
    return {
        topic: SourceSettings(
            gate_probability=told.gate_probability,
            delay_s=_of(told.fix_delays, number, usual.delay_s),
            shared_share=_of(told.fix_shared_shares, number, usual.shared_share),
        )
        for number, topic in enumerate(told.fix_topics)
    }


def _of(numbers: tuple[float, ...], number: int, usual: float) -> float:
    return numbers[min(number, len(numbers) - 1)] if numbers else usual


def _check_count(name: str, numbers: tuple[float, ...], topics: tuple[str, ...]) -> None:
    if len(numbers) > max(len(topics), 1):
        raise ParameterError(
            f"parameter {name} has {len(numbers)} numbers for {len(topics)} fix_topics: leave out "
            "those that are too many"
        )
