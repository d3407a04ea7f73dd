# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The layers that the networks are made of, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

# For larger products than this BLAS starts threads, which wait for each other longer than a scan
# takes.
_LARGEST_PRODUCT = 250_000
_ZERO = np.float32(0.0)


class Layer(NamedTuple):
    """A linear layer.

    Attributes:
        weight: (k, m) float32, from k numbers to m.
        bias: (m,) float32.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def multiply(rows, weight, product):  # type: ignore[no-untyped-def]
    """Fill a product (n, m) of rows (n, k) with a weight (k, m)."""
    most = max(_LARGEST_PRODUCT // (weight.shape[0] * weight.shape[1]), 1)
    first = 0
    while first < rows.shape[0]:
        last = min(first + most, rows.shape[0])
        np.dot(rows[first:last], weight, product[first:last])
        first = last


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def linear(layer, rows, answer):  # type: ignore[no-untyped-def]
    """Fill the answer (n, m) of a layer to rows (n, k)."""
    multiply(rows, layer.weight, answer)
    for i in range(answer.shape[0]):
        for j in range(answer.shape[1]):
            answer[i, j] += layer.bias[j]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def rectified(layer, rows, answer):  # type: ignore[no-untyped-def]
    """Fill the answer (n, m) of a layer to rows (n, k), with 0 for what is negative."""
    multiply(rows, layer.weight, answer)
    for i in range(answer.shape[0]):
        for j in range(answer.shape[1]):
            answer[i, j] = max(answer[i, j] + layer.bias[j], _ZERO)
