# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the text of a sensor's description to the kind of sensor that it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BeforeValidator, SerializeAsAny, ValidationError

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.laser.laser_spec import LaserSpec
from local_inn_ros.sensing.sensor_spec import SensorSpec
from local_inn_ros.text_files import lfs_pointer_note, yaml_fault

# A new kind of sensor is one line.
_KINDS: dict[str, type[SensorSpec]] = {"laser": LaserSpec, "camera": CameraSpec}
# Descriptions of before there were kinds are of lasers.
_FIRST_KIND = "laser"


def sensor_spec_of(content: object) -> SensorSpec:
    """Read a description out of a mapping, by its ``kind``.

    Raises:
        ValueError: it is no mapping, of no known kind, or (pydantic's ValidationError) a value is
            missing or out of range.
    """
    if isinstance(content, SensorSpec):
        return content
    if not isinstance(content, dict):
        raise ValueError("a sensor's description must be a mapping of names to values")
    kind = content.get("kind", _FIRST_KIND)
    if kind not in _KINDS:
        raise ValueError(f"kind: no sensor is of kind {kind!r}; known: {', '.join(_KINDS)}")
    return _KINDS[kind].model_validate(content)


# As a field of pydantic's: read by its kind, written whole.
AnySensorSpec = Annotated[SerializeAsAny[SensorSpec], BeforeValidator(sensor_spec_of)]


def load_sensor_spec(path: Path) -> SensorSpec:
    """Read the description of a sensor of any kind.

    Raises:
        SensorError: the file is missing, is not YAML, or a value is missing or out of range.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SensorError(f"no sensor file at {path}") from None
    except OSError as error:
        raise SensorError(f"cannot read the sensor file {path}: {error}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        note = lfs_pointer_note(path) or f"is not valid YAML: {yaml_fault(error)}"
        raise SensorError(f"the sensor file {path} {note}") from error
    if not isinstance(content, dict):
        note = lfs_pointer_note(path) or "must be a mapping of names to values"
        raise SensorError(f"the sensor file {path} {note}")
    try:
        return sensor_spec_of(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise SensorError(f"the sensor file {path}: {where}: {first['msg']}") from None
    except ValueError as error:
        raise SensorError(f"the sensor file {path}: {error}") from None


def load_laser_spec(path: Path) -> LaserSpec:
    """Read the description of a planar laser.

    Raises:
        SensorError: it cannot be read, or is of another kind of sensor.
    """
    spec = load_sensor_spec(path)
    if not isinstance(spec, LaserSpec):
        raise SensorError(f"the sensor file {path} is of a {spec.kind}: a planar laser is needed")
    return spec


def load_camera_spec(path: Path) -> CameraSpec:
    """Read the description of a camera.

    Raises:
        SensorError: it cannot be read, or is of another kind of sensor.
    """
    spec = load_sensor_spec(path)
    if not isinstance(spec, CameraSpec):
        raise SensorError(f"the sensor file {path} is of a {spec.kind}: a camera is needed")
    return spec
