# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Local_INN: pose code <-> (what the scan says, what it leaves open).

After Zang et al., Local_INN: Implicit Map Representation and Localization with Invertible Neural
Networks (arXiv 2209.11925), with the scan seen in the map frame under the prior, features of
places learned on grids, an alignment inside the encoder, a pose code relative to a continuous
prior, and beams that are followed to the walls in the forward pass.
"""

from __future__ import annotations

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.torch.engine import TorchEngine, TorchPrecision
from local_inn_ros.errors import EngineError
from local_inn_ros.flows.coupling import CouplingStack
from local_inn_ros.flows.encodings import PoseCode, PriorFeatures
from local_inn_ros.flows.feature_map import FeatureMap
from local_inn_ros.flows.range_decoder import RangeDecoder
from local_inn_ros.flows.scan_encoder import ScanEncoder
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.systems.local_inn_2d.config import (
    ENCODER,
    FORWARD,
    INVERSE,
    NetworkSettings,
    config_of,
    signatures,
)
from local_inn_ros.world import Bounds

# End points fall outside the free space's bounds by walls and by poses that are off.
_MARGIN_M = 3.0
_WEIGHTS_FILE = "weights.safetensors"


class LocalInn(nn.Module):
    """The three networks of the system, trained together."""

    def __init__(
        self,
        sensor: LaserSpec,
        bounds: Bounds,
        prior_deviation: tuple[float, float, float],
        settings: NetworkSettings,
    ) -> None:
        """Build untrained networks.

        Args:
            sensor: the scanner they are for.
            bounds: where the sensor can be, in the map frame.
            prior_deviation: (x m, y m, yaw rad) of a prior of spread 1.
            settings: sizes.
        """
        super().__init__()
        angles = torch.from_numpy(sensor.network_angles_rad())
        centre = (
            0.5 * (bounds.x_min_m + bounds.x_max_m),
            0.5 * (bounds.y_min_m + bounds.y_max_m),
        )
        self.pose_code = PoseCode(prior_deviation, settings.octaves)
        self.latent_z = settings.latent_z
        self.latent_y = self.pose_code.size - settings.latent_z
        self._prior = PriorFeatures(centre, max(bounds.width_m, bounds.height_m) + _MARGIN_M)
        self._condition = nn.Sequential(
            nn.Linear(self._prior.size, 64), nn.ReLU(), nn.Linear(64, settings.condition)
        )
        self.flow = CouplingStack(
            self.pose_code.size, settings.condition, settings.blocks, settings.coupling_hidden
        )
        reach = bounds.widened(_MARGIN_M)
        self.encoder = ScanEncoder(
            angles,
            FeatureMap(reach, settings.cells_m, settings.channels),
            prior_deviation,
            settings.point_hidden,
            settings.scan_hidden,
            self.latent_y,
        )
        self.decoder = RangeDecoder(
            angles,
            FeatureMap(reach, settings.cells_m, settings.channels),
            self.latent_y,
            settings.point_hidden,
            settings.strides,
            sensor.range_max_m,
        )

    def condition(self, priors: Tensor, spreads: Tensor) -> Tensor:
        """Bring priors (b, 3) with spreads (b,) to what the couplings are conditioned on."""
        return self._condition(self._prior(priors, spreads))

    def invert(self, seen: Tensor, latents: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Inverse pass after the encoder: pose codes (b, s, code).

        Args:
            seen: (b, y) what the encoder says.
            latents: (b, s, z) draws of z.
            priors: (b, 3) priors.
            spreads: (b,) their spreads.
        """
        batch, samples = latents.shape[0], latents.shape[1]
        condition = self.condition(priors, spreads)
        full = torch.cat([seen[:, None].expand(-1, samples, -1), latents], dim=-1).flatten(0, 1)
        condition = condition[:, None].expand(-1, samples, -1).flatten(0, 1)
        return self.flow.backward(full, condition).unflatten(0, (batch, samples))

    def decode_samples(self, codes: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Turn pose codes (b, s, code) into poses (b, s, 3) in the map frame."""
        return self.pose_code.decode(codes, priors[:, None], spreads[:, None])

    def latent_of(self, poses: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Forward pass of the couplings: poses (b, 3) under priors to latents (b, y + z)."""
        code = self.pose_code.encode(poses, priors, spreads)
        return self.flow(code, self.condition(priors, spreads))

    def expect(self, poses: Tensor, spreads: Tensor, beams: Tensor | None = None) -> list[Tensor]:
        """Forward pass: the ranges (b, n) that the map holds for poses (b, 3).

        The pose is its own prior: the couplings bring it to the latent y, the decoder draws.

        Args:
            poses: of the sensor in the map frame.
            spreads: (b,) that the couplings are conditioned on.
            beams: (k,) indices of the beams to draw; all of them where left out.

        Returns:
            Ever better guesses; the last one counts.
        """
        latent = self.latent_of(poses, poses, spreads)
        return self.decoder(latent[:, : self.latent_y], poses, beams)


class EncoderGraph(nn.Module):
    """What encoder.onnx computes."""

    def __init__(self, model: LocalInn) -> None:
        """Share the weights of a model."""
        super().__init__()
        self._model = model

    def forward(self, ranges: Tensor, states: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Take scans and priors to what they say, (b, y)."""
        return self._model.encoder(ranges, states, priors, spreads)


class InverseGraph(nn.Module):
    """What inverse.onnx computes."""

    def __init__(self, model: LocalInn) -> None:
        """Share the weights of a model."""
        super().__init__()
        self._model = model

    def forward(self, seen: Tensor, latents: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Take what scans say (b, y) and draws of z (s, z) to poses (b, s, 3)."""
        drawn = latents[None].expand(seen.shape[0], -1, -1)
        codes = self._model.invert(seen, drawn, priors, spreads)
        return self._model.decode_samples(codes, priors, spreads)


class ForwardGraph(nn.Module):
    """What forward.onnx computes."""

    def __init__(self, model: LocalInn, spread: float) -> None:
        """Share the weights of a model; the spread is the one it was trained to draw with."""
        super().__init__()
        self._model = model
        self._spread = spread

    def forward(self, poses: Tensor) -> Tensor:
        """Poses (b, 3) to ranges (b, n)."""
        return self._model.expect(poses, torch.full_like(poses[:, 0], self._spread))[-1]


def modules_of(model: LocalInn, drawing_spread: float) -> dict[str, nn.Module]:
    """Return the graphs of a model, sharing its weights.

    Args:
        model: the networks.
        drawing_spread: conditions the forward pass.
    """
    return {
        ENCODER: EncoderGraph(model),
        INVERSE: InverseGraph(model),
        FORWARD: ForwardGraph(model, drawing_spread),
    }


def torch_engine_of(
    model: LocalInn,
    drawing_spread: float,
    device: str = "cpu",
    precision: TorchPrecision = TorchPrecision.FP32,
) -> TorchEngine:
    """Return an engine that runs a model in torch; see ``TorchEngine``."""
    code_size = model.pose_code.size
    graphs = signatures(model.encoder.beams, code_size, model.latent_z)
    return TorchEngine(modules_of(model, drawing_spread), graphs, device, precision)


def open_torch_engine(bundle: Bundle) -> tuple[TorchEngine, bool]:
    """Open a bundle's networks in torch, and tell whether it computes in half precision.

    Raises:
        EngineError: the bundle has no weights, or they do not fit what bundle.yaml says.
    """
    model, spread = load_model(bundle), config_of(bundle).narrowest_spread
    if torch.cuda.is_available():
        return torch_engine_of(model, spread, "cuda", TorchPrecision.FP16), True
    return torch_engine_of(model, spread), False


def load_model(bundle: Bundle) -> LocalInn:
    """Build a bundle's networks in torch, with their weights.

    Raises:
        EngineError: the bundle has no weights, or they do not fit what bundle.yaml says.
    """
    config, description = config_of(bundle), bundle.description
    path = bundle.path / _WEIGHTS_FILE
    if not path.is_file():
        raise EngineError(
            f"the bundle {bundle.path.name} has no {_WEIGHTS_FILE}, which torch needs and "
            "training writes: copy it too, or train again"
        )
    try:
        bounds = bundle.free_space(config.clearance_m).bounds
        model = LocalInn(description.laser, bounds, config.prior.deviation, config.network)
        model.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise EngineError(f"{path} does not fit the bundle: {reason}") from error
    return model.eval()
