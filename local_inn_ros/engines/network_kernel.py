# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The two passes of the network over batches, compiled: one call for each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from local_inn_ros.engines.coupling_kernel import (
    Couplings,
    PriorLayers,
    condition_hidden,
    to_codes,
    to_latents,
)
from local_inn_ros.engines.decoder_kernel import DecoderWeights, draw
from local_inn_ros.engines.dense_kernel import Layer
from local_inn_ros.engines.encoder_kernel import EncoderWeights, encode
from local_inn_ros.engines.feature_kernel import FeatureGrids


class NetworkWeights(NamedTuple):
    """All numbers of a Local_INN."""

    prior: PriorLayers
    couplings: Couplings
    encoder: EncoderWeights
    decoder: DecoderWeights


def flattened(weights: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arrays and numbers of nested tuples, one after the other.

    To hand over nested named tuples takes numba four times as long, a tenth of a pass.
    """
    flat: list[Any] = []
    for one in weights:
        flat += flattened(one) if isinstance(one, tuple) else [one]
    return tuple(flat)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sample_poses(flat, ranges, states, priors, spreads, latents):  # type: ignore[no-untyped-def]
    """Return pose samples (b, s, 3); the arguments are those of ``Engine.sample_poses``."""
    weights = _assembled(flat)
    batch, samples = priors.shape[0], latents.shape[0]
    deviation, code_at = weights.encoder.deviation, weights.couplings.code_at
    poses = np.empty((batch, samples, 3), np.float32)
    vectors = np.empty((samples, code_at.shape[0]), np.float32)
    for row in range(batch):
        prior, spread = priors[row], spreads[row]
        seen = encode(weights.encoder, ranges[row], states[row], prior, spread)
        known = seen.shape[0]
        for i in range(samples):
            vectors[i, :known] = seen
            vectors[i, known:] = latents[i]
        given = condition_hidden(weights.prior, weights.couplings, prior, spread)
        to_codes(weights.couplings, given, vectors)
        for i in range(samples):
            for axis in range(3):
                offset = vectors[i, code_at[axis]] * deviation[axis] * spread
                poses[row, i, axis] = prior[axis] + offset
    return poses


@numba.njit(cache=True, nogil=True, error_model="numpy")
def expected_ranges(flat, spread, poses):  # type: ignore[no-untyped-def]
    """Return the ranges (b, n) that the map expects at poses (b, 3), drawn with a spread."""
    weights = _assembled(flat)
    beams, code_at = weights.decoder.angles_rad.shape[0], weights.couplings.code_at
    known = weights.decoder.latent.weight.shape[0]
    ranges = np.empty((poses.shape[0], beams), np.float32)
    vectors = np.empty((1, code_at.shape[0]), np.float32)
    latent = np.empty((1, known), np.float32)
    for row in range(poses.shape[0]):
        # The pose is its own prior: an offset of zero, whose sines are 0 and whose cosines are 1.
        for place in range(code_at.shape[0]):
            vectors[0, code_at[place]] = 1.0 if place >= 3 and place % 2 == 0 else 0.0
        given = condition_hidden(weights.prior, weights.couplings, poses[row], spread)
        to_latents(weights.couplings, given, vectors)
        latent[0, :] = vectors[0, :known]
        draw(weights.decoder, latent, poses[row], ranges[row])
    return ranges


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _assembled(flat):  # type: ignore[no-untyped-def]
    """Return the weights that were ``flattened``."""
    prior = PriorLayers(flat[0], flat[1], Layer(flat[2], flat[3]), Layer(flat[4], flat[5]))
    couplings = Couplings(
        flat[6], flat[7], flat[8], flat[9], flat[10], flat[11], flat[12], flat[13], flat[14]
    )
    encoder = EncoderWeights(
        flat[15],
        flat[16],
        FeatureGrids(flat[17], flat[18], flat[19], flat[20], flat[21]),
        Layer(flat[22], flat[23]),
        Layer(flat[24], flat[25]),
        Layer(flat[26], flat[27]),
        Layer(flat[28], flat[29]),
        Layer(flat[30], flat[31]),
        Layer(flat[32], flat[33]),
        Layer(flat[34], flat[35]),
    )
    decoder = DecoderWeights(
        flat[36],
        FeatureGrids(flat[37], flat[38], flat[39], flat[40], flat[41]),
        Layer(flat[42], flat[43]),
        Layer(flat[44], flat[45]),
        Layer(flat[46], flat[47]),
        Layer(flat[48], flat[49]),
        Layer(flat[50], flat[51]),
        Layer(flat[52], flat[53]),
        Layer(flat[54], flat[55]),
        flat[56],
        flat[57],
    )
    return NetworkWeights(prior, couplings, encoder, decoder)
