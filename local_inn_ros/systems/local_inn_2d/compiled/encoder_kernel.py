# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a scan under a prior to the latent that says what it shows; compiled.

The same as ``flows.scan_encoder`` and ``flows.alignment``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.systems.local_inn_2d.compiled.dense_kernel import Layer, linear, rectified
from local_inn_ros.systems.local_inn_2d.compiled.feature_kernel import FeatureGrids, read_features

_PRIOR_INFORMATION = 1e-2
_USUAL_SHIFT_M = 0.3
_FARTHEST = 5.0
_NEAR_M = 5.0
_ZERO = np.float32(0.0)


class EncoderWeights(NamedTuple):
    """The encoder's numbers.

    Attributes:
        angles_rad: (n,) of the beams in the sensor frame.
        deviation: (3,) of a prior of spread 1: x m, y m, yaw rad.
        places: what is learned of the map.
        point_first, point_second: layers that look at one end point.
        opinion: layer from those to where the point should be.
        description: layer from those to what describes the point.
        scan_first, scan_second, scan_last: layers that look at the whole scan.
    """

    angles_rad: NDArray[np.float64]
    deviation: NDArray[np.float64]
    places: FeatureGrids
    point_first: Layer
    point_second: Layer
    opinion: Layer
    description: Layer
    scan_first: Layer
    scan_second: Layer
    scan_last: Layer


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def encode(weights, ranges, states, prior, spread):  # type: ignore[no-untyped-def]
    """Return the latent y of ranges (n,) with states (n,) under a prior (3,) of a spread."""
    beams = ranges.shape[0]
    seen = np.empty((beams, weights.point_first.weight.shape[0]), np.float32)
    levers, points = np.empty((beams, 2)), np.empty((beams, 2))
    width = math.log(spread)
    count, open_beams = 0, 0
    for i in range(beams):
        if states[i] < 0.0:
            open_beams += 1
        if states[i] > 0.0:
            heading = weights.angles_rad[i] + prior[2]
            cosine, sine = math.cos(heading), math.sin(heading)
            levers[count, 0], levers[count, 1] = ranges[i] * cosine, ranges[i] * sine
            row = seen[count]
            points[count, 0] = prior[0] + levers[count, 0]
            points[count, 1] = prior[1] + levers[count, 1]
            at = row.shape[0] - 6
            row[at], row[at + 1] = levers[count, 0] / _NEAR_M, levers[count, 1] / _NEAR_M
            row[at + 2], row[at + 3] = cosine, sine
            row[at + 4], row[at + 5] = math.log1p(ranges[i]), width
            count += 1
    read_features(weights.places, points[:count], seen)
    first = np.empty((count, weights.point_first.weight.shape[1]), np.float32)
    second = np.empty((count, weights.point_second.weight.shape[1]), np.float32)
    said = np.empty((count, weights.opinion.weight.shape[1]), np.float32)
    rectified(weights.point_first, seen[:count], first)
    rectified(weights.point_second, first, second)
    linear(weights.opinion, second, said)

    summary = np.zeros((1, weights.scan_first.weight.shape[0]), np.float32)
    # The mean of what describes the points is what describes their mean: the layer is linear.
    described = weights.description.weight.shape[1]
    if count > 0:
        middle = np.zeros((1, second.shape[1]), np.float32)
        for i in range(count):
            for j in range(second.shape[1]):
                middle[0, j] += second[i, j]
        for j in range(second.shape[1]):
            middle[0, j] /= count
        description = np.empty((1, described), np.float32)
        linear(weights.description, middle, description)
        summary[0, :described] = description[0]
    offset, information = _align(said, levers[:count], weights.deviation * spread)
    summary[0, described : described + 3] = offset
    summary[0, described + 3 : described + 9] = information
    summary[0, described + 9] = width
    summary[0, described + 10] = count / beams
    summary[0, described + 11] = open_beams / beams
    inner = np.empty((1, weights.scan_first.weight.shape[1]), np.float32)
    outer = np.empty((1, weights.scan_second.weight.shape[1]), np.float32)
    latent = np.empty((1, weights.scan_last.weight.shape[1]), np.float32)
    rectified(weights.scan_first, summary, inner)
    rectified(weights.scan_second, inner, outer)
    linear(weights.scan_last, outer, latent)
    for j in range(3):
        latent[0, j] += offset[j]
    return latent[0]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _align(said, levers, deviations):  # type: ignore[no-untyped-def]
    """Find the offset that fits the opinions of all points best (``flows.alignment``).

    Args:
        said: (n, 5) each point's shift (x, y) and the root (xx, xy, yy) of its weight.
        levers: (n, 2) from the sensor to the point, map axes, m.
        deviations: (3,) of the prior.

    Returns:
        The offset (3,) in deviations; the logarithms (6,) of what is known of it.
    """
    a, d, f = _PRIOR_INFORMATION, _PRIOR_INFORMATION, _PRIOR_INFORMATION
    b, c, e = 0.0, 0.0, 0.0
    right_x, right_y, right_turn = 0.0, 0.0, 0.0
    move_x, move_y = deviations[0], deviations[1]
    for i in range(said.shape[0]):
        shift_x, shift_y = _USUAL_SHIFT_M * said[i, 0], _USUAL_SHIFT_M * said[i, 1]
        weight_xx = said[i, 2] * said[i, 2]
        weight_xy = said[i, 2] * said[i, 3]
        weight_yy = said[i, 3] * said[i, 3] + said[i, 4] * said[i, 4]
        turn_x, turn_y = -levers[i, 1] * deviations[2], levers[i, 0] * deviations[2]
        pull_x = weight_xx * shift_x + weight_xy * shift_y
        pull_y = weight_xy * shift_x + weight_yy * shift_y
        twist_x = weight_xx * turn_x + weight_xy * turn_y
        twist_y = weight_xy * turn_x + weight_yy * turn_y
        a += weight_xx * move_x * move_x
        b += weight_xy * move_x * move_y
        c += twist_x * move_x
        d += weight_yy * move_y * move_y
        e += twist_y * move_y
        f += twist_x * turn_x + twist_y * turn_y
        right_x += pull_x * move_x
        right_y += pull_y * move_y
        right_turn += pull_x * turn_x + pull_y * turn_y
    # The prior's information keeps the determinant away from zero.
    aa, ab, ac = d * f - e * e, c * e - b * f, b * e - c * d
    bb, bc, cc = a * f - c * c, b * c - a * e, a * d - b * b
    determinant = a * aa + b * ab + c * ac
    offset = np.array(
        [
            (aa * right_x + ab * right_y + ac * right_turn) / determinant,
            (ab * right_x + bb * right_y + bc * right_turn) / determinant,
            (ac * right_x + bc * right_y + cc * right_turn) / determinant,
        ]
    )
    information = np.array([a, b, c, d, e, f])
    for j in range(3):
        offset[j] = min(max(offset[j], -_FARTHEST), _FARTHEST)
    for j in range(6):
        information[j] = math.copysign(math.log1p(abs(information[j])), information[j])
    return offset, information
