# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From what a person gives to a bundle, of any system."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from local_inn_ros import __version__
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import RecordValue, write_description
from local_inn_ros.bundles.placing import check_place, placed
from local_inn_ros.errors import BundleError
from local_inn_ros.places import real_path
from local_inn_ros.systems.protocol import (
    MeasuresItself,
    System,
    TrainingInputs,
    TrainingOrder,
    TrainingRun,
)
from local_inn_ros.training.checkpoints import Checkpoints
from local_inn_ros.training.fit import TrainingProgress, fit

_LOG = logging.getLogger(__name__)
_CHECKPOINT_EVERY = 250


def train_bundle(
    system: System,
    inputs: TrainingInputs,
    order: TrainingOrder,
    out: Path,
    progress: Callable[[TrainingProgress], None],
    resume: bool = False,
    checkpoint_every: int = _CHECKPOINT_EVERY,
) -> Path:
    """Train a system and write its bundle.

    The same arguments on the same machine give the same networks, also where the training was
    killed and resumed. An interrupt (Ctrl-C) ends the fit early; the bundle is written all the
    same. It takes its place when all is done, calibration included.

    Args:
        system: the method.
        inputs: what to train on.
        order: how.
        out: folder of the bundle; one that is there is replaced when the new one is complete.
        progress: called now and then.
        resume: go on with a training that was killed; the state lies beside ``out``.
        checkpoint_every: steps from one kept state to the next.

    Returns:
        The folder.

    Raises:
        BundleError: ``out`` holds something that is not a bundle; there is nothing to resume, or
            something that is not asked to be resumed.
        PlaceError: ``out`` cannot be written.
        LocalInnError: what was given cannot be trained on.
    """
    check_place(out)
    run = system.begin_training(inputs, order)
    return train_run(system, run, order.seed, out, progress, resume, checkpoint_every)


def train_run(
    system: System,
    run: TrainingRun,
    seed: int,
    out: Path,
    progress: Callable[[TrainingProgress], None],
    resume: bool = False,
    checkpoint_every: int = _CHECKPOINT_EVERY,
) -> Path:
    """Do a training that has begun, and write its bundle; see ``train_bundle``."""
    check_place(out)
    identity = {**run.identity, "system": system.name, "version": __version__}
    real = real_path(out)
    kept = Checkpoints(real.with_name(real.name + ".training"), identity, checkpoint_every)
    _check_wish(kept, resume)
    rng = np.random.default_rng(seed)
    started = time.monotonic()
    steps = 0 if run.task is None else fit(run.task, rng, progress, kept)
    record: dict[str, RecordValue] = {
        **run.identity,
        "steps": steps,
        "seconds": round(time.monotonic() - started, 1),
    }
    with placed(out) as folder:
        description = run.write(folder, record, rng)
        write_description(description, folder / "bundle.yaml")
        bundle = Bundle.load(folder)
        system.check(bundle)
        calibration = run.calibrate(bundle, rng)
        described = description.model_copy(update={"calibration": calibration})
        if isinstance(system, MeasuresItself):
            # With draws of its own: what training draws does not depend on what is measured.
            calibrated = replace(bundle, description=described)
            figures = system.figures(calibrated, np.random.default_rng(seed))
            measured = {**described.measured, **figures}
            described = described.model_copy(update={"measured": measured})
        write_description(described, folder / "bundle.yaml")
    kept.remove()
    _LOG.info("wrote %s after %d steps", out, steps)
    return out


def _check_wish(kept: Checkpoints, resume: bool) -> None:
    """See whether there is something to resume where that is asked for, and nothing otherwise."""
    if resume and not kept.there:
        raise BundleError(f"nothing to resume: no training is kept in {kept.folder}")
    if kept.there and not resume:
        raise BundleError(
            f"a training that was broken off is kept in {kept.folder}: go on with it by --resume, "
            "or delete that folder to begin anew"
        )
