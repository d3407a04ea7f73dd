# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that compiles what a bundle needs, and ends."""

from __future__ import annotations

import sys

from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.self_calibration.self_calibration import SelfCalibration
from local_inn_ros.parent_process import end_with_parent
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import load_bundle, system_named


def main(bundle: str, engine: str, refiner: str, samples: str) -> None:
    """Use all of a bundle once.

    Args:
        bundle: folder of the trained model.
        engine: what runs it (``EngineChoice``).
        refiner: what aligns its answers (``RefinerChoice``).
        samples: poses drawn for each observation.
    """
    end_with_parent()
    loaded = load_bundle(bundle)
    settings = RunSettings(RefinerChoice(refiner), int(samples))
    try:
        system_named(loaded.description.system).prepare(loaded, EngineChoice(engine), settings)
    except LocalInnError as error:
        sys.exit(str(error))
    SelfCalibration.of(loaded, Pose2.identity())


if __name__ == "__main__":
    main(*sys.argv[1:])
