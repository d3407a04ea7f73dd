# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether weights fit each other.

Compiled code looks at no bounds, and a bundle may be anyone's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.systems.local_inn_2d.compiled.coupling_kernel import Couplings, PriorLayers
from local_inn_ros.systems.local_inn_2d.compiled.decoder_kernel import DecoderWeights
from local_inn_ros.systems.local_inn_2d.compiled.dense_kernel import Layer
from local_inn_ros.systems.local_inn_2d.compiled.encoder_kernel import EncoderWeights
from local_inn_ros.systems.local_inn_2d.compiled.feature_kernel import FeatureGrids
from local_inn_ros.systems.local_inn_2d.compiled.network_kernel import NetworkWeights

# Numbers of a prior's features that are none of its place (``flows.encodings``).
_TURN_AND_WIDTH = 5
# What is told of a point, of a beam and of a scan besides its features (``flows``).
_OF_A_POINT, _OF_A_BEAM, _OF_A_STRIDE, _OF_A_SCAN = 6, 6, 8, 12
_OPINION = 5


def check_shapes(weights: NetworkWeights, beams: int, latent_size: int) -> None:
    """Refuse weights that do not fit each other.

    Args:
        weights: of a Local_INN.
        beams: that the bundle is for.
        latent_size: length of the latent z, by the bundle.

    Raises:
        ValueError: naming the first thing that does not fit.
    """
    _check_prior(weights.prior)
    condition = weights.prior.last.bias.size
    size = _check_couplings(weights.couplings, condition)
    known = _check_encoder(weights.encoder, beams)
    if known + latent_size != size:
        raise ValueError(f"y of {known} and z of {latent_size} numbers make no latent of {size}")
    _check_decoder(weights.decoder, beams, known)


def _expect(what: str, array: NDArray[Any], *shape: int) -> None:
    if array.shape != shape:
        raise ValueError(f"{what} is of shape {array.shape}, not {shape}")


def _check_chain(what: str, read: int, *layers: Layer) -> int:
    """See whether each layer reads what the one before it makes; return what the last one makes."""
    for number, layer in enumerate(layers):
        made = layer.bias.size
        _expect(f"layer {number} of {what}", layer.weight, read, made)
        _expect(f"the bias of layer {number} of {what}", layer.bias, made)
        read = made
    return read


def _check_prior(prior: PriorLayers) -> None:
    _expect("the middle of the map", prior.centre, 2)
    places = prior.first.weight.shape[0] - _TURN_AND_WIDTH
    if places < 4 or places % 4:
        raise ValueError(f"a place is told by {places} numbers, which are no sines and cosines")
    _check_chain("the condition", places + _TURN_AND_WIDTH, prior.first, prior.last)


def _check_couplings(couplings: Couplings, condition: int) -> int:
    """Check; return the length of a code."""
    halves, most = couplings.moved.shape
    size, hidden = couplings.code_at.size, couplings.inner.shape[2]
    _expect("what the couplings read", couplings.read, halves, most)
    _expect("the couplings' first layers", couplings.inner, halves, most, hidden)
    _expect("their condition", couplings.from_condition, condition, halves * hidden)
    _expect("their first biases", couplings.inner_bias, halves * hidden)
    _expect("the couplings' last layers", couplings.outer, halves, hidden, 2 * most)
    _expect("their last biases", couplings.outer_bias, halves, 2 * most)
    if not np.array_equal(np.sort(couplings.code_at), np.arange(size)):
        raise ValueError("the couplings' permutations are none")
    for elements in (couplings.read, couplings.moved):
        if elements.min() < 0 or elements.max() >= size:
            raise ValueError("the couplings read or move elements that there are not")
    return size


def _check_grids(what: str, grids: FeatureGrids) -> int:
    """Check; return how many features a place has."""
    levels = len(grids.starts)
    _expect(f"the shapes of {what}", grids.shapes, levels, 2)
    _expect(f"the corners of {what}", grids.lows, levels, 2)
    _expect(f"the scales of {what}", grids.per_m, levels, 2)
    if levels == 0 or grids.shapes.min() < 2:
        raise ValueError(f"{what} have fewer than two nodes a side")
    return levels * int(grids.nodes.shape[1])


def _check_encoder(encoder: EncoderWeights, beams: int) -> int:
    """Check; return the length of the latent y."""
    if encoder.angles_rad.shape != (beams,):
        raise ValueError("it is for other beams")
    _expect("the prior's deviation", encoder.deviation, 3)
    read = _check_grids("the encoder's grids", encoder.places) + _OF_A_POINT
    made = _check_chain("a point", read, encoder.point_first, encoder.point_second)
    if _check_chain("opinions", made, encoder.opinion) != _OPINION:
        raise ValueError("the encoder's opinions are others")
    told = _check_chain("descriptions", made, encoder.description) + _OF_A_SCAN
    layers = encoder.scan_first, encoder.scan_second, encoder.scan_last
    known = _check_chain("a scan", told, *layers)
    if known < 3:
        raise ValueError("the latent y has no room for an offset")
    return known


def _check_decoder(decoder: DecoderWeights, beams: int, known: int) -> None:
    if decoder.angles_rad.shape != (beams,):
        raise ValueError("it is for other beams")
    features = _check_grids("the decoder's grids", decoder.places)
    width = _check_chain("the hint", known, decoder.latent)
    for what, read, layers in (
        ("a first guess", features + _OF_A_BEAM, decoder[3:6]),
        ("a correction", features + _OF_A_STRIDE, decoder[6:9]),
    ):
        if _check_chain(what, read, *layers) != 1:
            raise ValueError(f"{what} is not one number")
        if any(layer.bias.size != width for layer in layers[:2]):
            raise ValueError(f"{what} has no room for the hint of {width} numbers")
