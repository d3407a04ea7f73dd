# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fit a radiance field to posed pictures, from coarse voxels to fine ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from local_inn_ros.views.exposure import Exposures
from local_inn_ros.views.field import RadianceField
from local_inn_ros.views.marching import Marched, along_rays, march, samples_along, sums_before
from local_inn_ros.views.rays import PictureRays, RayBatch
from local_inn_ros.views.settings import FieldSettings
from local_inn_ros.views.space import first_voxels

_LAST_RATE = 0.03
# Shares of the steps: half of them for the finest voxels.
_FINEST_SHARE = 0.5
# Depth is right within a voxel and this share of itself; behind it nothing is asked for.
_DEPTH_SHARE, _BEHIND_M = 0.01, 0.2
_STRAYED_WEIGHT = 1e-3
_REPORT_EVERY = 25


@dataclass(frozen=True, slots=True)
class FitProgress:
    """Where a fit stands.

    Attributes:
        step: gradient steps done.
        steps: in all.
        psnr_db: of the last batch.
    """

    step: int
    steps: int
    psnr_db: float


def fit_field(
    pictures: PictureRays,
    settings: FieldSettings,
    device: torch.device,
    progress: Callable[[FitProgress], None],
) -> tuple[RadianceField, Exposures]:
    """Fit a field and the exposures of the pictures; the same seed gives the same field.

    Args:
        pictures: to learn from.
        settings: of the fit.
        device: where it is computed.
        progress: called now and then.

    Raises:
        SensorError: the pictures have no place in common.
    """
    chance = torch.Generator().manual_seed(settings.seed)
    grid = first_voxels(pictures, settings.voxel_m, settings.levels - 1, settings.reach_m)
    field, exposures = RadianceField(grid.to(device)), Exposures(len(pictures)).to(device)
    step = 0
    for level, last in enumerate(level_ends(settings)):
        if level > 0:
            field = field.divided(2)
        optimizer = _optimizer(field, exposures, settings)
        while step < last:
            _set_rates(optimizer, settings, step)
            batch = pictures.draw(settings.batch, chance, device)
            # How far each ray's places are moved, and what is seen where it meets nothing.
            drawn = torch.rand(settings.batch, 4, generator=chance).to(device)
            loss, error = _loss(field, exposures, batch, drawn, settings)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
            if step % _REPORT_EVERY == 0 or step == settings.steps:
                progress(FitProgress(step, settings.steps, -10.0 * math.log10(float(error))))
    return field.divided(1), exposures


def level_ends(settings: FieldSettings) -> list[int]:
    """Return the steps at which each level is done; each has twice the steps of the one before."""
    shares = [2.0**level for level in range(settings.levels)]
    done, ends = 0.0, []
    for share in shares:
        done += share
        ends.append(round(settings.steps * done / sum(shares)))
    return ends


def _optimizer(
    field: RadianceField, exposures: Exposures, settings: FieldSettings
) -> torch.optim.Adam:
    groups = [
        {"params": list(field.parameters()), "lr": settings.row_rate},
        {"params": list(exposures.parameters()), "lr": settings.exposure_rate},
    ]
    return torch.optim.Adam(groups, betas=(0.9, 0.99), eps=1e-12, fused=True)


def _set_rates(optimizer: torch.optim.Adam, settings: FieldSettings, step: int) -> None:
    fallen = _LAST_RATE ** (step / settings.steps)
    for group, rate in zip(
        optimizer.param_groups, (settings.row_rate, settings.exposure_rate), strict=True
    ):
        group["lr"] = rate * fallen


def _loss(
    field: RadianceField,
    exposures: Exposures,
    batch: RayBatch,
    drawn: Tensor,
    settings: FieldSettings,
) -> tuple[Tensor, Tensor]:
    """Return what is descended on, and the mean squared error of the colours."""
    shift, beyond = drawn[:, 0], drawn[:, 1:]
    count = len(batch.depths)
    known = batch.depths.isfinite()
    farthest = torch.where(known, batch.depths + _BEHIND_M, torch.inf)
    samples = samples_along(batch.rays, field.grid, farthest, shift)
    met = march(field, samples, count)
    # Behind what is met lie colours of chance: thin fog before them explains no picture.
    seen = exposures(met.colours, batch.pictures) + beyond * (1.0 - met.opaque)[:, None]
    error = functional.mse_loss(seen, batch.colours)
    missing = -torch.log(met.opaque + 1e-2).mean()
    off = _off_depth(met, batch.depths, known, field.grid.voxel_m)
    strewn = _strewn(met, ~known).mean()
    loss = (
        error
        + settings.depth_weight * off
        + settings.distortion_weight * strewn
        + settings.opaque_weight * missing
        + _STRAYED_WEIGHT * exposures.strayed()
    )
    return loss, error.detach()


def _off_depth(met: Marched, depths: Tensor, known: Tensor, voxel_m: float) -> Tensor:
    """Return how far light comes from beside the depth, in metres in the mean of all rays."""
    ray = met.samples.ray
    told = torch.where(known, depths, 0.0)[ray]
    off = (met.samples.depth - told).abs() - _DEPTH_SHARE * told - voxel_m
    taken = met.weights * off.clamp(min=0.0) * known[ray]
    return taken.sum() / len(depths)


def _strewn(met: Marched, rays: Tensor) -> Tensor:
    """Return how far apart the places are that a ray's light comes from, in metres (rays,).

    Distortion after Barron et al., *Mip-NeRF 360* (2022), equation 15; 0 but for some rays.
    """
    ray, weights = met.samples.ray, met.weights
    before = sums_before(weights, ray)
    reached = sums_before(weights * met.samples.depth, ray)
    apart = 2.0 * weights * (met.samples.depth * before - reached)
    own = weights.square() * met.samples.length_m / 3.0
    return along_rays((apart + own)[:, None], ray, len(rays))[:, 0] * rays
