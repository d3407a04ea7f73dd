# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From posed pictures to a fitted field with figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch

from local_inn_ros.errors import DeviceError, SensorError
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.views.fit import FitProgress, fit_field
from local_inn_ros.views.fitted_field import FittedField, HeldOut
from local_inn_ros.views.rays import PictureRays, shrunk, shrunk_pixels
from local_inn_ros.views.scoring import score
from local_inn_ros.views.settings import FieldSettings

# For those who may not import torch.
Device: TypeAlias = torch.device
_FEWEST_PICTURES = 8
_SHOWN = 6


def torch_device(name: str) -> torch.device:
    """Return a device by its name: cpu, cuda, or auto for a GPU where torch finds one.

    Raises:
        DeviceError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("torch finds no GPU: leave --device out, or name cpu")
    if name not in ("cpu", "cuda"):
        raise DeviceError(f"a device is cpu, cuda or auto, not {name!r}")
    return torch.device(name)


def fitted_field(
    learned: PosedPictures,
    held_out: PosedPictures,
    settings: FieldSettings,
    device: torch.device,
    progress: Callable[[FitProgress], None],
) -> FittedField:
    """Fit a field and measure it.

    Args:
        learned: pictures to learn from.
        held_out: pictures to measure on; may be none.
        settings: of the fit.
        device: where it is computed.
        progress: called now and then.

    Raises:
        SensorError: there are too few pictures, or they have no place in common.
        BagError: a picture cannot be read.
    """
    if len(learned) < _FEWEST_PICTURES:
        raise SensorError(
            f"{len(learned)} pictures are too few to learn a place from: give at least "
            f"{_FEWEST_PICTURES} beside those held out"
        )
    pictures = PictureRays.read(learned, settings.width)
    field, exposures = fit_field(pictures, settings, device, progress)
    with torch.no_grad():
        gains, offsets = (one.cpu().numpy() for one in exposures.told())
    measured = score(field, pictures, held_out)
    shown = _shown(held_out, settings.width)
    return FittedField(
        field, learned.camera, settings, learned.poses(), gains, offsets, shown, measured
    )


def _shown(held_out: PosedPictures, width: int) -> HeldOut:
    small = shrunk(held_out.camera, width)
    count = min(_SHOWN, len(held_out))
    some = held_out.at(np.linspace(0, len(held_out) - 1, count, dtype=int))
    pixels = [shrunk_pixels(one, held_out.camera, small) for one in some]
    shape = (-1, small.height, small.width, 3)
    return HeldOut(some.poses(), np.array(pixels, dtype=np.uint8).reshape(shape))
