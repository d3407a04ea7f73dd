# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the localizer's node; AMCL's names where AMCL has the same."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.localization.refiner_choice import RefinerChoice
from local_inn_ros.nodes.parameters import ParameterError, ParameterInfo, parameter

AUTOMATIC = "auto"


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
    search_timeout: float = parameter(
        3.0,
        ParameterInfo(
            "A search answers at the latest so long after its first scan, by the scans' stamps.",
            low=0.1,
            high=60.0,
            unit="s",
        ),
    )
    auto_relocalize: bool = parameter(
        True, ParameterInfo("Search the whole map without being called when the robot is lost.")
    )
    confirm_readings: int = parameter(
        10,
        ParameterInfo(
            "A place that was found without a call has to go on explaining so many scans before "
            "it is believed.",
            low=1,
            high=1000,
        ),
    )
    pose_file: str = parameter(
        AUTOMATIC,
        ParameterInfo(
            "Where the pose is saved for the next start: a file; 'auto' for one for each map "
            "under $ROS_HOME, or ~/.ros; empty for none."
        ),
    )
    save_pose_period: float = parameter(
        10.0, ParameterInfo("The pose is saved this often.", low=0.1, high=3600.0, unit="s")
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
