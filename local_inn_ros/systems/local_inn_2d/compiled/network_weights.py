# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a bundle's weights to the numbers that the compiled networks read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.systems.local_inn_2d.compiled.coupling_kernel import Couplings, PriorLayers
from local_inn_ros.systems.local_inn_2d.compiled.decoder_kernel import DecoderWeights
from local_inn_ros.systems.local_inn_2d.compiled.dense_kernel import Layer
from local_inn_ros.systems.local_inn_2d.compiled.encoder_kernel import EncoderWeights
from local_inn_ros.systems.local_inn_2d.compiled.feature_kernel import FeatureGrids
from local_inn_ros.systems.local_inn_2d.compiled.network_kernel import NetworkWeights

Arrays = Mapping[str, NDArray[np.generic]]

# Of what the encoder says of a point, so many come first (``flows.alignment``).
_NUMBERS_PER_POINT = 5
# Shortest period of the sines of a prior's place (``flows.encodings``).
_FINEST_M = 2.0


def pack_weights(arrays: Arrays, strides: int, range_max_m: float) -> NetworkWeights:
    """Lay out the weights of a trained ``systems.local_inn_2d.network.LocalInn``.

    Args:
        arrays: its state, by torch's names.
        strides: corrections of a drawn range.
        range_max_m: no range is longer.

    Raises:
        KeyError: an array is missing.
        ValueError, IndexError: arrays are not of the form that they have in any Local_INN; whether
            they fit each other is told by ``check_shapes``.
    """
    first = _layer(arrays, "_condition.0")
    octaves = (first.weight.shape[0] - 5) // 4
    prior = PriorLayers(
        _float64(arrays["_prior._place._centre"]),
        _FINEST_M * 2.0 ** (octaves - 1),
        first,
        _layer(arrays, "_condition.2"),
    )
    last = _layer(arrays, "encoder._point.4")
    encoder = EncoderWeights(
        _float64(arrays["encoder._angles"]),
        _float64(arrays["encoder._deviation"]),
        _grids(arrays, "encoder.places"),
        _layer(arrays, "encoder._point.0"),
        _layer(arrays, "encoder._point.2"),
        _part(last, slice(None, _NUMBERS_PER_POINT)),
        _part(last, slice(_NUMBERS_PER_POINT, None)),
        *(_layer(arrays, f"encoder._scan.{k}") for k in (0, 2, 4)),
    )
    decoder = DecoderWeights(
        _float64(arrays["decoder._angles"]),
        _grids(arrays, "decoder.places"),
        _layer(arrays, "decoder._latent"),
        _layer(arrays, "decoder._first._inner"),
        _layer(arrays, "decoder._first._outer.1"),
        _layer(arrays, "decoder._first._outer.3"),
        _layer(arrays, "decoder._next._inner"),
        _layer(arrays, "decoder._next._outer.1"),
        _layer(arrays, "decoder._next._outer.3"),
        strides,
        range_max_m,
    )
    return NetworkWeights(prior, _couplings(arrays), encoder, decoder)


def _layer(arrays: Arrays, name: str) -> Layer:
    weight, bias = arrays[f"{name}.weight"], arrays[f"{name}.bias"]
    return Layer(
        np.ascontiguousarray(weight.T, dtype=np.float32),
        np.ascontiguousarray(bias, dtype=np.float32),
    )


def _part(layer: Layer, columns: slice) -> Layer:
    """Return the part of a layer that makes some of its numbers."""
    weight, bias = layer
    return Layer(np.ascontiguousarray(weight[:, columns]), np.ascontiguousarray(bias[columns]))


def _grids(arrays: Arrays, name: str) -> FeatureGrids:
    """Bring each place's features beside each other: they are read together."""
    count = sum(key.startswith(f"{name}.grids.") for key in arrays)
    grids = [arrays[f"{name}.grids.{level}"][0] for level in range(count)]
    nodes = [grid.reshape(grid.shape[0], -1).T for grid in grids]
    shapes = np.array([grid.shape[1:] for grid in grids], dtype=np.int64)
    # Scales are per half of the grid's width, whose first and last nodes are -1 and 1.
    halves, scales = 0.5 * (shapes[:, ::-1] - 1), _float64(arrays[f"{name}._scales"])
    if scales.shape != halves.shape:
        raise ValueError(f"{name}._scales is of shape {scales.shape}, not {halves.shape}")
    return FeatureGrids(
        np.ascontiguousarray(np.concatenate(nodes), dtype=np.float32),
        np.cumsum([0, *(len(each) for each in nodes[:-1])]).astype(np.int64),
        shapes,
        _float64(arrays[f"{name}._lows"]),
        scales * halves,
    )


def _couplings(arrays: Arrays) -> Couplings:
    """Follow the permutations once, so that no vector need be permuted."""
    names = {key.split(".")[3] for key in arrays if key.startswith("flow._flow.module_list.")}
    order = arrays["flow._order"].astype(np.int64)
    size = len(order)
    # The element of the latent that each position holds, from the latent's side to the code's.
    held = order
    halves: list[_Half] = []
    for module in sorted(map(int, names), reverse=True):
        name = f"flow._flow.module_list.{module}"
        if f"{name}.perm_inv" in arrays:
            held = held[arrays[f"{name}.perm_inv"].astype(np.int64)]
            continue
        ahead, behind = held[: size // 2], held[size // 2 :]
        halves.append(_half(arrays, f"{name}.subnet1", size, ahead, behind))
        halves.append(_half(arrays, f"{name}.subnet2", size, behind, ahead))
    halves.reverse()
    return Couplings(
        read=np.stack([half.read for half in halves]),
        inner=np.stack([half.inner for half in halves]),
        from_condition=np.ascontiguousarray(
            np.concatenate([half.from_condition for half in halves], axis=1)
        ),
        inner_bias=np.concatenate([half.inner_bias for half in halves]),
        outer=np.stack([half.outer for half in halves]),
        outer_bias=np.stack([half.outer_bias for half in halves]),
        moved=np.stack([half.moved for half in halves]),
        moved_count=np.array([half.moved_count for half in halves], dtype=np.int64),
        code_at=held,
    )


class _Half(NamedTuple):
    """One half of one coupling; see ``Couplings``."""

    read: NDArray[np.int64]
    inner: NDArray[np.float32]
    from_condition: NDArray[np.float32]
    inner_bias: NDArray[np.float32]
    outer: NDArray[np.float32]
    outer_bias: NDArray[np.float32]
    moved: NDArray[np.int64]
    moved_count: int


def _half(
    arrays: Arrays,
    subnet: str,
    size: int,
    read: NDArray[np.int64],
    moved: NDArray[np.int64],
) -> _Half:
    """Lay out the half whose subnet reads some elements and moves others."""
    inner, outer = _layer(arrays, f"{subnet}.0"), _layer(arrays, f"{subnet}.2")
    count, most = len(moved), size - size // 2
    # Halves of different length get room for the longer one.
    elements = np.full(most, read[0])
    elements[: len(read)] = read
    of_elements = np.zeros((most, inner.weight.shape[1]), dtype=np.float32)
    of_elements[: len(read)] = inner.weight[: len(read)]
    weight = np.zeros((outer.weight.shape[0], 2 * most), dtype=np.float32)
    bias = np.zeros(2 * most, dtype=np.float32)
    for start, part in ((0, slice(0, count)), (most, slice(count, 2 * count))):
        weight[:, start : start + count] = outer.weight[:, part]
        bias[start : start + count] = outer.bias[part]
    padded = np.zeros(most, dtype=np.int64)
    padded[:count] = moved
    return _Half(
        elements, of_elements, inner.weight[len(read) :], inner.bias, weight, bias, padded, count
    )


def _float64(array: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.ascontiguousarray(array, dtype=np.float64)
