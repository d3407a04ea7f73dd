# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the localizer's node; AMCL's names where AMCL has the same."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.localization.refiner_choice import RefinerChoice
from local_inn_ros.nodes.parameters import ParameterError, ParameterInfo, parameter


@dataclass(frozen=True)
class LocalizerParameters:
    """What the node can be told."""

    bundle: str = parameter(
        "", ParameterInfo("Folder of the trained model; the shipped demo model where empty.")
    )
    global_frame_id: str = parameter(
        "map", ParameterInfo("Frame of the map.", amcl="global_frame_id")
    )
    base_frame_id: str = parameter(
        "base_link", ParameterInfo("Frame of the robot's base.", amcl="base_frame_id")
    )
    refiner: str = parameter(
        RefinerChoice.FIELD.value,
        ParameterInfo(
            "What the network's answer is aligned with: field (the map's likelihood field), "
            "forward (the network's own forward pass), or none."
        ),
    )
    samples: int = parameter(
        20, ParameterInfo("Poses drawn for each scan; even.", low=2, high=1000, step=2)
    )
    search_at_start: bool = parameter(
        False, ParameterInfo("Search the whole map until somebody has told a pose.")
    )
    quality_alarm: float = parameter(
        0.7,
        ParameterInfo(
            "A mean quality over a second below this is reported as lost.", low=0.0, high=1.0
        ),
    )

    def refiner_choice(self) -> RefinerChoice:
        """Return what ``refiner`` names.

        Raises:
            ParameterError: it names nothing that there is.
        """
        try:
            return RefinerChoice(self.refiner)
        except ValueError:
            known = ", ".join(choice.value for choice in RefinerChoice)
            raise ParameterError(
                f"parameter refiner is '{self.refiner}': it must be one of {known}"
            ) from None
