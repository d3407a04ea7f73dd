# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A radiance field that was fitted, and how it is kept: numbers in safetensors, the rest in YAML.

Reading one runs no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from local_inn_ros import __version__
from local_inn_ros.errors import BundleError
from local_inn_ros.places import check_new_folder, new_folder, real_path
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.views.field import RadianceField
from local_inn_ros.views.settings import FieldSettings
from local_inn_ros.views.voxels import VoxelGrid

_DESCRIPTION, _NUMBERS = "field.yaml", "field.safetensors"
_SCHEMA = "local_inn_ros/views/1"


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Some pictures that were held out, to show.

    Attributes:
        poses: (n, 4, 4) of the optical frame.
        pixels: (n, height, width, 3) uint8, shrunk as those that were learned from.
    """

    poses: NDArray[np.float64]
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class FittedField:
    """A field, and what it was fitted to.

    Attributes:
        field: the field.
        camera: of the pictures as they were given.
        settings: of the fit.
        driven: (k, 4, 4) poses of the optical frame, of the pictures learned from.
        gains: (k, 3) of their exposures.
        offsets: (k, 1) likewise.
        held_out: some of the others.
        measured: figures on those that were held out.
    """

    field: RadianceField
    camera: CameraSpec
    settings: FieldSettings
    driven: NDArray[np.float64]
    gains: NDArray[np.float32]
    offsets: NDArray[np.float32]
    held_out: HeldOut
    measured: Mapping[str, float]


class _Description(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_name: Literal["local_inn_ros/views/1"]
    created_by: str
    camera: CameraSpec
    voxel_m: float = Field(gt=0.0, allow_inf_nan=False)
    shape: tuple[int, int, int]
    settings: dict[str, int | float]
    measured: dict[str, float]


def check_field_place(out: Path) -> None:
    """Refuse a place where a field would overwrite something that is no field.

    Raises:
        BundleError: there is a file, or a folder with other things in it.
        PlaceError: nothing can be written there.
    """
    real = real_path(out)
    if real.is_file():
        raise BundleError(f"{out} is a file: name a folder for the field")
    check_new_folder(out)
    if real.is_dir() and any(real.iterdir()) and not (real / _DESCRIPTION).is_file():
        raise BundleError(f"{out} holds other files than a field: name a new folder")


def save_field(fitted: FittedField, out: Path) -> None:
    """Write a folder of a field, whole or not at all.

    Raises:
        PlaceError: it cannot be written.
    """
    grid = fitted.field.grid
    # Without the empty voxels around, which reading puts there again.
    inner = grid.filled[1:-1, 1:-1, 1:-1].cpu().contiguous()
    packed = np.packbits(inner.numpy().ravel())
    numbers = {
        "rows": fitted.field.rows.detach().cpu(),
        "filled": torch.from_numpy(packed),
        "origin": (grid.origin + grid.voxel_m).cpu(),
        "driven": torch.from_numpy(fitted.driven),
        "gains": torch.from_numpy(fitted.gains),
        "offsets": torch.from_numpy(fitted.offsets),
        "held_out_poses": torch.from_numpy(fitted.held_out.poses),
        "held_out_pixels": torch.from_numpy(fitted.held_out.pixels),
    }
    told = {
        "schema_name": _SCHEMA,
        "created_by": f"local_inn_ros {__version__}",
        "camera": fitted.camera.model_dump(),
        "voxel_m": grid.voxel_m,
        "shape": list(inner.shape),
        "settings": asdict(fitted.settings),
        "measured": dict(fitted.measured),
    }
    with new_folder(out) as folder:
        save_file({name: one.contiguous() for name, one in numbers.items()}, folder / _NUMBERS)
        text = yaml.safe_dump(told, sort_keys=False)
        (folder / _DESCRIPTION).write_text(text, encoding="utf-8")


def load_field(folder: Path, device: torch.device) -> FittedField:
    """Read a folder of a field.

    Raises:
        BundleError: it holds none, or what it holds is damaged.
    """
    described = _described(folder)
    try:
        numbers = load_file(folder / _NUMBERS)
        return _put_together(described, numbers, device)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise BundleError(
            f"{folder / _NUMBERS} is damaged ({error}): train the field again"
        ) from error


def _described(folder: Path) -> _Description:
    file = folder / _DESCRIPTION
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        return _Description.model_validate(told)
    except FileNotFoundError:
        raise BundleError(
            f"{folder} holds no field: make one with `local-inn views train`"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BundleError(f"{file} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "all of it"
        raise BundleError(f"{file}: {name}: {first['msg']}") from None


def _put_together(
    described: _Description, numbers: Mapping[str, Tensor], device: torch.device
) -> FittedField:
    shape = described.shape
    bits = np.unpackbits(numbers["filled"].numpy(), count=int(np.prod(shape)))
    filled = torch.from_numpy(bits.astype(bool)).reshape(shape)
    grid = VoxelGrid.of(numbers["origin"], described.voxel_m, filled)
    rows = numbers["rows"]
    if rows.shape != (grid.corner_count, RadianceField.NUMBERS):
        raise ValueError(f"{len(rows)} rows for {grid.corner_count} corners")
    settings: dict[str, Any] = described.settings
    arrays = {name: one.numpy() for name, one in numbers.items()}
    return FittedField(
        RadianceField(grid.to(device), rows.to(device)),
        described.camera,
        FieldSettings(**settings),
        arrays["driven"],
        arrays["gains"],
        arrays["offsets"],
        HeldOut(arrays["held_out_poses"], arrays["held_out_pixels"]),
        described.measured,
    )
