# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that compiles what a model needs, and ends; numba keeps it in files."""

from __future__ import annotations

import sys

from local_inn_ros.engines import Bundle
from local_inn_ros.engines.choice import EngineChoice, open_engine
from local_inn_ros.localization.refiner_choice import RefinerChoice
from local_inn_ros.nodes.model import Model


def main(bundle: str, engine: str, refiner: str, samples: str) -> None:
    """Use all of a model once.

    Args:
        bundle: folder of the trained model.
        engine: what runs it (``EngineChoice``).
        refiner: what aligns its answers (``RefinerChoice``).
        samples: poses drawn for each scan.
    """
    opened = Bundle.load(bundle)
    runs = open_engine(opened, EngineChoice(engine))
    Model(opened, runs, RefinerChoice(refiner), int(samples)).warm_up()


if __name__ == "__main__":
    main(*sys.argv[1:])
