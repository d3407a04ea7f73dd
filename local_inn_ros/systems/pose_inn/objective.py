# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the networks of PoseINN descend on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from local_inn_ros.flows.fit_task import ObjectiveValue
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import POSE
from local_inn_ros.systems.pose_inn.network import PoseInn, PosteriorFlow
from local_inn_ros.systems.pose_inn.outcome import latents_of
from local_inn_ros.systems.pose_inn.patch_source import PatchBatch
from local_inn_ros.systems.pose_inn.presets import TrainingSettings
from local_inn_ros.systems.pose_inn.rehearsal import Trial

# Nearer to the picture's plane than this, a place has no image to speak of.
_NEAREST_M = 0.1
# An image that is further off than this, in pixels, is drawn back by other means.
_FARTHEST_PX = 1000.0
# Where nothing tells how far away a patch is, a place behind the camera is drawn to here.
_AHEAD_M = 2.0
_AWAY_WEIGHT = 10.0
_VIEW_WEIGHT = 1.0
_TINY = 1e-4
_POSTERIOR_RATE = 5e-4
_POSTERIOR_DECAY = 0.1
# Steps from one trial of a fit to the next.
_TRIED_EVERY = 20
# Offsets that are further than so many robust deviations count as if they were no further.
_FARTHEST_SPREADS = 6.0
# Draws that a covariance is made of where it is tried.
_DRAWS = 256


class PoseInnObjective:
    """From patches to a loss; see ``place_loss``."""

    def __init__(
        self, model: PoseInn, camera: CameraSpec, settings: TrainingSettings, half: bool
    ) -> None:
        """Set up.

        Args:
            model: the networks.
            camera: of the pictures.
            settings: weights of the loss.
            half: whether products are computed in half precision.
        """
        self._model, self._settings, self._half = model, settings, half
        self._focal = torch.tensor([camera.fx, camera.fy], dtype=torch.float32)

    def __call__(self, samples: PatchBatch, done: float, noise: torch.Generator) -> ObjectiveValue:
        """Compute the loss of one batch (see ``flows.fit_task.Objective``)."""
        model = self._model
        normal = model.places.normalize(
            torch.from_numpy(samples.features), torch.from_numpy(samples.pooled)
        )
        blur = torch.randn(normal.shape, generator=noise)
        normal = normal + self._settings.feature_noise * blur
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            places, log_deviations = model.places(normal)
        # What was triangulated is off by a tenth: it leads the way, reprojection goes to its end.
        weight = self._settings.depth_weight * (1.0 if samples.measured else (1.0 - done) ** 2)
        loss, off_px, off_m = place_loss(places, log_deviations, samples, self._focal, weight)
        drawn = model.view(torch.from_numpy(samples.view_poses))
        views = torch.from_numpy(samples.views)
        off = (drawn - views)[views.isfinite()]
        loss = loss + _VIEW_WEIGHT * off.abs().mean()
        focal = float(self._focal.mean())
        return ObjectiveValue(loss, lambda: (off_m(), math.degrees(off_px() / focal)))


def place_loss(  # type: ignore[no-untyped-def]
    places: Tensor,
    log_deviations: Tensor,
    samples: PatchBatch,
    focal: Tensor,
    depth_weight: float,
):
    """Compute the loss of what patches are said to show.

    - reprojection: negative log likelihood of Laplace's distribution in the picture, of the image
      that a place has at the true pose, with the deviation that the network says;
    - depth, where there is one: distance to the place that it tells;
    - elsewhere a place behind the camera, or far out of the picture, is drawn to the patch's ray.

    Returns:
        The loss, and two functions that tell the median error in pixels and in metres.
    """
    poses, known = torch.from_numpy(samples.poses), torch.from_numpy(samples.places)
    rays, zooms = torch.from_numpy(samples.rays), torch.from_numpy(samples.zooms)
    seen = torch.einsum("nji,nj->ni", poses[:, :3, :3], places - poses[:, :3, 3])
    depth = seen[:, 2]
    image = seen[:, :2] / depth.clamp(min=_NEAREST_M)[:, None]
    off = ((image - rays) * focal * zooms[:, None]).square().sum(dim=1).add(_TINY).sqrt()
    valid = (depth > _NEAREST_M) & (off < _FARTHEST_PX)
    told = off * torch.exp(-log_deviations) + 2.0 * log_deviations
    zero = torch.zeros(())
    reprojection = torch.where(valid, told, zero).mean()
    has_depth = torch.isfinite(known[:, 0])
    ahead = _AHEAD_M * torch.cat([rays, torch.ones_like(rays[:, :1])], dim=1)
    guess = torch.einsum("nij,nj->ni", poses[:, :3, :3], ahead) + poses[:, :3, 3]
    target = torch.where(has_depth[:, None], known, guess)
    away = (places - target).norm(dim=1)
    by_depth = torch.where(has_depth, away, zero).mean()
    drawn_back = torch.where(~has_depth & ~valid, away, zero).mean()
    loss = reprojection + depth_weight * by_depth + _AWAY_WEIGHT * drawn_back

    def off_px() -> float:
        return float(off.detach().median())

    def off_m() -> float:
        # Without depth: how far the places are off across the line of sight.
        across = off.detach() / float(focal.mean()) * depth.detach().clamp(min=0.0)
        return float(torch.where(has_depth, away.detach(), across).median())

    return loss, off_px, off_m


def fitted_posterior(
    trials: Sequence[Trial], settings: TrainingSettings, seed: int
) -> PosteriorFlow:
    """Fit the invertible part to how far alignments were off, by maximum likelihood.

    Pictures of a block are much alike, so that a few hundred trials tell as much as a few blocks
    do. How many steps are good is therefore tried: on each block, with a fit to the others. No
    step may be the best: then deviations are multiplied by constants, and that is all. Covariances
    are made as wide, at last, as the blocks ask that were left out: errors have longer tails than
    what is drawn, and likelihood does not weigh them as a filter does.

    Args:
        trials: alignments of pictures that were not learned.
        settings: of the training.
        seed: of the couplings.
    """
    blocks = sorted({one.block for one in trials})
    if len(blocks) < 2:
        return _fit(trials, trials, 0, settings, seed)[0]
    parts = [
        (
            [one for one in trials if one.block != block],
            [one for one in trials if one.block == block],
        )
        for block in blocks
    ]
    most = settings.posterior_steps
    curves = [_fit(rest, own, most, settings, seed)[1] for rest, own in parts]
    best = int(np.argmax(np.mean(curves, axis=0))) * _TRIED_EVERY
    left_out = [
        _squared_lengths(_fit(rest, own, best, settings, seed)[0], own, seed) for rest, own in parts
    ]
    flow = _fit(trials, trials, best, settings, seed)[0]
    with torch.no_grad():
        flow.log_scale.add_(0.5 * math.log(float(np.concatenate(left_out).mean()) / POSE))
    return flow


def _squared_lengths(
    flow: PosteriorFlow, trials: Sequence[Trial], seed: int
) -> NDArray[np.float64]:
    """Return the squared Mahalanobis lengths (n,) of trials by the covariances of draws."""
    offsets, outcomes = _tensors(trials)
    latents = torch.from_numpy(latents_of(_DRAWS, np.random.default_rng(seed)))
    with torch.no_grad():
        drawn = flow.sample(latents[None].expand(len(trials), -1, -1), outcomes).double().numpy()
    lengths = []
    for own, off in zip(drawn, offsets.double().numpy(), strict=True):
        away = off - own.mean(axis=0)
        lengths.append(float(away @ np.linalg.solve(np.cov(own.T), away)))
    return np.minimum(lengths, _FARTHEST_SPREADS**2)


def _fit(
    fitted: Sequence[Trial],
    tried: Sequence[Trial],
    steps: int,
    settings: TrainingSettings,
    seed: int,
) -> tuple[PosteriorFlow, list[float]]:
    """Fit couplings, and tell the likelihood of other trials before and now and then on the way."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        flow = PosteriorFlow(settings.network)
    offsets, outcomes = _tensors(fitted)
    # Wrong places are not wide posteriors: none of them decides the fit alone.
    spread = 1.4826 * offsets.abs().median(dim=0).values.clamp(min=1e-3)
    offsets = _within(offsets, _FARTHEST_SPREADS * spread)
    flow.fit_to(outcomes)
    with torch.no_grad():
        flow.log_scale.copy_(offsets.square().mean(dim=0).clamp(min=1e-6).sqrt().log())
    unseen, their_outcomes = _tensors(tried)
    unseen = _within(unseen, _FARTHEST_SPREADS * spread)
    optimizer = torch.optim.AdamW(
        flow.couplings.parameters(), _POSTERIOR_RATE, weight_decay=_POSTERIOR_DECAY
    )
    curve = []
    for step in range(steps + 1):
        if step % _TRIED_EVERY == 0:
            with torch.no_grad():
                curve.append(float(flow.log_likelihood(unseen, their_outcomes).mean()))
        if step == steps:
            break
        loss = -flow.log_likelihood(offsets, outcomes).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
        optimizer.step()
    return flow, curve


def _tensors(trials: Sequence[Trial]) -> tuple[Tensor, Tensor]:
    return (
        torch.tensor(np.array([one.offset for one in trials]), dtype=torch.float32),
        torch.tensor(np.array([one.outcome for one in trials]), dtype=torch.float32),
    )


def _within(offsets: Tensor, most: Tensor) -> Tensor:
    return torch.maximum(torch.minimum(offsets, most), -most)
