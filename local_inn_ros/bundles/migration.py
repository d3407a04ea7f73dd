# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles of earlier schemas, read as what they say in the present one.

Schema 2 knew one system, Local_INN for a planar laser, whose entries stood beside the envelope's.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_SECOND = "local_inn_ros/bundle/2"
_THIRD = "local_inn_ros/bundle/3"


class _Sensor(BaseModel):
    """What must be known of the laser."""

    network_beams: int = Field(ge=8, le=4096)


class _Network(BaseModel):
    """What must be known of the network's sizes."""

    octaves: int = Field(ge=0, le=20)


class _Training(BaseModel):
    """What must be known of the training."""

    network: _Network
    narrowest_spread: float
    clearance_m: float


class _Second(BaseModel):
    """What of schema 2 has another place in schema 3."""

    model_config = ConfigDict(extra="allow")

    sensor: dict[str, Any]
    map: dict[str, Any]
    prior: dict[str, Any]
    latent_size: int
    networks: dict[str, dict[str, Any]]
    calibration: dict[str, Any]
    training: dict[str, Any]
    surfaces: dict[str, Any] | None = None
    weights: dict[str, Any] | None = None


def migrated(content: object) -> object:
    """Return the content of a bundle.yaml as the present schema has it.

    What is not of schema 2 comes back as it is.

    Raises:
        ValidationError: it is of schema 2, and lacks what that has.
    """
    if not isinstance(content, dict) or content.get("schema_name") != _SECOND:
        return content
    told = _Second.model_validate(content)
    beams = _Sensor.model_validate(told.sensor).network_beams
    training = _Training.model_validate(told.training)
    calibration = dict(told.calibration)
    forward_deviation_m = calibration.pop("forward_deviation_m", None)
    surface_offset_m = calibration.pop("surface_offset_m", 0.0)
    signatures = _signatures(beams, training.network.octaves, told.latent_size)
    return {
        "schema_name": _THIRD,
        "system": "local_inn_2d" if content.get("system") == "local_inn" else content.get("system"),
        "created_by": content.get("created_by"),
        "pose_space": "se2",
        "sensors": {"laser": {"kind": "laser", **told.sensor}},
        "maps": [{**told.map, "surface_offset_m": surface_offset_m, "surfaces": told.surfaces}],
        "graphs": {
            name: {**file, **signatures.get(name, {"inputs": {}, "outputs": {}})}
            for name, file in told.networks.items()
        },
        "files": {} if told.weights is None else {"weights": told.weights},
        "calibration": calibration,
        "block": {
            "prior": told.prior,
            "latent_size": told.latent_size,
            "forward_deviation_m": forward_deviation_m,
            "narrowest_spread": training.narrowest_spread,
            "clearance_m": training.clearance_m,
            "network": told.training["network"],
        },
        "training": told.training,
        "measured": content.get("measured", {}),
    }


def _signatures(beams: int, octaves: int, latent_z: int) -> dict[str, dict[str, Any]]:
    """Return the tensors of the networks that schema 2 knew, as they were always exported."""
    seen = 3 * (1 + 2 * octaves) - latent_z
    given = {"priors": ["batch", 3], "spreads": ["batch"]}
    return {
        "encoder": {
            "inputs": {"ranges": ["batch", beams], "states": ["batch", beams], **given},
            "outputs": {"seen": ["batch", seen]},
        },
        "inverse": {
            "inputs": {"seen": ["batch", seen], "latents": ["draws", latent_z], **given},
            "outputs": {"poses": ["batch", "draws", 3]},
        },
        "forward": {"inputs": {"poses": ["batch", 3]}, "outputs": {"ranges": ["batch", beams]}},
    }
