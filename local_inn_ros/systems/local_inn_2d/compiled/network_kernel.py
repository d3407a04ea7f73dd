# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The two passes of the network over batches, compiled: one call for each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from local_inn_ros.systems.local_inn_2d.compiled.coupling_kernel import (
    Couplings,
    PriorLayers,
    condition_hidden,
    to_codes,
    to_latents,
)
from local_inn_ros.systems.local_inn_2d.compiled.decoder_kernel import DecoderWeights, draw
from local_inn_ros.systems.local_inn_2d.compiled.dense_kernel import Layer
from local_inn_ros.systems.local_inn_2d.compiled.encoder_kernel import EncoderWeights, encode
from local_inn_ros.systems.local_inn_2d.compiled.feature_kernel import FeatureGrids


class NetworkWeights(NamedTuple):
    """All numbers of a Local_INN."""

    prior: PriorLayers
    couplings: Couplings
    encoder: EncoderWeights
    decoder: DecoderWeights


def flattened(weights: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arrays and numbers of nested tuples, one after the other.

    To hand over nested named tuples takes numba four times as long, a tenth of a pass. A layer is
    one array, whose last row is its bias.
    """
    flat: list[Any] = []
    for one in weights:
        if isinstance(one, Layer):
            flat.append(np.vstack([one.weight, one.bias]))
        else:
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
    prior = PriorLayers(flat[0], flat[1], _layer(flat[2]), _layer(flat[3]))
    couplings = Couplings(
        flat[4], flat[5], flat[6], flat[7], flat[8], flat[9], flat[10], flat[11], flat[12]
    )
    encoder = EncoderWeights(
        flat[13],
        flat[14],
        FeatureGrids(flat[15], flat[16], flat[17], flat[18], flat[19]),
        _layer(flat[20]),
        _layer(flat[21]),
        _layer(flat[22]),
        _layer(flat[23]),
        _layer(flat[24]),
        _layer(flat[25]),
        _layer(flat[26]),
    )
    decoder = DecoderWeights(
        flat[27],
        FeatureGrids(flat[28], flat[29], flat[30], flat[31], flat[32]),
        _layer(flat[33]),
        _layer(flat[34]),
        _layer(flat[35]),
        _layer(flat[36]),
        _layer(flat[37]),
        _layer(flat[38]),
        _layer(flat[39]),
        flat[40],
        flat[41],
    )
    return NetworkWeights(prior, couplings, encoder, decoder)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _layer(rows):  # type: ignore[no-untyped-def]
    """Return a layer (k + 1, m) that was ``flattened``."""
    return Layer(rows[:-1], rows[-1])
