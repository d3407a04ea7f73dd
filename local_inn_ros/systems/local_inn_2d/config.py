# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The block of bundle.yaml that is Local_INN's own, and the graphs that it has engines run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.graphs import BATCH, GraphSignature, TensorSignature
from local_inn_ros.errors import BundleError

NAME = "local_inn_2d"
ENCODER, INVERSE, FORWARD = "encoder", "inverse", "forward"
GRAPHS = (ENCODER, INVERSE, FORWARD)
WEIGHTS = "weights"
"""Name of the file that compiled kernels and torch read; bundles of before do without."""
_DRAWS = "draws"
# A bundle may come from anywhere: no size keeps the networks busy for ever.
_Few = Annotated[int, Field(ge=0, le=100)]
_Size = Annotated[int, Field(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Sizes of a Local_INN.

    Attributes:
        octaves: frequencies of the pose code.
        latent_z: length of z, what a scan leaves open.
        blocks: couplings of the invertible part.
        coupling_hidden: width of the couplings' subnets.
        condition: length of the condition that the prior is brought to.
        cells_m: distance of the nodes of the feature maps' grids.
        channels: features of each grid.
        point_hidden: width of the layers that look at one end point or one beam.
        scan_hidden: width of the layers that look at the whole scan.
        strides: corrections of a drawn range.
    """

    octaves: _Few = 5
    latent_z: _Size = 6
    blocks: _Few = 6
    coupling_hidden: _Size = 128
    condition: _Size = 32
    cells_m: tuple[float, ...] = (0.25, 0.75, 2.25, 6.75)
    channels: _Size = 8
    point_hidden: _Size = 64
    scan_hidden: _Size = 256
    strides: _Few = 2

    @property
    def code_size(self) -> int:
        """Length of the pose code, and of both latents together."""
        return 3 * (1 + 2 * self.octaves)


class PriorSpec(BaseModel):
    """Which priors the networks were trained for.

    Attributes:
        deviation: (x m, y m, yaw rad) standard deviation of a prior of spread 1.
        widest_spread: widest prior that the networks know.
        fine_spread: spread of the second pass, which starts from the answer of the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deviation: tuple[float, float, float]
    widest_spread: float = Field(gt=0.0)
    fine_spread: float = Field(gt=0.0)


class LocalInn2dConfig(BaseModel):
    """What Local_INN says of itself.

    Attributes:
        prior: the priors it was trained for.
        latent_size: length of the latent z.
        forward_deviation_m: robust standard deviation of the forward pass against ray casting.
        narrowest_spread: narrowest prior trained for; the forward pass is conditioned on it.
        clearance_m: training poses kept this far from walls.
        network: its sizes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prior: PriorSpec
    latent_size: int = Field(ge=1)
    forward_deviation_m: float = Field(gt=0.0)
    narrowest_spread: float = Field(gt=0.0)
    clearance_m: float = Field(ge=0.0)
    network: NetworkSettings


def config_of(bundle: Bundle) -> LocalInn2dConfig:
    """Read the system's own block out of a bundle.

    Raises:
        BundleError: something is missing or makes no sense.
    """
    try:
        return LocalInn2dConfig.model_validate(bundle.description.block)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("block", *map(str, first["loc"])))
        raise BundleError(f"{bundle.path}/bundle.yaml: {where}: {first['msg']}") from None


def check(bundle: Bundle) -> None:
    """See whether a bundle's block, sensor and graphs fit each other.

    Raises:
        BundleError: they do not.
    """
    config, beams = config_of(bundle), bundle.description.laser.network_beams
    if bundle.description.pose_space != "se2":
        raise BundleError(f"{bundle.path.name}: {NAME} knows poses in the plane alone (se2)")
    for wanted in signatures(beams, config.network.code_size, config.latent_size):
        found = bundle.graphs.graphs.get(wanted.name)
        if found is None:
            raise BundleError(f"{bundle.path}/bundle.yaml names no {wanted.name} network")
        if (found.inputs, found.outputs) != (wanted.inputs, wanted.outputs):
            raise BundleError(
                f"the {wanted.name} network of {bundle.path.name} is not for {beams} beams and a "
                f"latent of {config.latent_size}, as bundle.yaml says: train it again"
            )


def signatures(beams: int, code_size: int, latent_z: int) -> tuple[GraphSignature, ...]:
    """Return what encoder, inverse and forward graph take and give.

    Args:
        beams: that the network sees.
        code_size: length of the pose code.
        latent_z: length of the latent z.
    """
    seen = TensorSignature("seen", (BATCH, code_size - latent_z))
    ranges = TensorSignature("ranges", (BATCH, beams))
    given = (TensorSignature("priors", (BATCH, 3)), TensorSignature("spreads", (BATCH,)))
    latents = TensorSignature("latents", (_DRAWS, latent_z))
    return (
        GraphSignature(
            ENCODER, (ranges, TensorSignature("states", (BATCH, beams)), *given), (seen,)
        ),
        GraphSignature(
            INVERSE, (seen, latents, *given), (TensorSignature("poses", (BATCH, _DRAWS, 3)),)
        ),
        GraphSignature(FORWARD, (TensorSignature("poses", (BATCH, 3)),), (ranges,)),
    )
