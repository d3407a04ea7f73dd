# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The block of a bundle of PoseINN as published, and the graphs that it has engines run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.graphs import BATCH, GraphSignature, TensorSignature
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import (
    PAPER_KIND,
    POSE,
    block_of,
    camera_of,
    check_graphs,
)

ENCODER, INVERSE, FORWARD = "encoder", "inverse", "forward"
SIDE = 128
"""Rows and columns of the picture that the networks take and draw."""
LATENT = 60
"""Numbers that the encoder makes of a picture."""
OCTAVES = 5
"""Frequencies of the pose code."""
CODE = POSE + 2 * POSE * OCTAVES
"""Numbers of the pose code: as many as latent and z together."""
_DRAWS = "draws"
_Deviation = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
_Six = tuple[_Deviation, _Deviation, _Deviation, _Deviation, _Deviation, _Deviation]


class PaperConfig(BaseModel):
    """What PoseINN as published says of itself.

    Attributes:
        kind: tells it from the other kind of this system's bundles.
        scale: what samples' offsets from their mean are multiplied by, in each direction of xi.
        floor: deviations that are there besides, in m and rad.
        quality: weights of the probability that a pose is right (``paper_quality.py``).
        bounds: least and greatest (x, y, z) of the cameras that it was trained on, metres.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["paper"] = PAPER_KIND
    scale: _Six
    floor: _Six
    quality: tuple[float, ...] = Field(min_length=3, max_length=3)
    bounds: tuple[tuple[float, float, float], tuple[float, float, float]]


def paper_config_of(bundle: Bundle) -> PaperConfig:
    """Read the system's own block out of a bundle.

    Raises:
        BundleError: something is missing or makes no sense.
    """
    return block_of(bundle, PaperConfig)


def check(bundle: Bundle) -> None:
    """See whether a bundle's block, sensor and graphs fit each other.

    Raises:
        BundleError: they do not.
    """
    paper_config_of(bundle)
    check_graphs(bundle, signatures(camera_of(bundle)))


def channels_of(camera: CameraSpec) -> int:
    """Return how many channels a picture has; as published, three."""
    return 1 if camera.colour == "mono" else 3


def signatures(camera: CameraSpec) -> tuple[GraphSignature, ...]:
    """Return what the graphs take and give.

    - ``encoder``: pictures, 0 to 1, to the mean of their latents;
    - ``inverse``: latents and draws of z to poses of the camera, position and rotation row by row;
    - ``forward``: such poses to the pictures that are expected there, and to their latents.

    Args:
        camera: of the pictures.
    """
    picture = (BATCH, channels_of(camera), SIDE, SIDE)
    latents = TensorSignature("latents", (BATCH, LATENT))
    return (
        GraphSignature(ENCODER, (TensorSignature("pictures", picture),), (latents,)),
        GraphSignature(
            INVERSE,
            (latents, TensorSignature("z", (_DRAWS, POSE))),
            (TensorSignature("poses", (BATCH, _DRAWS, 12)),),
        ),
        GraphSignature(
            FORWARD,
            (TensorSignature("poses", (BATCH, 12)),),
            (
                TensorSignature("expected", picture),
                TensorSignature("expected_latents", (BATCH, LATENT)),
            ),
        ),
    )
