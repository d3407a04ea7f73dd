# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SE(3) on arrays: exponential map, logarithm, and the Jacobians of the two.

The tangent vector is xi = (rho, phi), metres before radians. Barfoot, State Estimation for
Robotics (2017), section 7.1; Sola, Deray and Atchuthan, A micro Lie theory for state estimation in
robotics (2018), section III and appendix D. All functions take any leading axes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from local_inn_ros.geometry.so3 import (
    inverse_rotation_left_jacobian,
    rotation_left_jacobian,
    shares,
    skew,
)


def exp_twists(xi: ArrayLike) -> NDArray[np.float64]:
    """Return the rigid motions (..., 4, 4) that tangent vectors (..., 6) lead to (Exp)."""
    rho, phi = _parts(xi)
    motions = np.zeros((*phi.shape[:-1], 4, 4))
    # Copied, since scipy 1.11 takes no array that is read-only.
    turns = Rotation.from_rotvec(phi.reshape(-1, 3).copy()).as_matrix()
    motions[..., :3, :3] = turns.reshape(*phi.shape, 3)
    motions[..., :3, 3] = _times(rotation_left_jacobian(phi), rho)
    motions[..., 3, 3] = 1.0
    return motions


def log_motions(motions: ArrayLike) -> NDArray[np.float64]:
    """Return the tangent vectors (..., 6) of rigid motions (..., 4, 4), by half a turn at most.

    Raises:
        ValueError: a number is not finite.
    """
    matrices = np.asarray(motions, dtype=np.float64)
    if not np.isfinite(matrices).all():
        raise ValueError("a pose that is not finite has no tangent vector")
    turns = Rotation.from_matrix(matrices[..., :3, :3].reshape(-1, 3, 3).copy())
    phi = turns.as_rotvec().reshape(*matrices.shape[:-2], 3)
    rho = _times(inverse_rotation_left_jacobian(phi), matrices[..., :3, 3])
    return np.concatenate([rho, phi], axis=-1)


def left_jacobian(xi: ArrayLike) -> NDArray[np.float64]:
    """Return J (..., 6, 6) with ``Exp(xi + d) = Exp(J d) Exp(xi)`` for small d."""
    rho, phi = _parts(xi)
    turning = rotation_left_jacobian(phi)
    return _blocks(turning, _coupling(rho, phi), turning)


def right_jacobian(xi: ArrayLike) -> NDArray[np.float64]:
    """Return J (..., 6, 6) with ``Exp(xi + d) = Exp(xi) Exp(J d)`` for small d."""
    return left_jacobian(-np.asarray(xi, dtype=np.float64))


def inverse_left_jacobian(xi: ArrayLike) -> NDArray[np.float64]:
    """Return the inverse (..., 6, 6) of the left Jacobian, for turns of less than a whole one."""
    rho, phi = _parts(xi)
    turning = inverse_rotation_left_jacobian(phi)
    return _blocks(turning, -turning @ _coupling(rho, phi) @ turning, turning)


def inverse_right_jacobian(xi: ArrayLike) -> NDArray[np.float64]:
    """Return J (..., 6, 6) with ``Log(Exp(xi) Exp(d)) = xi + J d`` for small d."""
    return inverse_left_jacobian(-np.asarray(xi, dtype=np.float64))


def _parts(xi: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    vectors = np.asarray(xi, dtype=np.float64)
    if vectors.shape[-1:] != (6,):
        raise ValueError(f"tangent vectors of SE(3) are (..., 6), got shape {vectors.shape}")
    return vectors[..., :3], vectors[..., 3:]


def _coupling(rho: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what turning does to the way (..., 3, 3): Q of Barfoot, equation 7.86."""
    share, way, turn = shares(phi), skew(rho), skew(phi)
    turn_way, way_turn = turn @ way, way @ turn
    both = turn_way @ turn
    coupling: NDArray[np.float64] = (
        0.5 * way
        + share.two * (turn_way + way_turn + both)
        + share.three * (turn @ turn_way + way_turn @ turn - 3.0 * both)
        + share.four * (both @ turn + turn @ both)
    )
    return coupling


def _blocks(
    first: NDArray[np.float64], above: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the block matrices (..., 6, 6) with nothing below their diagonal."""
    return np.block([[first, above], [np.zeros_like(first), last]])


def _times(matrices: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = (matrices @ vectors[..., None])[..., 0]
    return moved
